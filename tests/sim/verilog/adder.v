// One register: adds the two bytes of a token. Latency 1, interval 1.
module adder (input [7:0] a, input [7:0] b, output [8:0] sum);
  assign sum = a + b;
endmodule

module top (
  input clk, input rst,
  input [15:0] inputs__payload, input inputs__valid, output inputs__ready,
  output [8:0] outputs__payload, output outputs__valid, input outputs__ready
);
  reg full;
  reg [8:0] data;
  wire [8:0] sum;
  adder adder (.a(inputs__payload[7:0]), .b(inputs__payload[15:8]), .sum(sum));
  assign inputs__ready = !full | outputs__ready;
  assign outputs__valid = full;
  assign outputs__payload = data;
  always @(posedge clk) begin
    if (inputs__ready & inputs__valid) data <= sum;
    if (rst) full <= 0;
    else if (inputs__ready) full <= inputs__valid;
  end
endmodule
