// What differs between the computer of system.py and Linux; each has a file of its own with these three functions.
#ifndef PLATFORM_H
#define PLATFORM_H

void platform_put(int byte);                 // shows a byte
void platform_mark(unsigned iterations);     // 0: the part to be timed begins; else it ends after so many iterations
_Noreturn void platform_exit(int status);    // ends the program

#endif
