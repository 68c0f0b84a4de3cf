#include "CMPI.h"
#include "World.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

MPI_Comm cmpi_world_copy = MPI_COMM_NULL;
MPI_Comm cmpi_background = MPI_COMM_NULL;
/* For the watchdogs. */
static MPI_Comm notes = MPI_COMM_NULL;
static int largest_count = INT_MAX;

enum { CONTENTS_TAG = 1, NOTE_TAG = 2 };

static int duplicate_world(MPI_Comm *copy) {
  RETURN_IF_ERROR(MPI_Comm_dup(MPI_COMM_WORLD, copy));
  return MPI_Comm_set_errhandler(*copy, MPI_ERRORS_RETURN);
}

/* Open MPI's own choices cost a sum between two hosts, 12 MB over 1 Gbit/s, half of its speed: sums
   in the background go up a tree and down again if ranks are few, and over a single connection the
   answers that a large message needs wait behind what flows the other way. Between two ranks of a
   host, copies by the kernel, a system call a message, made a sum of 12 MB take 2.7 ms instead of
   the 1.6 of copies through shared memory. Choices made by mpirun's --mca or in the environment are
   kept; those of a site's openmpi-mca-params.conf are not, since the environment outranks it. */
static void prefer_faster_settings(void) {
  setenv("OMPI_MCA_coll_libnbc_iallreduce_algorithm", "ring", 0);
  setenv("OMPI_MCA_btl_tcp_links", "2", 0);
  setenv("OMPI_MCA_btl_vader_single_copy_mechanism", "none", 0);
}

int cmpi_init(cmpi_world *world, int count_limit) {
  prefer_faster_settings();
  int provided = MPI_THREAD_SINGLE;
  RETURN_IF_ERROR(MPI_Init_thread(NULL, NULL, MPI_THREAD_MULTIPLE, &provided));
  RETURN_IF_ERROR(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN));
  RETURN_IF_ERROR(duplicate_world(&cmpi_world_copy));
  RETURN_IF_ERROR(duplicate_world(&cmpi_background));
  RETURN_IF_ERROR(duplicate_world(&notes));
  RETURN_IF_ERROR(MPI_Comm_rank(cmpi_world_copy, &world->rank));
  RETURN_IF_ERROR(MPI_Comm_size(cmpi_world_copy, &world->size));

  MPI_Comm host = MPI_COMM_NULL;
  RETURN_IF_ERROR(MPI_Comm_split_type(
      cmpi_world_copy, MPI_COMM_TYPE_SHARED, world->rank, MPI_INFO_NULL, &host));
  RETURN_IF_ERROR(MPI_Comm_rank(host, &world->local_rank));
  RETURN_IF_ERROR(MPI_Comm_size(host, &world->local_size));
  RETURN_IF_ERROR(MPI_Comm_free(&host));

  world->any_thread = provided == MPI_THREAD_MULTIPLE;
  largest_count = count_limit;
  return MPI_SUCCESS;
}

int cmpi_finalize(void) {
  RETURN_IF_ERROR(MPI_Comm_free(&notes));
  RETURN_IF_ERROR(MPI_Comm_free(&cmpi_background));
  RETURN_IF_ERROR(MPI_Comm_free(&cmpi_world_copy));
  return MPI_Finalize();
}

bool cmpi_is_initialized(void) {
  int flag = 0;
  MPI_Initialized(&flag);
  return flag != 0;
}

bool cmpi_is_finalized(void) {
  int flag = 0;
  MPI_Finalized(&flag);
  return flag != 0;
}

_Noreturn void cmpi_abort(int code) {
  if (cmpi_is_initialized() && !cmpi_is_finalized()) {
    /* MPI_Abort may wait for a host that is gone; the alarm ends this process then. */
    signal(SIGALRM, SIG_DFL);
    alarm(10);
    MPI_Abort(MPI_COMM_WORLD, code);
  }
  _exit(code);
}

static void copy_text(const char *from, char *to, size_t capacity) {
  if (capacity > 0) {
    strncpy(to, from, capacity - 1);
    to[capacity - 1] = '\0';
  }
}

void cmpi_error_string(int error, char *text, size_t capacity) {
  char words[MPI_MAX_ERROR_STRING] = "unknown MPI error";
  int length = 0;
  MPI_Error_string(error, words, &length);
  copy_text(words, text, capacity);
}

void cmpi_library_version(char *text, size_t capacity) {
  char words[MPI_MAX_LIBRARY_VERSION_STRING] = "";
  int length = 0;
  MPI_Get_library_version(words, &length);
  copy_text(words, text, capacity);
}

