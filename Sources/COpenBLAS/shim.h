/* Lends cblas_sgemm, the thread count and the name of the processor kernels in use. */
#include <cblas.h>
