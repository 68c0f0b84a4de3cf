/* Lends the MPI C interface to CMPI, the only target that may name an MPI type. */
#include <mpi.h>
