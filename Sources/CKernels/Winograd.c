#include "Winograd.h"

#include <stdbool.h>

#include "Lanes.h"
#include "PanelProduct.h"

enum { POINTS = 5, TILE = CK_WINOGRAD_TILE, PHASES = 4 };

CK_INLINE size_t padded(size_t channels) {
  return (channels + CK_PANEL - 1) / CK_PANEL * CK_PANEL;
}

CK_INLINE size_t remaining(size_t channels, size_t from) {
  return channels > from ? channels - from : 0;
}

/* The transforms of one dimension and their transposes, between vectors of lanes whose elements
   are `step` apart. */

/* v = B' d */
CK_INLINE void input_to_points(lanes *v, const lanes *d, int step) {
  const lanes d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step];
  v[0] = 2 * (d0 - d2) + (d3 - d1);
  v[step] = d3 - d2 - 2 * d1;
  v[2 * step] = d3 - 3 * d2 + 2 * d1;
  v[3 * step] = d3 - d1;
  v[4 * step] = d4 - d2 - 2 * (d3 - d1);
}

/* d = B v */
CK_INLINE void points_to_input(lanes *d, const lanes *v, int step) {
  const lanes v0 = v[0], v1 = v[step], v2 = v[2 * step], v3 = v[3 * step], v4 = v[4 * step];
  d[0] = 2 * v0;
  d[step] = 2 * (v2 - v1 + v4) - v0 - v3;
  d[2 * step] = -2 * v0 - v1 - 3 * v2 - v4;
  d[3 * step] = v0 + v1 + v2 + v3 - 2 * v4;
  d[4 * step] = v4;
}

/* y = A' m */
CK_INLINE void points_to_output(lanes *y, const lanes *m, int step) {
  const lanes m0 = m[0], m1 = m[step], m2 = m[2 * step], m3 = m[3 * step], m4 = m[4 * step];
  y[0] = m0 + (m1 + m2) + m3;
  y[step] = (m1 - m2) + 2 * m3;
  y[2 * step] = (m1 + m2) + 4 * m3;
  y[3 * step] = (m1 - m2) + 8 * m3 + m4;
}

/* m = A y */
CK_INLINE void output_to_points(lanes *m, const lanes *y, int step) {
  const lanes y0 = y[0], y1 = y[step], y2 = y[2 * step], y3 = y[3 * step];
  m[0] = y0;
  m[step] = (y0 + y2) + (y1 + y3);
  m[2 * step] = (y0 + y2) - (y1 + y3);
  m[3 * step] = y0 + 2 * y1 + 4 * y2 + 8 * y3;
  m[4 * step] = y3;
}

/* u = G g */
CK_INLINE void weights_to_points(lanes *u, const lanes *g, int step) {
  const lanes g0 = g[0], g1 = g[step];
  u[0] = g0 * 0.5f;
  u[step] = (g0 + g1) * -0.5f;
  u[2 * step] = (g1 - g0) * (1 / 6.0f);
  u[3 * step] = (g0 + 2 * g1) * (1 / 6.0f);
  u[4 * step] = g1;
}

/* g = G' u */
CK_INLINE void points_to_weights(lanes *g, const lanes *u, int step) {
  const lanes u0 = u[0], u1 = u[step], u2 = u[2 * step], u3 = u[3 * step], u4 = u[4 * step];
  g[0] = (u0 - u1) * 0.5f + (u3 - u2) * (1 / 6.0f);
  g[step] = u4 - u1 * 0.5f + u2 * (1 / 6.0f) + u3 * (1 / 3.0f);
}

/* Two dimensions: down every column, then along every row. Rows of all matrices are five apart. */
typedef void transform(lanes *, const lanes *, int step);

CK_INLINE void transform_both(transform one, lanes *to, const lanes *from, int columns, int rows) {
  lanes half[POINTS * POINTS];
#pragma unroll
  for (int j = 0; j < columns; j++) one(half + j, from + j, POINTS);
#pragma unroll
  for (int i = 0; i < rows; i++) one(to + i * POINTS, half + i * POINTS, 1);
}

/* Input tiles. Tile (r, c) reads rows 8r - 1 to 8r + 8 and columns 8c - 1 to 8c + 8; the first
   and the last of them may lie outside the picture. */

