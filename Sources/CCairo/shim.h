/* Lends Cairo with its PNG-free image surfaces and SVG surfaces: charts and painted portraits. */
#include <cairo.h>
#include <cairo-svg.h>
