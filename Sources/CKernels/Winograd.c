#include "Winograd.h"

#include <stdbool.h>

#include "Lanes.h"
#include "PanelProduct.h"

enum { POINTS = CK_WINOGRAD_WINDOW, MOST_TAPS = 3 };

/* How many inputs before they are transformed weights are asked for. */
enum { AHEAD = 12 };

/* The transforms of one dimension and their transposes, between vectors of lanes whose elements
   are `step` apart. */

/* v = B' d */
CK_INLINE void input_to_points(lanes *v, const lanes *d, int step, int taps) {
  (void)taps;
  const lanes d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step];
  v[0] = 2 * (d0 - d2) + (d3 - d1);
  v[step] = d3 - d2 - 2 * d1;
  v[2 * step] = d3 - 3 * d2 + 2 * d1;
  v[3 * step] = d3 - d1;
  v[4 * step] = d4 - d2 - 2 * (d3 - d1);
}

/* d = B v */
CK_INLINE void points_to_input(lanes *d, const lanes *v, int step, int taps) {
  (void)taps;
  const lanes v0 = v[0], v1 = v[step], v2 = v[2 * step], v3 = v[3 * step], v4 = v[4 * step];
  d[0] = 2 * v0;
  d[step] = 2 * (v2 - v1 + v4) - v0 - v3;
  d[2 * step] = -2 * v0 - v1 - 3 * v2 - v4;
  d[3 * step] = v0 + v1 + v2 + v3 - 2 * v4;
  d[4 * step] = v4;
}

/* y = A' m */
CK_INLINE void points_to_output(lanes *y, const lanes *m, int step, int taps) {
  const lanes m0 = m[0], m1 = m[step], m2 = m[2 * step], m3 = m[3 * step], m4 = m[4 * step];
  y[0] = m0 + (m1 + m2) + m3;
  y[step] = (m1 - m2) + 2 * m3;
  y[2 * step] = (m1 + m2) + 4 * m3;
  if (taps == 2)
    y[3 * step] = (m1 - m2) + 8 * m3 + m4;
  else
    y[2 * step] += m4;
}

/* m = A y */
CK_INLINE void output_to_points(lanes *m, const lanes *y, int step, int taps) {
  const lanes y0 = y[0], y1 = y[step], y2 = y[2 * step];
  const lanes y3 = taps == 2 ? y[3 * step] : (lanes){0};
  m[0] = y0;
  m[step] = (y0 + y2) + (y1 + y3);
  m[2 * step] = (y0 + y2) - (y1 + y3);
  m[3 * step] = y0 + 2 * y1 + 4 * y2 + 8 * y3;
  m[4 * step] = taps == 2 ? y3 : y2;
}

/* u = G g */
CK_INLINE void weights_to_points(lanes *u, const lanes *g, int step, int taps) {
  const lanes g0 = g[0], g1 = g[step];
  const lanes g2 = taps == 3 ? g[2 * step] : (lanes){0};
  u[0] = g0 * 0.5f;
  u[step] = (g0 + g1 + g2) * -0.5f;
  u[2 * step] = (g1 - g0 - g2) * (1 / 6.0f);
  u[3 * step] = (g0 + 2 * g1 + 4 * g2) * (1 / 6.0f);
  u[4 * step] = taps == 3 ? g2 : g1;
}

/* g = G' u */
CK_INLINE void points_to_weights(lanes *g, const lanes *u, int step, int taps) {
  const lanes u0 = u[0], u1 = u[step], u2 = u[2 * step], u3 = u[3 * step], u4 = u[4 * step];
  g[0] = (u0 - u1) * 0.5f + (u3 - u2) * (1 / 6.0f);
  g[step] = (u2 + 2 * u3) * (1 / 6.0f) - u1 * 0.5f;
  if (taps == 2)
    g[step] += u4;
  else
    g[2 * step] = u4 - u1 * 0.5f + (4 * u3 - u2) * (1 / 6.0f);
}

/* Two dimensions: down every column, then along every row. Rows of all matrices are five apart. */
typedef void transform(lanes *, const lanes *, int step, int taps);

CK_INLINE void transform_both(transform one, lanes *to, const lanes *from, int columns, int rows,
                              int taps) {
  lanes half[POINTS * POINTS];
#pragma unroll
  for (int j = 0; j < columns; j++) one(half + j, from + j, POINTS, taps);
#pragma unroll
  for (int i = 0; i < rows; i++) one(to + i * POINTS, half + i * POINTS, 1, taps);
}

