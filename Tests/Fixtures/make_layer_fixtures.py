#!/usr/bin/env python3
"""Makes the golden values that gan-dist's layers are tested against.

    python3 Tests/Fixtures/make_layer_fixtures.py      (needs torch and numpy; a second)

writes `layers.json` beside this script: a list of

    {"case", "layer", "attributes", "input": recipe, "weights": name -> recipe,
     "values": name -> {"shape", "positions", "values"}}

in PyTorch's layout. Recipes, and the values that follow from a name, are those of
`make_network_fixtures.py`; the hashed name is case + "." + the name of the weight, or of `input`
or `cotangent` (scale 1, the shape of the output). Names of weights begin with `layer.`. A layer with spectral normalisation is in
training mode: it takes one step of its power iteration from the `weight_u` that is given here.

The values, all computed in float64:
    output
    gradient.X    of L = sum(output * cotangent), for X the input or a weight
    penalty.X     the gradient of sum(gradient.input ** 2) / 2: a gradient of a gradient
    after.X       what the pass leaves in weight_u
Positions are flat C-order indices; at most 48 of a tensor are kept.
"""

from collections import OrderedDict

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils import spectral_norm

from make_network_fixtures import pick, realize, recipe, sample_positions, write


def plain(module):
    return module


class Equalized(nn.Module):
    """PGGAN's runtime scale: w * gain / sqrt(fan in), before a function of input and weight."""

    def __init__(self, function, shape, fan_in, gain, bias=None):
        super().__init__()
        self.function, self.scale = function, gain / fan_in**0.5
        self.weight = nn.Parameter(torch.zeros(shape))
        self.bias = None if bias is None else nn.Parameter(torch.zeros(bias))

    def forward(self, x):
        return self.function(x, self.weight * self.scale, self.bias)


class PixelNorm(nn.Module):
    def forward(self, x):
        return x * torch.rsqrt(x.square().mean(dim=1, keepdim=True) + 1e-8)


class MinibatchStandardDeviation(nn.Module):
    """As in the TensorFlow code of progressive_growing_of_gans."""

    def forward(self, x):
        n, c, h, w = x.shape
        y = x.reshape(4, -1, c, h, w)
        y = y - y.mean(dim=0, keepdim=True)
        y = (y.square().mean(dim=0) + 1e-8).sqrt()
        y = y.mean(dim=(1, 2, 3), keepdim=True).repeat(4, 1, h, w)
        return torch.cat([x, y], dim=1)


