/* Lends the simplified interface of libpng 1.6, which needs no setjmp. */
#include <png.h>