/* Where a tile lies in its picture, which begins after so many pixels of those before. */
typedef struct {
  ptrdiff_t before, top, left, step, height, width;
} tile_place;

CK_INLINE bool holds(const tile_place *p, int i, int j) {
  const ptrdiff_t y = p->top + p->step * i, x = p->left + p->step * j;
  return y >= 0 && y < p->height && x >= 0 && x < p->width;
}

CK_INLINE bool holds_all(const tile_place *p, int size) {
  return holds(p, 0, 0) && holds(p, size - 1, size - 1);
}

/* The element of the pictures that a tile's pixel begins with. */
CK_INLINE ptrdiff_t element(const tile_place *p, int i, int j, size_t channels) {
  const ptrdiff_t y = p->top + p->step * i, x = p->left + p->step * j;
  return (p->before + y * p->width + x) * (ptrdiff_t)channels;
}

/* The rows of tiles of a picture, and its columns. */
CK_INLINE size_t tile_rows(const ck_winograd *g, int tile) {
  return ck_winograd_tiles_along(g->output_height, tile);
}

CK_INLINE size_t tile_columns(const ck_winograd *g, int tile) {
  return ck_winograd_tiles_along(g->output_width, tile);
}

/* Rows of tiles are counted over all pictures. */
CK_INLINE tile_place input_place(const ck_winograd *g, size_t tile_row, size_t tile_column,
                                 size_t phase, int tile) {
  const size_t advance = g->stride * (size_t)tile, rows = tile_rows(g, tile);
  const size_t top = advance * (tile_row % rows) + phase / g->stride;
  const size_t left = advance * tile_column + phase % g->stride;
  return (tile_place){(ptrdiff_t)(tile_row / rows * g->height * g->width),
                      (ptrdiff_t)top - (ptrdiff_t)g->pad,
                      (ptrdiff_t)left - (ptrdiff_t)g->pad,
                      (ptrdiff_t)g->stride,
                      (ptrdiff_t)g->height,
                      (ptrdiff_t)g->width};
}

CK_INLINE tile_place output_place(const ck_winograd *g, size_t tile_row, size_t tile_column,
                                  int tile) {
  const size_t rows = tile_rows(g, tile);
  return (tile_place){(ptrdiff_t)(tile_row / rows * g->output_height * g->output_width),
                      (ptrdiff_t)(tile_row % rows * (size_t)tile),
                      (ptrdiff_t)(tile_column * (size_t)tile),
                      1,
                      (ptrdiff_t)g->output_height,
                      (ptrdiff_t)g->output_width};
}

/* Kernels for a geometry known only at run time, compiled for either number of taps. */
#define DEFINE_FOR_TAPS(name, parameters, ...)                  \
  CK_MULTIVERSION_LANES void name parameters {                  \
    if (ck_winograd_taps(g.stride) == 2)                                       \
      name##_with(__VA_ARGS__, &g, 2);                          \
    else                                                        \
      name##_with(__VA_ARGS__, &g, 3);                          \
  }

/* Input tiles. */

CK_INLINE void input_tile(float *v, size_t row, const float *x, size_t channels,
                          const tile_place *place, bool whole) {
  for (size_t c = 0; c < ck_winograd_padded(channels); c += CK_LANES) {
    lanes d[POINTS * POINTS] = {{0}};
    /* Beyond are whole vectors of padding. */
    if (c < channels)
#pragma unroll
      for (int i = 0; i < POINTS; i++)
#pragma unroll
        for (int j = 0; j < POINTS; j++)
          if (whole || holds(place, i, j))
            load_some(&d[i * POINTS + j], x + element(place, i, j, channels) + c, channels - c);
    transform_both(input_to_points, d, d, POINTS, POINTS, 0);
#pragma unroll
    for (int p = 0; p < POINTS * POINTS; p++) store(v + (size_t)p * row + c, &d[p]);
  }
}

