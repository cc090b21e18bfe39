// Adds the four bytes of a token, one a cycle, to the sum of all tokens before. Latency 4, interval 4.
module top (
  input clk, input rst,
  input [31:0] inputs__payload, input inputs__valid, output inputs__ready,
  output [15:0] outputs__payload, output outputs__valid, input outputs__ready
);
  reg [15:0] total;
  reg [31:0] rest;
  reg [1:0] left;
  reg busy, full;
  wire [7:0] next = left == 3 ? inputs__payload[7:0] : rest[7:0];
  wire first = left == 3 & inputs__valid;
  wire last = left == 0;
  wire step = first | (left != 3 & (!last | !full | outputs__ready));
  reg [15:0] result;
  assign inputs__ready = left == 3;
  assign outputs__valid = full;
  assign outputs__payload = result;
  always @(posedge clk) begin
    if (first) rest <= inputs__payload >> 8;
    else if (step) rest <= rest >> 8;
    if (step & last) result <= total + next;
    if (rst) begin
      total <= 0;
      left <= 3;
      full <= 0;
    end else begin
      if (step) begin
        total <= total + next;
        left <= left - 1;
      end
      if (step & last) full <= 1;
      else if (outputs__ready) full <= 0;
    end
  end
endmodule
