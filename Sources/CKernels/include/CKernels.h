/* The vector loops that one binary must run well on every node of a mixed cluster: each
   is compiled for several instruction sets and dispatched when the program is loaded. */
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
