/* The vector loops that one binary must run well on every node of a mixed cluster. Those that
   calculate are compiled for several instruction sets, one of which is chosen when the program is
   loaded; those that only move numbers are not. */
#ifndef CKERNELS_H
#define CKERNELS_H

#include "Bias.h"
#include "ColorMixing.h"
#include "Convolution.h"
#include "Elementwise.h"
#include "Normalization.h"
#include "Optimizers.h"
#include "PanelProduct.h"
#include "Random.h"
#include "Rearrangement.h"
#include "Reduction.h"
#include "RowScaling.h"
#include "Softmax.h"
#include "Spin.h"
#include "Winograd.h"

#endif