CK_INLINE void ck_winograd_input_with(float *v, size_t row, const float *x, size_t first,
                                      size_t count, const ck_winograd *g, int taps) {
  const int tile = ck_winograd_tile(taps);
  for (size_t r = first; r < first + count; r++)
    for (size_t c = 0; c < tile_columns(g, tile); c++, v += CK_WINOGRAD_POINTS * row)
      for (size_t phase = 0; phase < g->stride * g->stride; phase++) {
        const tile_place place = input_place(g, r, c, phase, tile);
        float *to = v + phase * ck_winograd_padded(g->inputs);
        if (holds_all(&place, POINTS))
          input_tile(to, row, x, g->inputs, &place, true);
        else
          input_tile(to, row, x, g->inputs, &place, false);
      }
}

DEFINE_FOR_TAPS(ck_winograd_input,
                (float *v, size_t row, const float *x, size_t first, size_t count, ck_winograd g),
                v, row, x, first, count)

/* Tiles share the first `shared` rows with the tile above and columns with the one to the left,
   which have written them. */
CK_INLINE void input_tile_adjoint(float *x, const float *v, size_t row, size_t channels,
                                  const tile_place *place, int shared_rows, int shared_columns,
                                  bool whole) {
  for (size_t c = 0; c < channels; c += CK_LANES) {
    const size_t count = channels - c;
    lanes d[POINTS * POINTS];
#pragma unroll
    for (int p = 0; p < POINTS * POINTS; p++) load(&d[p], v + (size_t)p * row + c);
    transform_both(points_to_input, d, d, POINTS, POINTS, 0);
#pragma unroll
    for (int i = 0; i < POINTS; i++)
#pragma unroll
      for (int j = 0; j < POINTS; j++) {
        if (!whole && !holds(place, i, j)) continue;
        float *to = x + element(place, i, j, channels) + c;
        if (i < shared_rows || j < shared_columns) {
          lanes before;
          load_some(&before, to, count);
          d[i * POINTS + j] += before;
        }
        store_some(to, &d[i * POINTS + j], count);
      }
  }
}

CK_INLINE void ck_winograd_input_adjoint_with(float *x, const float *v, size_t row, size_t count,
                                              const ck_winograd *g, int taps) {
  const int tile = ck_winograd_tile(taps), shared = taps - 1;
  for (size_t r = 0; r < count * tile_rows(g, tile); r++)
    for (size_t c = 0; c < tile_columns(g, tile); c++, v += CK_WINOGRAD_POINTS * row)
      for (size_t phase = 0; phase < g->stride * g->stride; phase++) {
        const tile_place place = input_place(g, r, c, phase, tile);
        const float *from = v + phase * ck_winograd_padded(g->inputs);
        const bool is_first_row = r % tile_rows(g, tile) == 0;
        if (!is_first_row && c > 0 && holds_all(&place, POINTS))
          input_tile_adjoint(x, from, row, g->inputs, &place, shared, shared, true);
        else
          input_tile_adjoint(x, from, row, g->inputs, &place, is_first_row ? 0 : shared,
                             c > 0 ? shared : 0, false);
      }
}

DEFINE_FOR_TAPS(ck_winograd_input_adjoint,
                (float *x, const float *v, size_t row, size_t count, ck_winograd g), x, v, row,
                count)

/* Output tiles. */

CK_INLINE void output_tile(float *y, const float *m, size_t row, size_t channels,
                           const tile_place *place, int taps, bool whole) {
  const int tile = ck_winograd_tile(taps);
  for (size_t c = 0; c < channels; c += CK_LANES) {
    lanes t[POINTS * POINTS];
#pragma unroll
    for (int p = 0; p < POINTS * POINTS; p++) load(&t[p], m + (size_t)p * row + c);
    transform_both(points_to_output, t, t, POINTS, tile, taps);
#pragma unroll
    for (int i = 0; i < tile; i++)
#pragma unroll
      for (int j = 0; j < tile; j++)
        if (whole || holds(place, i, j))
          store_some(y + element(place, i, j, channels) + c, &t[i * POINTS + j], channels - c);
  }
}

CK_INLINE void output_tile_adjoint(float *m, const float *y, size_t row, size_t channels,
                                   const tile_place *place, int taps, bool whole) {
  const int tile = ck_winograd_tile(taps);
  for (size_t c = 0; c < ck_winograd_padded(channels); c += CK_LANES) {
    lanes t[POINTS * POINTS] = {{0}};
    /* Beyond are whole vectors of padding. */
    if (c < channels)
#pragma unroll
      for (int i = 0; i < tile; i++)
#pragma unroll
        for (int j = 0; j < tile; j++)
          if (whole || holds(place, i, j))
            load_some(&t[i * POINTS + j], y + element(place, i, j, channels) + c, channels - c);
    transform_both(output_to_points, t, t, tile, POINTS, taps);
#pragma unroll
    for (int p = 0; p < POINTS * POINTS; p++) store(m + (size_t)p * row + c, &t[p]);
  }
}

