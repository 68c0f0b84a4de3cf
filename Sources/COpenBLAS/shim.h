/* Lends cblas_sgemm, cblas_dgemm, the thread count and the name of the processor kernels in use, and
   LAPACK's dsyevd, which OpenBLAS has too but Debian's package declares nowhere. */
#include <cblas.h>
#include <stddef.h>

void dsyevd_(const char *job, const char *triangle, const blasint *order, double *matrix,
             const blasint *leading, double *values, double *work, const blasint *work_size,
             blasint *integers, const blasint *integers_size, blasint *info, size_t job_length,
             size_t triangle_length);
