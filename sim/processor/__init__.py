"""Programs on a processor in simulation: a computer is built once and runs images to their end."""

from sim.processor.image import read_image
from sim.processor.machine import SIMULATORS, Ending, Execution, Machine, Mark, build
from sim.processor.verilog import computer_verilog

__all__ = ["SIMULATORS", "Ending", "Execution", "Machine", "Mark", "build", "computer_verilog", "read_image"]
