#ifndef WORLD_H
#define WORLD_H

/* What the files of this target share. */

#include <mpi.h>
#include <stdint.h>

/* Copies of MPI_COMM_WORLD: one for collectives, one for sums in the background, so that a
   collective can be called while those go on. */
extern MPI_Comm cmpi_world_copy;
extern MPI_Comm cmpi_background;

#define RETURN_IF_ERROR(call)          \
  do {                                 \
    int error_ = (call);               \
    if (error_ != MPI_SUCCESS) {       \
      return error_;                   \
    }                                  \
  } while (0)

/* How many of `remaining` elements the next MPI call carries. */
int cmpi_next_count(int64_t remaining);

#endif
