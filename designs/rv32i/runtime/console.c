// The standard output of picolibc: byte by byte to the platform.
#include <stdio.h>

#include "platform.h"

static int put(char byte, FILE *file) {
    (void)file;
    platform_put((unsigned char)byte);
    return (unsigned char)byte;
}

static FILE console = FDEV_SETUP_STREAM(put, NULL, NULL, _FDEV_SETUP_WRITE);
FILE *const stdout = &console;
