# The platform of Linux, for QEMU's user mode: the same program by system calls. Nobody times it there.
    .equ    WRITE, 64
    .equ    EXIT, 93
    .text
    .globl  platform_put, platform_mark, platform_exit
platform_put:
    addi    sp, sp, -16
    sb      a0, 0(sp)
    li      a0, 1
    mv      a1, sp
    li      a2, 1
    li      a7, WRITE
    ecall
    addi    sp, sp, 16
platform_mark:
    ret
platform_exit:
    li      a7, EXIT
    ecall
1:  j       1b