int cmpi_processor_name(char *text, size_t capacity) {
  char words[MPI_MAX_PROCESSOR_NAME] = "";
  int length = 0;
  int error = MPI_Get_processor_name(words, &length);
  copy_text(words, text, capacity);
  return error;
}

int cmpi_next_count(int64_t remaining) {
  return remaining < largest_count ? (int)remaining : largest_count;
}

/* Zero elements still make one call, because every rank has to take part. */
static int allreduce(int64_t *values, int64_t count, MPI_Op op) {
  do {
    int step = cmpi_next_count(count);
    RETURN_IF_ERROR(
        MPI_Allreduce(MPI_IN_PLACE, values, step, MPI_INT64_T, op, cmpi_world_copy));
    values += step;
    count -= step;
  } while (count > 0);
  return MPI_SUCCESS;
}

int cmpi_max_int64(int64_t *values, int64_t count) {
  return allreduce(values, count, MPI_MAX);
}

int cmpi_min_int64(int64_t *values, int64_t count) {
  return allreduce(values, count, MPI_MIN);
}

int cmpi_broadcast(void *bytes, int64_t count, int root) {
  char *start = bytes;
  do {
    int step = cmpi_next_count(count);
    RETURN_IF_ERROR(MPI_Bcast(start, step, MPI_BYTE, root, cmpi_world_copy));
    start += step;
    count -= step;
  } while (count > 0);
  return MPI_SUCCESS;
}

int cmpi_gather_int64(int64_t value, int64_t *values, int root) {
  return MPI_Gather(&value, 1, MPI_INT64_T, values, 1, MPI_INT64_T, root, cmpi_world_copy);
}

int cmpi_send(const void *bytes, int64_t count, int destination) {
  for (const char *start = bytes; count > 0;) {
    int step = cmpi_next_count(count);
    RETURN_IF_ERROR(MPI_Send(start, step, MPI_BYTE, destination, CONTENTS_TAG, cmpi_world_copy));
    start += step;
    count -= step;
  }
  return MPI_SUCCESS;
}

int cmpi_receive(void *bytes, int64_t count, int source) {
  for (char *start = bytes; count > 0;) {
    int step = cmpi_next_count(count);
    RETURN_IF_ERROR(MPI_Recv(
        start, step, MPI_BYTE, source, CONTENTS_TAG, cmpi_world_copy, MPI_STATUS_IGNORE));
    start += step;
    count -= step;
  }
  return MPI_SUCCESS;
}

int cmpi_barrier(void) {
  return MPI_Barrier(cmpi_world_copy);
}

/* A note on its way. Its receiver may be stopped or gone, so nobody waits for it to leave. */
struct posted_note {
  struct posted_note *next;
  MPI_Request request;
  char bytes[CMPI_NOTE_CAPACITY];
};
static struct posted_note *posted_notes;

static void free_notes_that_have_left(void) {
  for (struct posted_note **place = &posted_notes; *place != NULL;) {
    struct posted_note *note = *place;
    int has_left = 0;
    if (MPI_Test(&note->request, &has_left, MPI_STATUS_IGNORE) == MPI_SUCCESS && has_left) {
      *place = note->next;
      free(note);
    } else {
      place = &note->next;
    }
  }
}

int cmpi_post_note(const void *bytes, int count, int destination) {
  free_notes_that_have_left();
  if (count < 0 || count > CMPI_NOTE_CAPACITY) {
    return MPI_ERR_COUNT;
  }
  struct posted_note *note = malloc(sizeof *note);
  if (note == NULL) {
    return MPI_ERR_NO_MEM;
  }
  memcpy(note->bytes, bytes, (size_t)count);
  int error = MPI_Isend(
      note->bytes, count, MPI_BYTE, destination, NOTE_TAG, notes, &note->request);
  if (error != MPI_SUCCESS) {
    free(note);
    return error;
  }
  note->next = posted_notes;
  posted_notes = note;
  return MPI_SUCCESS;
}

int cmpi_take_note(void *bytes, int *count, int *source) {
  MPI_Status status;
  int arrived = 0;
  *count = -1;
  RETURN_IF_ERROR(MPI_Iprobe(MPI_ANY_SOURCE, NOTE_TAG, notes, &arrived, &status));
  if (!arrived) {
    return MPI_SUCCESS;
  }
  *source = status.MPI_SOURCE;
  RETURN_IF_ERROR(MPI_Recv(
      bytes, CMPI_NOTE_CAPACITY, MPI_BYTE, *source, NOTE_TAG, notes, &status));
  return MPI_Get_count(&status, MPI_BYTE, count);
}