typedef void output_transform(float *to, const float *from, size_t row, size_t channels,
                              const tile_place *place, int taps, bool whole);

/* Transforms the tiles of some rows of them. Those that follow each other in memory, on one side, are
   a step apart; on the other, in pictures, each has its place. */
CK_INLINE void each_output_tile(output_transform one, float *to, size_t to_step, const float *from,
                                size_t from_step, size_t row, size_t first, size_t count,
                                const ck_winograd *g, int taps) {
  const int tile = ck_winograd_tile(taps);
  for (size_t r = first; r < first + count; r++)
    for (size_t c = 0; c < tile_columns(g, tile); c++, to += to_step, from += from_step) {
      const tile_place place = output_place(g, r, c, tile);
      if (holds_all(&place, tile))
        one(to, from, row, g->outputs, &place, taps, true);
      else
        one(to, from, row, g->outputs, &place, taps, false);
    }
}

CK_INLINE void ck_winograd_output_with(float *y, const float *m, size_t row, size_t first,
                                       size_t count, const ck_winograd *g, int taps) {
  each_output_tile(output_tile, y, 0, m, CK_WINOGRAD_POINTS * row, row, first, count, g, taps);
}

DEFINE_FOR_TAPS(ck_winograd_output,
                (float *y, const float *m, size_t row, size_t first, size_t count, ck_winograd g),
                y, m, row, first, count)

CK_INLINE void ck_winograd_output_adjoint_with(float *m, size_t row, const float *y, size_t first,
                                               size_t count, const ck_winograd *g, int taps) {
  each_output_tile(output_tile_adjoint, m, CK_WINOGRAD_POINTS * row, y, 0, row, first, count, g,
                   taps);
}

DEFINE_FOR_TAPS(ck_winograd_output_adjoint,
                (float *m, size_t row, const float *y, size_t first, size_t count, ck_winograd g),
                m, row, y, first, count)

/* Weights. */

/* Where a phase's tap lies in weights [kernel, kernel, inputs, outputs]. */
CK_INLINE size_t weight(const ck_winograd *g, size_t phase, int s, int t, size_t input,
                        size_t output, int taps) {
  const size_t kernel = g->stride * (size_t)taps;
  const size_t y = g->stride * (size_t)s + phase / g->stride;
  const size_t x = g->stride * (size_t)t + phase % g->stride;
  return ((y * kernel + x) * g->inputs + input) * g->outputs + output;
}

/* The kernel of a phase for one input and sixteen outputs from `output` on. */
CK_INLINE void load_kernel(lanes *kernel, const float *w, const ck_winograd *g, size_t phase,
                           size_t input, size_t output, int taps) {
#pragma unroll
  for (int s = 0; s < taps; s++)
#pragma unroll
    for (int t = 0; t < taps; t++)
      if (input < g->inputs && output < g->outputs)
        load_some(&kernel[taps * s + t], w + weight(g, phase, s, t, input, output, taps),
                  g->outputs - output);
      else
        kernel[taps * s + t] = (lanes){0};
}

/* Asks for what load_kernel will read. Neighbours in a kernel or among the inputs are a page or so
   apart, which the processor does not foresee by itself. */
CK_INLINE void prefetch_kernel(const float *w, const ck_winograd *g, size_t phase, size_t input,
                               size_t output, int taps) {
  if (input >= g->inputs || output >= g->outputs) return;
  for (int s = 0; s < taps; s++)
    for (int t = 0; t < taps; t++)
      __builtin_prefetch(w + weight(g, phase, s, t, input, output, taps));
}

/* G w G' of a kernel, stored `plane` apart. */
CK_INLINE void store_kernel_points(float *u, size_t plane, const lanes *kernel, int taps) {
  lanes half[POINTS * MOST_TAPS], points[POINTS];
#pragma unroll
  for (int t = 0; t < taps; t++) weights_to_points(half + t, kernel + t, taps, taps);
#pragma unroll
  for (int i = 0; i < POINTS; i++) {
    weights_to_points(points, half + taps * i, 1, taps);
#pragma unroll
    for (int j = 0; j < POINTS; j++) store(u + (size_t)(i * POINTS + j) * plane, &points[j]);
  }
}

