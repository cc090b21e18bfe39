"""The naive loop that `loop` compares with: a program for one point, and its testbench."""
