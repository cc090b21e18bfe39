"""What measures: simulation with cocotb, mapping with Yosys and ABC, static timing."""
