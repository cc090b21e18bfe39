// Four registers with one stall for all: 3 * x + 1, in steps. Latency 4, interval 1.
module top (
  input clk, input rst,
  input [7:0] inputs__payload, input inputs__valid, output inputs__ready,
  output [9:0] outputs__payload, output outputs__valid, input outputs__ready
);
  reg [3:0] valid;
  reg [9:0] x1, x2, double2, triple3, y4;
  wire go = !valid[3] | outputs__ready;
  assign inputs__ready = go;
  assign outputs__valid = valid[3];
  assign outputs__payload = y4;
  always @(posedge clk) begin
    if (go) begin
      x1 <= inputs__payload;
      x2 <= x1;
      double2 <= x1 << 1;
      triple3 <= double2 + x2;
      y4 <= triple3 + 1;
    end
    if (rst) valid <= 0;
    else if (go) valid <= {valid[2:0], inputs__valid};
  end
endmodule
