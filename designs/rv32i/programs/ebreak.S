# A breakpoint ends this program: the processor traps; Linux sends it SIGTRAP.
    .text
    .globl  main
main:
    li      a0, 'B'
    call    platform_put
    li      a0, '\n'
    call    platform_put
    ebreak
    li      a0, '!'                 # never reached
    call    platform_put
    li      a0, 1
    call    platform_exit
