// One step of a file of registers, for people to read: what a learnt step is held to. See oracle.py for the conventions.
module registers #(parameter COUNT = 32, WIDTH = 32, INDEX = $clog2(COUNT)) (
  input  [COUNT * WIDTH - 1:0] state,
  input                        write,
  input  [INDEX - 1:0]         target, first, second,
  input  [WIDTH - 1:0]         data,
  output [COUNT * WIDTH - 1:0] next_state,
  output [WIDTH - 1:0]         left, right
);
  genvar i;
  generate
    for (i = 0; i < COUNT; i = i + 1) begin : register
      assign next_state[i * WIDTH +: WIDTH] = write && target == i ? data : state[i * WIDTH +: WIDTH];
    end
  endgenerate
  assign left  = state[first * WIDTH +: WIDTH];
  assign right = state[second * WIDTH +: WIDTH];
endmodule
