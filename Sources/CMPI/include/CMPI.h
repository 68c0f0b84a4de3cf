#ifndef CMPI_H
#define CMPI_H

/// What `Collectives` needs of MPI, without an MPI type: handles and constants of MPI are macros
/// that Swift cannot import, and differ between libraries.
///
/// One world a process: `cmpi_init` duplicates MPI_COMM_WORLD and every call here uses a copy of it,
/// with errors returned. Every function returning `int` returns an MPI error code, 0 for success,
/// unless it says otherwise. Counts are 64-bit; messages longer than MPI can count are split.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "BFloat16.h"

/// This process's place in the job, as `cmpi_init` found it.
typedef struct {
  int rank;
  int size;
  int local_rank;     ///< rank among the processes that share this host's memory
  int local_size;     ///< how many processes share this host's memory
  bool any_thread;    ///< MPI_THREAD_MULTIPLE was granted: any thread may call, at any time
} cmpi_world;

/// Starts MPI, asking for MPI_THREAD_MULTIPLE, and fills `world`. An MPI call will carry at most
/// `largest_count` elements; INT_MAX is MPI's own limit, smaller values let tests reach the split.
int cmpi_init(cmpi_world *world, int largest_count);

/// Ends MPI. It cannot be started again in this process.
int cmpi_finalize(void);

bool cmpi_is_initialized(void);
bool cmpi_is_finalized(void);

/// Ends every process of the job with exit code `code`. Never waits longer than ten seconds for
/// MPI to do so; where MPI is not running it ends this process only.
_Noreturn void cmpi_abort(int code);

/// Writes MPI's words for an error code into `text`, always terminated.
void cmpi_error_string(int error, char *text, size_t capacity);

/// Writes the MPI library's name and version into `text`; allowed before `cmpi_init`.
void cmpi_library_version(char *text, size_t capacity);

/// Writes the name of the host this process runs on into `text`, always terminated.
int cmpi_processor_name(char *text, size_t capacity);

/// How numbers travel between ranks.
typedef enum {
  CMPI_FLOAT32,
  CMPI_BFLOAT16,    ///< half the bytes: rounded before each journey, summed as float32
} cmpi_format;

/// Replaces every element by its sum over all ranks.
int cmpi_sum_float(float *values, int64_t count, cmpi_format format);
/// Replaces every element by its maximum over all ranks.
int cmpi_max_int64(int64_t *values, int64_t count);
/// Replaces every element by its minimum over all ranks.
int cmpi_min_int64(int64_t *values, int64_t count);

/// A sum that goes on while the caller computes.
typedef struct cmpi_sum cmpi_sum;

/// Begins to replace every element by its sum over all ranks; `values` must be left alone until
/// `cmpi_advance_sum` says that it is done. All ranks begin their sums in the same order.
int cmpi_begin_sum(float *values, int64_t count, cmpi_format format, cmpi_sum **sum);

/// Moves a sum on without waiting: MPI works only while it is called. Once `is_done`, the sum is
/// freed.
int cmpi_advance_sum(cmpi_sum *sum, bool *is_done);

/// Replaces `count` bytes on every rank by those of `root`.
int cmpi_broadcast(void *bytes, int64_t count, int root);

/// Collects one integer a rank, in rank order, into `values` of `root` (ignored elsewhere).
int cmpi_gather_int64(int64_t value, int64_t *values, int root);

/// Sends `count` bytes to rank `destination`, which must call `cmpi_receive` with the same count.
int cmpi_send(const void *bytes, int64_t count, int destination);
int cmpi_receive(void *bytes, int64_t count, int source);

/// Returns when every rank has called it.
int cmpi_barrier(void);

/// Notes between watchdogs, apart from all other messages; only where `any_thread` is true.
enum { CMPI_NOTE_CAPACITY = 512 };

/// Posts a note of at most CMPI_NOTE_CAPACITY bytes to rank `destination` without waiting.
int cmpi_post_note(const void *bytes, int count, int destination);

/// Takes one arrived note, if there is one: its bytes, their number in `count` (-1 where none has
/// arrived) and its sender. `bytes` holds CMPI_NOTE_CAPACITY bytes.
int cmpi_take_note(void *bytes, int *count, int *source);

#endif
