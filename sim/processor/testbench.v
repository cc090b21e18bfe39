// Loads a program into a computer with the ports of `top`, runs it to its end, and says what happened: see main.cpp.
module processor_testbench;
  reg clk = 1'b0, rst = 1'b1, host_enable = 1'b0;
  reg [13:0] host_index = 14'd0;
  reg [31:0] host_data = 32'd0;
  wire console_valid, mark_valid, retired, exited, trapped, faulted;
  wire [31:0] value, pc, instruction;
  top computer (
    .clk(clk), .rst(rst), .host_enable(host_enable), .host_index(host_index), .host_data(host_data),
    .console_valid(console_valid), .mark_valid(mark_valid), .value(value), .retired(retired), .exited(exited),
    .trapped(trapped), .faulted(faulted), .pc(pc), .instruction(instruction)
  );
  integer image, report, words;
  reg [63:0] cycles = 64'd0, instructions = 64'd0, most;
  reg [8*1024-1:0] image_name, report_name;
  initial begin
    if (!$value$plusargs("image=%s", image_name) || !$value$plusargs("report=%s", report_name) ||
        !$value$plusargs("most=%d", most)) $finish;
    image = $fopen(image_name, "r");
    report = $fopen(report_name, "w");
    host_enable = 1'b1;
    for (words = 0; $fscanf(image, "%h", host_data) == 1; words = words + 1) begin
      host_index = words;
      #1 clk = 1'b1;
      #1 clk = 1'b0;
    end
    host_enable = 1'b0;
    #1 clk = 1'b1;
    #1 clk = 1'b0;
    rst = 1'b0;
    #1;
    while (cycles < most && !exited && !trapped && !faulted) begin
      if (console_valid) $write("%c", value[7:0]);
      if (mark_valid) $fdisplay(report, "mark %h %h %h", value, cycles, instructions);
      instructions = instructions + retired;
      cycles = cycles + 1;
      clk = 1'b1;
      #1 clk = 1'b0;
      #1;
    end
    $fdisplay(report, "%0s %h %h %h %h %h",
              (exited ^ trapped ^ faulted) === 1'bx ? "unknown" : exited ? "exited" : trapped ? "trapped" :
              faulted ? "faulted" : "stopped", value, pc, instruction, cycles, instructions);
    $fclose(report);
    $finish;
  end
endmodule
