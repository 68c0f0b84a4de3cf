"""Layers of gan-dist's networks that PyTorch does not have, for `pytorch_networks.py`.

Parameters have the names that gan-dist's checkpoints give them. Weights with spectral normalisation
are PyTorch's own (`torch.nn.utils.spectral_norm`): `weight_orig`, `weight_u`, and `weight_v`, which
follows from these two as in `set_right_vectors`.
"""

import math
import warnings

import torch
from torch import nn
from torch.nn import functional

# The newer parametrisation has other names.
warnings.filterwarnings("ignore", message=".*spectral_norm.*", category=FutureWarning)


def spectral(layer):
    return nn.utils.spectral_norm(layer)


def unscaled(layer):
    return layer


@torch.no_grad()
def set_right_vectors(network):
    """Sets every `weight_v`, which evaluation uses, to what follows from `weight_u`."""
    for module in network.modules():
        if hasattr(module, "weight_u"):
            matrix = module.weight_orig.flatten(1)
            module.weight_v.copy_(functional.normalize(matrix.t() @ module.weight_u, dim=0))


class Equalized(nn.Module):
    """A convolution, or without a kernel size a linear layer, with an equalised learning rate."""

    def __init__(self, channels, width, kernel=None, gain=math.sqrt(2)):
        super().__init__()
        kernels = () if kernel is None else (kernel, kernel)
        self.weight = nn.Parameter(torch.randn(width, channels, *kernels))
        self.bias = nn.Parameter(torch.zeros(width))
        self.scale = gain / math.sqrt(math.prod(self.weight.shape[1:]))

    def forward(self, features):
        weight = self.weight * self.scale
        if weight.dim() == 2:
            return functional.linear(features, weight, self.bias)
        return functional.conv2d(features, weight, self.bias, padding=weight.shape[-1] // 2)


class Maxout(nn.Linear):
    """The largest of five linear maps, those of the first before those of the second and so on."""

    def __init__(self, channels, width):
        super().__init__(channels, 5 * width)

    def forward(self, features):
        return super().forward(features).unflatten(1, (5, -1)).amax(1)


class SelfAttention(nn.Module):
    """Zhang et al.'s, with keys and values pooled."""

    def __init__(self, channels, scaled):
        super().__init__()
        self.theta = scaled(nn.Conv2d(channels, channels // 8, 1, bias=False))
        self.phi = scaled(nn.Conv2d(channels, channels // 8, 1, bias=False))
        self.g = scaled(nn.Conv2d(channels, channels // 2, 1, bias=False))
        self.o = scaled(nn.Conv2d(channels // 2, channels, 1, bias=False))
        self.gamma = nn.Parameter(torch.zeros(()))

    def forward(self, features):
        queries = self.theta(features).flatten(2)
        keys = functional.max_pool2d(self.phi(features), 2).flatten(2)
        values = functional.max_pool2d(self.g(features), 2).flatten(2)
        shares = torch.softmax(queries.transpose(1, 2) @ keys, dim=-1)
        mixed = (values @ shares.transpose(1, 2)).unflatten(2, features.shape[2:])
        return features + self.gamma * self.o(mixed)


class UpsamplingBlock(nn.Module):
    """A residual block of a generator: twice the size, batch norm before each rectifier."""

    def __init__(self, channels, width, scaled):
        super().__init__()
        self.b1 = nn.BatchNorm2d(channels)
        self.c1 = scaled(nn.Conv2d(channels, width, 3, padding=1))
        self.b2 = nn.BatchNorm2d(width)
        self.c2 = scaled(nn.Conv2d(width, width, 3, padding=1))
        self.c_sc = scaled(nn.Conv2d(channels, width, 1))

    def forward(self, features):
        branch = self.c1(upsampled(functional.relu(self.b1(features))))
        branch = self.c2(functional.relu(self.b2(branch)))
        return branch + upsampled(self.c_sc(features))


class DownsamplingBlock(nn.Module):
    """A residual block of a discriminator: half the size, spectral normalisation."""

    def __init__(self, channels, width, is_first):
        super().__init__()
        hidden = width if is_first else channels
        self.is_first = is_first
        self.c1 = spectral(nn.Conv2d(channels, hidden, 3, padding=1))
        self.c2 = spectral(nn.Conv2d(hidden, width, 3, padding=1))
        self.c_sc = spectral(nn.Conv2d(channels, width, 1))

    def forward(self, features):
        branch = features if self.is_first else functional.relu(features)
        branch = self.c2(functional.relu(self.c1(branch)))
        return functional.avg_pool2d(branch, 2) + self.c_sc(functional.avg_pool2d(features, 2))


def upsampled(features):
    return functional.interpolate(features, scale_factor=2, mode="nearest")


def pixel_normalized(features):
    return features * torch.rsqrt(features.square().mean(1, keepdim=True) + 1e-8)


def with_deviation(features, group=4):
    """Adds Karras et al.'s channel with the standard deviation over groups of samples."""
    batch, _, height, width = features.shape
    groups = features.unflatten(0, (group, -1))
    deviation = (groups.var(0, unbiased=False) + 1e-8).sqrt().mean((1, 2, 3))
    channel = deviation.repeat(group)[:, None, None, None].expand(batch, 1, height, width)
    return torch.cat([features, channel], 1)


def pixels_of(features, side):
    """Features [batch, row, column, channel] in one vector as pictures."""
    return features.unflatten(1, (side, side, -1)).permute(0, 3, 1, 2)


def vector_of(pictures):
    """The inverse of `pixels_of`."""
    return pictures.permute(0, 2, 3, 1).flatten(1)
