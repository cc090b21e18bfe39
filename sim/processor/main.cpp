// Loads a program into a computer with the ports of `top`, runs it to its end, and says what happened.
// Arguments: a file of hexadecimal words, the most cycles, a file for the report. The console is standard output.
#include <cinttypes>
#include <cstdio>
#include <cstdlib>

#include "Vtop.h"
#include "verilated.h"

double sc_time_stamp() { return 0; }

namespace {
void cycle(Vtop& top) {
  top.clk = 1;
  top.eval();
  top.clk = 0;
  top.eval();
}
}  // namespace

int main(int count, char** arguments) {
  if (count < 4) return 2;
  FILE* image = std::fopen(arguments[1], "r");
  FILE* report = std::fopen(arguments[3], "w");
  if (!image || !report) return 2;
  const std::uint64_t most = std::strtoull(arguments[2], nullptr, 10);
  VerilatedContext context;
  context.commandArgs(count, arguments);
  Vtop top{&context};
  top.clk = 0;
  top.rst = 1;
  top.eval();
  std::uint32_t word = 0, index = 0;
  top.host_enable = 1;
  while (std::fscanf(image, "%" SCNx32, &word) == 1) {
    top.host_index = index++;
    top.host_data = word;
    cycle(top);
  }
  top.host_enable = 0;
  cycle(top);
  top.rst = 0;
  top.eval();
  std::uint64_t cycles = 0, instructions = 0;
  while (cycles < most && !top.exited && !top.trapped && !top.faulted) {
    if (top.console_valid) std::putchar(static_cast<int>(top.value & 0xff));
    if (top.mark_valid) std::fprintf(report, "mark %" PRIx32 " %" PRIx64 " %" PRIx64 "\n", top.value, cycles, instructions);
    instructions += top.retired;
    ++cycles;
    cycle(top);
  }
  const char* ending = top.exited ? "exited" : top.trapped ? "trapped" : top.faulted ? "faulted" : "stopped";
  std::fprintf(report, "%s %" PRIx32 " %" PRIx32 " %" PRIx32 " %" PRIx64 " %" PRIx64 "\n", ending, top.value, top.pc,
               top.instruction, cycles, instructions);
  return std::fclose(report) || std::fflush(stdout) ? 2 : 0;
}