CK_INLINE void input_tile(float *v, size_t row, const float *x, const ck_pictures *g,
                          size_t tile_row, size_t tile_column, size_t phase) {
  const ptrdiff_t top = (ptrdiff_t)(8 * tile_row + phase / 2) - 1;
  const ptrdiff_t left = (ptrdiff_t)(8 * tile_column + phase % 2) - 1;
  const ptrdiff_t height = (ptrdiff_t)g->height, width = (ptrdiff_t)g->width;
  const ptrdiff_t pixel = (ptrdiff_t)g->channels;
  for (size_t c = 0; c < padded(g->channels); c += CK_LANES) {
    const size_t count = remaining(g->channels, c);
    lanes d[POINTS * POINTS];
#pragma unroll
    for (int i = 0; i < POINTS; i++)
#pragma unroll
      for (int j = 0; j < POINTS; j++) {
        const ptrdiff_t y = top + 2 * i, z = left + 2 * j;
        /* Only the outermost of a tile's pixels can lie outside. */
        const bool inside = (i > 0 || y >= 0) && (i < POINTS - 1 || y < height) &&
                            (j > 0 || z >= 0) && (j < POINTS - 1 || z < width);
        if (inside)
          load_some(&d[i * POINTS + j], x + (y * width + z) * pixel + (ptrdiff_t)c, count);
        else
          d[i * POINTS + j] = (lanes){0};
      }
    transform_both(input_to_points, d, d, POINTS, POINTS);
#pragma unroll
    for (int p = 0; p < POINTS * POINTS; p++) store(v + (size_t)p * row + c, &d[p]);
  }
}

CK_MULTIVERSION_LANES
void ck_winograd_input(float *v, size_t row, const float *x, ck_pictures g) {
  for (size_t n = 0; n < g.count; n++, x += g.height * g.width * g.channels)
    for (size_t r = 0; r < g.height / 8; r++)
      for (size_t c = 0; c < g.width / 8; c++, v += CK_WINOGRAD_POINTS * row)
        for (size_t phase = 0; phase < PHASES; phase++)
          input_tile(v + phase * padded(g.channels), row, x, &g, r, c, phase);
}

CK_INLINE void input_tile_adjoint(float *x, const float *v, size_t row, const ck_pictures *g,
                                  size_t tile_row, size_t tile_column, size_t phase) {
  const ptrdiff_t top = (ptrdiff_t)(8 * tile_row + phase / 2) - 1;
  const ptrdiff_t left = (ptrdiff_t)(8 * tile_column + phase % 2) - 1;
  const ptrdiff_t height = (ptrdiff_t)g->height, width = (ptrdiff_t)g->width;
  const ptrdiff_t pixel = (ptrdiff_t)g->channels;
  for (size_t c = 0; c < g->channels; c += CK_LANES) {
    const size_t count = remaining(g->channels, c);
    lanes d[POINTS * POINTS];
#pragma unroll
    for (int p = 0; p < POINTS * POINTS; p++) load(&d[p], v + (size_t)p * row + c);
    transform_both(points_to_input, d, d, POINTS, POINTS);
#pragma unroll
    for (int i = 0; i < POINTS; i++)
#pragma unroll
      for (int j = 0; j < POINTS; j++) {
        const ptrdiff_t y = top + 2 * i, z = left + 2 * j;
        const bool inside = (i > 0 || y >= 0) && (i < POINTS - 1 || y < height) &&
                            (j > 0 || z >= 0) && (j < POINTS - 1 || z < width);
        if (!inside) continue;
        float *to = x + (y * width + z) * pixel + (ptrdiff_t)c;
        /* Tiles share a pixel of each phase with the one above and the one to the left, which
           have written it. */
        if ((i == 0 && tile_row > 0) || (j == 0 && tile_column > 0)) {
          lanes before;
          load_some(&before, to, count);
          d[i * POINTS + j] += before;
        }
        store_some(to, &d[i * POINTS + j], count);
      }
  }
}