CK_INLINE void ck_winograd_weights_with(float *u, const float *w, size_t first, size_t count,
                                        size_t output, const ck_winograd *g, int taps) {
  for (size_t i = 0; i < count; i++) {
    const size_t phase = (first + i) / ck_winograd_padded(g->inputs);
    const size_t input = (first + i) % ck_winograd_padded(g->inputs);
    for (size_t column = 0; column < CK_PANEL; column += CK_LANES)
      prefetch_kernel(w, g, phase, input + AHEAD, output + column, taps);
    for (size_t column = 0; column < CK_PANEL; column += CK_LANES) {
      lanes kernel[MOST_TAPS * MOST_TAPS];
      load_kernel(kernel, w, g, phase, input, output + column, taps);
      store_kernel_points(u + i * CK_PANEL + column, ck_winograd_plane(count, CK_PANEL), kernel,
                          taps);
    }
  }
}

DEFINE_FOR_TAPS(ck_winograd_weights,
                (float *u, const float *w, size_t first, size_t count, size_t output,
                 ck_winograd g),
                u, w, first, count, output)

CK_INLINE void ck_winograd_weights_transposed_with(float *u, const float *w, size_t panel,
                                                   size_t first, size_t count,
                                                   const ck_winograd *g, int taps) {
  const size_t phase = panel / ck_winograd_padded(g->inputs);
  const size_t input = panel % ck_winograd_padded(g->inputs);
  for (size_t column = 0; column < CK_PANEL; column += CK_LANES)
    for (size_t o = 0; o < count; o += CK_LANES) {
      lanes square[MOST_TAPS * MOST_TAPS][CK_LANES];
      for (size_t i = 0; i < CK_LANES; i++) {
        prefetch_kernel(w, g, phase, input + column + i, first + o + CK_LANES, taps);
        lanes kernel[MOST_TAPS * MOST_TAPS];
        load_kernel(kernel, w, g, phase, input + column + i, first + o, taps);
        for (int k = 0; k < taps * taps; k++) square[k][i] = kernel[k];
      }
      for (int k = 0; k < taps * taps; k++) transpose(square[k]);
      for (size_t i = 0; i < CK_LANES; i++) {
        lanes kernel[MOST_TAPS * MOST_TAPS];
        for (int k = 0; k < taps * taps; k++) kernel[k] = square[k][i];
        store_kernel_points(u + (o + i) * CK_PANEL + column, ck_winograd_plane(count, CK_PANEL),
                            kernel, taps);
      }
    }
}

DEFINE_FOR_TAPS(ck_winograd_weights_transposed,
                (float *u, const float *w, size_t column, size_t first, size_t count,
                 ck_winograd g),
                u, w, column, first, count)

CK_INLINE void ck_winograd_weights_adjoint_with(float *w, const float *u, size_t plane,
                                                size_t phase, size_t first, size_t count,
                                                const ck_winograd *g, int taps) {
  for (size_t i = 0; i < count; i++)
    for (size_t output = 0; output < g->outputs; output += CK_LANES) {
      lanes half[MOST_TAPS * POINTS];
#pragma unroll
      for (int r = 0; r < POINTS; r++) {
        lanes points[POINTS];
#pragma unroll
        for (int p = 0; p < POINTS; p++)
          load(&points[p],
               u + (size_t)(r * POINTS + p) * plane + i * ck_winograd_padded(g->outputs) + output);
        points_to_weights(half + taps * r, points, 1, taps);
      }
#pragma unroll
      for (int t = 0; t < taps; t++) {
        lanes kernel[MOST_TAPS * MOST_TAPS];
        points_to_weights(kernel, half + t, taps, taps);
#pragma unroll
        for (int s = 0; s < taps; s++)
          store_some(w + weight(g, phase, s, t, first + i, output, taps), &kernel[taps * s],
                     g->outputs - output);
      }
    }
}

DEFINE_FOR_TAPS(ck_winograd_weights_adjoint,
                (float *w, const float *u, size_t plane, size_t phase, size_t first, size_t count,
                 ck_winograd g),
                w, u, plane, phase, first, count)