class SelfAttention(nn.Module):
    def __init__(self, channels, scaled=plain):
        super().__init__()
        self.gamma = nn.Parameter(torch.zeros(()))
        for name, inputs, outputs in (
            ("theta", channels, channels // 8), ("phi", channels, channels // 8),
            ("g", channels, channels // 2), ("o", channels // 2, channels),
        ):  # fmt: skip
            setattr(self, name, scaled(nn.Conv2d(inputs, outputs, 1, bias=False)))

    def forward(self, x):
        n, c, h, w = x.shape
        theta = self.theta(x).flatten(2)
        phi = functional.max_pool2d(self.phi(x), 2).flatten(2)
        g = functional.max_pool2d(self.g(x), 2).flatten(2)
        beta = torch.softmax(theta.transpose(1, 2) @ phi, dim=-1)
        o = (g @ beta.transpose(1, 2)).reshape(n, c // 2, h, w)
        return x + self.gamma * self.o(o)


class Maxout(nn.Module):
    def __init__(self, inputs, outputs, pieces):
        super().__init__()
        self.linear, self.pieces = nn.Linear(inputs, pieces * outputs), pieces

    def forward(self, x):
        return self.linear(x).reshape(len(x), self.pieces, -1).max(dim=1).values


class UpsamplingConvolution(nn.Module):
    def __init__(self, inputs, outputs, scaled=plain):
        super().__init__()
        self.conv = scaled(nn.Conv2d(inputs, outputs, 3, padding=1))

    def forward(self, x):
        return self.conv(functional.interpolate(x, scale_factor=2, mode="nearest"))


class PoolingConvolution(UpsamplingConvolution):
    def forward(self, x):
        return functional.avg_pool2d(self.conv(x), 2)


class ResidualBlock(nn.Module):
    def __init__(self, inputs, hidden, outputs, resample, norm=nn.Identity, first=False,
                 scaled=plain):  # fmt: skip
        super().__init__()
        self.b1, self.b2 = norm(inputs), norm(hidden)
        self.c1 = scaled(nn.Conv2d(inputs, hidden, 3, padding=1))
        self.c2 = scaled(nn.Conv2d(hidden, outputs, 3, padding=1))
        self.c_sc = scaled(nn.Conv2d(inputs, outputs, 1))
        self.resample, self.first = resample, first

    def forward(self, x):
        up = (lambda y: functional.interpolate(y, scale_factor=2, mode="nearest"))
        down = (lambda y: functional.avg_pool2d(y, 2))
        before, after = {"up": (up, plain), "down": (plain, down)}[self.resample]
        y = x if self.first else self.b1(x).relu()
        y = self.c2(self.b2(self.c1(before(y))).relu())
        return after(y) + after(self.c_sc(before(x)))


def layer_norm(channels):
    """Over height, width and channels, with a scale and a shift for each channel."""
    return nn.GroupNorm(1, channels)


def make_case(case, layer, module, input_shape, **attributes):
    module = nn.Sequential(OrderedDict(layer=module)).double().train()
    weights, recipes = {}, {}
    for name, parameter in [*module.named_parameters(), *module.named_buffers()]:
        if not name.endswith(("weight_v", "running_mean", "running_var", "num_batches_tracked")):
            last = name.split(".")[-1]
            is_norm = last == "weight" and parameter.dim() == 1
            offset = 1.0 if is_norm else 0.75 if last == "gamma" else 0.0
            recipes[name] = recipe(parameter.shape, 0.25 if is_norm else 0.5, offset)
            parameter.data.copy_(realize(f"{case}.{name}", recipes[name]))
            if parameter.requires_grad:
                weights[name] = parameter
    described = recipe(input_shape, 1.0)
    weights["input"] = realize(f"{case}.input", described).requires_grad_()
    output = module(weights["input"])
    cotangent = realize(f"{case}.cotangent", recipe(output.shape, 1.0))
    gradients = torch.autograd.grad(
        (output * cotangent).sum(), list(weights.values()), create_graph=True
    )
    gradients = dict(zip(weights, gradients))
    values = {"output": output}
    values |= {f"gradient.{name}": gradient for name, gradient in gradients.items()}
    if gradients["input"].requires_grad:
        penalty = gradients["input"].square().sum() / 2
        second = torch.autograd.grad(penalty, list(weights.values()), materialize_grads=True)
        values |= {f"penalty.{name}": value for name, value in zip(weights, second)}
    values |= {f"after.{n}": b for n, b in module.named_buffers() if n.endswith("weight_u")}
    kept = {}
    for name, value in values.items():
        positions = sample_positions(f"{case}.{name}", value.numel(), 48)
        kept[name] = {
            "shape": list(value.shape), "positions": positions, "values": pick(value, positions)
        }  # fmt: skip
    return {
        "case": case, "layer": layer, "attributes": attributes, "input": described,
        "weights": recipes, "values": kept,
    }  # fmt: skip


def make_layer_fixtures():
    root2 = 2**0.5
    return [
        make_case(
            "equalized.dense", "dense",
            Equalized(functional.linear, (5, 7), 7, root2 / 4, bias=5), (3, 7),
            scaling="equalized", gain=root2 / 4,
        ),
        make_case(
            "equalized.convolution", "convolution",
            Equalized(lambda x, w, b: functional.conv2d(x, w, b, padding=1), (4, 3, 3, 3), 27,
                      root2, bias=4), (2, 3, 4, 4),
            scaling="equalized", gain=root2, kernel=3, stride=1, padding=1,
        ),
        make_case(
            "equalized.transposed", "transposed",
            Equalized(lambda x, w, b: functional.conv_transpose2d(x, w, stride=2, padding=1),
                      (3, 4, 4, 4), 48, 1.0), (2, 3, 3, 3),
            scaling="equalized", gain=1.0, kernel=4, stride=2, padding=1,
        ),
        make_case("spectral.dense", "dense", spectral_norm(nn.Linear(7, 5)), (3, 7),
                  scaling="spectral"),
        make_case(
            "spectral.convolution", "convolution",
            spectral_norm(nn.Conv2d(3, 5, 4, stride=2, padding=1)), (2, 3, 6, 6),
            scaling="spectral", kernel=4, stride=2, padding=1,
        ),
        make_case(
            "spectral.transposed", "transposed",
            spectral_norm(nn.ConvTranspose2d(3, 5, 4, stride=2, padding=1, bias=False)),
            (2, 3, 3, 3), scaling="spectral", kernel=4, stride=2, padding=1,
        ),
        make_case("spectral.upsampling", "upsampling-convolution",
                  UpsamplingConvolution(3, 4, spectral_norm), (2, 3, 3, 4), scaling="spectral"),
        make_case("pooling", "pooling-convolution", PoolingConvolution(3, 4), (2, 3, 4, 6)),
        make_case("convolution.pointwise", "convolution", nn.Conv2d(6, 4, 1), (2, 6, 3, 5),
                  kernel=1, stride=1, padding=0),
        make_case("pixel-norm", "pixel-norm", PixelNorm(), (2, 19, 3, 2)),
        make_case("layer-norm", "layer-norm", layer_norm(5), (3, 5, 4, 3)),
        make_case("layer-norm.rectified", "layer-norm",
                  nn.Sequential(layer_norm(5), nn.LeakyReLU(0.2)), (3, 5, 4, 3), slope=0.2),
        make_case("minibatch-deviation", "minibatch-deviation", MinibatchStandardDeviation(),
                  (8, 3, 2, 2)),
        make_case("attention", "attention", SelfAttention(16), (2, 16, 4, 6)),
        make_case("attention.spectral", "attention", SelfAttention(8, spectral_norm),
                  (2, 8, 6, 4), scaling="spectral"),
        make_case("maxout", "maxout", Maxout(6, 5, 3), (4, 6), pieces=3),
        make_case("up.batch", "up-block",
                  ResidualBlock(4, 3, 3, "up", nn.BatchNorm2d), (4, 4, 3, 3),
                  normalization="batch"),
        make_case("up.plain", "up-block", ResidualBlock(4, 3, 3, "up"), (2, 4, 3, 3),
                  normalization="none"),
        make_case("down.spectral", "down-block",
                  ResidualBlock(3, 3, 5, "down", scaled=spectral_norm), (2, 3, 4, 4),
                  normalization="none", scaling="spectral"),
        make_case("down.first", "down-block",
                  ResidualBlock(3, 5, 5, "down", first=True, scaled=spectral_norm), (2, 3, 4, 4),
                  normalization="none", scaling="spectral", isFirst=True),
    ]  # fmt: skip


if __name__ == "__main__":
    write("layers.json", make_layer_fixtures())