CK_MULTIVERSION_LANES
void ck_winograd_input_adjoint(float *x, const float *v, size_t row, ck_pictures g) {
  for (size_t n = 0; n < g.count; n++, x += g.height * g.width * g.channels)
    for (size_t r = 0; r < g.height / 8; r++)
      for (size_t c = 0; c < g.width / 8; c++, v += CK_WINOGRAD_POINTS * row)
        for (size_t phase = 0; phase < PHASES; phase++)
          input_tile_adjoint(x, v + phase * padded(g.channels), row, &g, r, c, phase);
}

/* Output tiles. */

CK_MULTIVERSION_LANES
void ck_winograd_output(float *y, const float *m, size_t row, ck_pictures g) {
  for (size_t n = 0; n < g.count; n++, y += g.height * g.width * g.channels)
    for (size_t top = 0; top < g.height; top += TILE)
      for (size_t left = 0; left < g.width; left += TILE, m += CK_WINOGRAD_POINTS * row)
        for (size_t c = 0; c < g.channels; c += CK_LANES) {
          lanes t[POINTS * POINTS];
#pragma unroll
          for (int p = 0; p < POINTS * POINTS; p++) load(&t[p], m + (size_t)p * row + c);
          transform_both(points_to_output, t, t, POINTS, TILE);
#pragma unroll
          for (size_t i = 0; i < TILE; i++)
#pragma unroll
            for (size_t j = 0; j < TILE; j++)
              store_some(y + ((top + i) * g.width + left + j) * g.channels + c, &t[i * POINTS + j],
                         g.channels - c);
        }
}

CK_MULTIVERSION_LANES
void ck_winograd_output_adjoint(float *m, size_t row, const float *y, ck_pictures g) {
  for (size_t n = 0; n < g.count; n++, y += g.height * g.width * g.channels)
    for (size_t top = 0; top < g.height; top += TILE)
      for (size_t left = 0; left < g.width; left += TILE, m += CK_WINOGRAD_POINTS * row)
        for (size_t c = 0; c < padded(g.channels); c += CK_LANES) {
          lanes t[POINTS * POINTS];
#pragma unroll
          for (size_t i = 0; i < TILE; i++)
#pragma unroll
            for (size_t j = 0; j < TILE; j++)
              load_some(&t[i * POINTS + j],
                        y + ((top + i) * g.width + left + j) * g.channels + c,
                        remaining(g.channels, c));
          transform_both(output_to_points, t, t, TILE, POINTS);
#pragma unroll
          for (int p = 0; p < POINTS * POINTS; p++) store(m + (size_t)p * row + c, &t[p]);
        }
}

/* Weights. */

/* The 2x2 kernel of a phase for one input and sixteen outputs from `output` on. */
CK_INLINE void load_kernel(lanes g[4], const float *w, size_t inputs, size_t outputs, size_t phase,
                           size_t input, size_t output) {
#pragma unroll
  for (size_t s = 0; s < 2; s++)
#pragma unroll
    for (size_t t = 0; t < 2; t++) {
      const size_t y = 2 * s + phase / 2, x = 2 * t + phase % 2;
      if (input < inputs && output < outputs)
        load_some(&g[2 * s + t], w + ((y * 4 + x) * inputs + input) * outputs + output,
                  outputs - output);
      else
        g[2 * s + t] = (lanes){0};
    }
}

/* G g G' of a 2x2 kernel, stored `plane` apart. */
CK_INLINE void store_kernel_points(float *u, size_t plane, const lanes g[4]) {
  lanes half[POINTS * 2], points[POINTS * POINTS];
  weights_to_points(half, g, 2);
  weights_to_points(half + 1, g + 1, 2);
#pragma unroll
  for (int i = 0; i < POINTS; i++) {
    weights_to_points(points + i * POINTS, half + 2 * i, 1);
#pragma unroll
    for (int j = 0; j < POINTS; j++)
      store(u + (size_t)(i * POINTS + j) * plane, &points[i * POINTS + j]);
  }
}

