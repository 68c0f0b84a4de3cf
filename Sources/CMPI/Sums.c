#include "CMPI.h"
#include "World.h"

#include <stdlib.h>

/* Floats as MPI calls take them: where they lie, or a rounded copy of them. */
typedef struct {
  float *values;
  int64_t count;
  uint16_t *copy; /* NULL for float32 */
  MPI_Datatype type;
  MPI_Op operation;
} summands;

struct cmpi_sum {
  summands terms;
  int request_count;
  MPI_Request requests[];
};

static void add_bfloat16(void *terms, void *sums, int *count, MPI_Datatype *type) {
  (void)type;
  bfloat16_add(terms, sums, *count);
}

static int pack(summands *terms, float *values, int64_t count, cmpi_format format) {
  *terms = (summands){values, count, NULL, MPI_FLOAT, MPI_SUM};
  if (format == CMPI_FLOAT32) {
    return MPI_SUCCESS;
  }
  static MPI_Op sum_of_bfloat16 = MPI_OP_NULL;
  if (sum_of_bfloat16 == MPI_OP_NULL) {
    RETURN_IF_ERROR(MPI_Op_create(add_bfloat16, true, &sum_of_bfloat16));
  }
  terms->copy = malloc((size_t)count * sizeof *terms->copy + 1);
  if (terms->copy == NULL) {
    return MPI_ERR_NO_MEM;
  }
  bfloat16_from_float(values, terms->copy, count);
  terms->type = MPI_UINT16_T;
  terms->operation = sum_of_bfloat16;
  return MPI_SUCCESS;
}

/* The place of an element, for MPI. */
static void *place(const summands *terms, int64_t index) {
  return terms->copy == NULL ? (void *)(terms->values + index) : (void *)(terms->copy + index);
}

static void unpack(summands *terms) {
  if (terms->copy != NULL) {
    float_from_bfloat16(terms->copy, terms->values, terms->count);
  }
}

/* Blocking, so MPI_IN_PLACE costs nothing; zero elements still make one call, because every rank
   has to take part. */
static int sum_now(const summands *terms) {
  int64_t done = 0;
  do {
    int step = cmpi_next_count(terms->count - done);
    RETURN_IF_ERROR(MPI_Allreduce(
        MPI_IN_PLACE, place(terms, done), step, terms->type, terms->operation, cmpi_world_copy));
    done += step;
  } while (done < terms->count);
  return MPI_SUCCESS;
}

int cmpi_sum_float(float *values, int64_t count, cmpi_format format) {
  summands terms;
  int error = pack(&terms, values, count, format);
  if (error == MPI_SUCCESS) {
    error = sum_now(&terms);
  }
  if (error == MPI_SUCCESS) {
    unpack(&terms);
  }
  free(terms.copy);
  return error;
}

static int begin(cmpi_sum *sum) {
  const summands *terms = &sum->terms;
  int64_t done = 0;
  do {
    int step = cmpi_next_count(terms->count - done);
    RETURN_IF_ERROR(MPI_Iallreduce(
        MPI_IN_PLACE, place(terms, done), step, terms->type, terms->operation, cmpi_background,
        &sum->requests[sum->request_count]));
    sum->request_count++;
    done += step;
  } while (done < terms->count);
  return MPI_SUCCESS;
}

int cmpi_begin_sum(float *values, int64_t count, cmpi_format format, cmpi_sum **result) {
  int64_t largest = cmpi_next_count(INT64_MAX);
  size_t calls = (size_t)(count / largest + 1);
  cmpi_sum *sum = malloc(sizeof *sum + calls * sizeof sum->requests[0]);
  if (sum == NULL) {
    return MPI_ERR_NO_MEM;
  }
  sum->request_count = 0;
  int error = pack(&sum->terms, values, count, format);
  if (error == MPI_SUCCESS) {
    error = begin(sum);
  }
  /* After an error the memory is not freed here nor below: MPI may still write to it. */
  *result = sum;
  return error;
}

int cmpi_advance_sum(cmpi_sum *sum, bool *is_done) {
  int all_done = 0;
  int error = MPI_Testall(sum->request_count, sum->requests, &all_done, MPI_STATUSES_IGNORE);
  *is_done = error == MPI_SUCCESS && all_done;
  if (*is_done) {
    unpack(&sum->terms);
    free(sum->terms.copy);
    free(sum);
  }
  return error;
}