CK_MULTIVERSION_LANES
void ck_winograd_weights(float *u, const float *w, size_t inputs, size_t outputs, size_t phase) {
  const size_t rows = PHASES * padded(inputs), plane = rows * padded(outputs);
  for (size_t panel = 0; panel < padded(outputs); panel += CK_PANEL)
    for (size_t input = 0; input < padded(inputs); input++)
      for (size_t column = 0; column < CK_PANEL; column += CK_LANES) {
        lanes g[4];
        load_kernel(g, w, inputs, outputs, phase, input, panel + column);
        const size_t row = phase * padded(inputs) + input;
        store_kernel_points(u + panel * rows + row * CK_PANEL + column, plane, g);
      }
}

/* Transposes sixteen lanes: blocks of 8, 4, 2 and 1 change places across the diagonal. */
CK_INLINE void transpose(lanes x[CK_LANES]) {
#define UPPER(S, L) ((L) & (S) ? CK_LANES + (L) - (S) : (L))
#define LOWER(S, L) ((L) & (S) ? CK_LANES + (L) : (L) + (S))
#define ALL(F, S)                                                                               \
  F(S, 0), F(S, 1), F(S, 2), F(S, 3), F(S, 4), F(S, 5), F(S, 6), F(S, 7), F(S, 8), F(S, 9),     \
      F(S, 10), F(S, 11), F(S, 12), F(S, 13), F(S, 14), F(S, 15)
#define EXCHANGE(S)                                                                             \
  _Pragma("unroll") for (int i = 0; i < CK_LANES; i++) if (!(i & (S))) {                        \
    const lanes a = x[i], b = x[i + (S)];                                                       \
    x[i] = __builtin_shufflevector(a, b, ALL(UPPER, S));                                        \
    x[i + (S)] = __builtin_shufflevector(a, b, ALL(LOWER, S));                                  \
  }
  EXCHANGE(8)
  EXCHANGE(4)
  EXCHANGE(2)
  EXCHANGE(1)
#undef EXCHANGE
#undef ALL
#undef LOWER
#undef UPPER
}

CK_MULTIVERSION_LANES
void ck_winograd_weights_transposed(float *u, const float *w, size_t inputs, size_t outputs,
                                    size_t phase) {
  const size_t plane = PHASES * padded(inputs) * padded(outputs);
  for (size_t input = 0; input < padded(inputs); input += CK_LANES)
    for (size_t output = 0; output < padded(outputs); output += CK_LANES) {
      lanes square[4][CK_LANES];
      for (size_t i = 0; i < CK_LANES; i++) {
        lanes g[4];
        load_kernel(g, w, inputs, outputs, phase, input + i, output);
        for (int k = 0; k < 4; k++) square[k][i] = g[k];
      }
      for (int k = 0; k < 4; k++) transpose(square[k]);
      const size_t row = phase * padded(inputs) + input;
      float *to = u + row / CK_PANEL * CK_PANEL * padded(outputs) + row % CK_PANEL;
      for (size_t o = 0; o < CK_LANES; o++) {
        const lanes g[4] = {square[0][o], square[1][o], square[2][o], square[3][o]};
        store_kernel_points(to + (output + o) * CK_PANEL, plane, g);
      }
    }
}

CK_MULTIVERSION_LANES
void ck_winograd_weights_adjoint(float *w, const float *u, size_t inputs, size_t outputs,
                                 size_t phase, size_t first, size_t count) {
  const size_t plane = count * padded(outputs);
  for (size_t i = 0; i < count; i++)
    for (size_t output = 0; output < outputs; output += CK_LANES) {
      lanes half[2 * POINTS];
#pragma unroll
      for (int r = 0; r < POINTS; r++) {
        lanes points[POINTS], g[2];
#pragma unroll
        for (int p = 0; p < POINTS; p++)
          load(&points[p], u + (size_t)(r * POINTS + p) * plane + i * padded(outputs) + output);
        points_to_weights(g, points, 1);
        half[2 * r] = g[0];
        half[2 * r + 1] = g[1];
      }
#pragma unroll
      for (size_t t = 0; t < 2; t++) {
        lanes g[4];
        points_to_weights(g, half + t, 2);
#pragma unroll
        for (size_t s = 0; s < 2; s++) {
          const size_t y = 2 * s + phase / 2, x = 2 * t + phase % 2;
          store_some(w + ((y * 4 + x) * inputs + first + i) * outputs + output, &g[2 * s],
                     outputs - output);
        }
      }
    }
}
