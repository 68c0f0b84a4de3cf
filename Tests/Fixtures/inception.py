"""Inception-v3 in plain PyTorch, for InceptionTests.swift to compare with.

Written from the architecture's description, with the names and layouts of torchvision's state
dictionary; the variant of pytorch-fid differs in its pooling and in the number of classes.
"""

import torch
import torch.nn.functional as F


class Inception:
    """Makes random weights on the way, so that names and shapes stand once."""

    def __init__(self, is_fid):
        self.is_fid, self.state = is_fid, {}
        self.generator = torch.Generator().manual_seed(20151205)

    def uniform(self, shape, low, high):
        return torch.rand(shape, generator=self.generator) * (high - low) + low

    def conv(self, x, name, channels, kernel, stride=1, padding=0):
        kernel = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        if name + ".conv.weight" not in self.state:
            bound = (6 / (x.shape[1] * kernel[0] * kernel[1])) ** 0.5
            for part, value in {
                "conv.weight": self.uniform((channels, x.shape[1], *kernel), -bound, bound),
                "bn.weight": self.uniform((channels,), 0.8, 1.2),
                "bn.bias": self.uniform((channels,), -0.2, 0.2),
                "bn.running_mean": self.uniform((channels,), -0.2, 0.2),
                "bn.running_var": self.uniform((channels,), 0.7, 1.3),
            }.items():
                self.state[f"{name}.{part}"] = value
        p = lambda part: self.state[f"{name}.{part}"].to(x.dtype)
        x = F.conv2d(x, p("conv.weight"), stride=stride, padding=padding)
        x = F.batch_norm(
            x, p("bn.running_mean"), p("bn.running_var"), p("bn.weight"), p("bn.bias"), eps=0.001)
        return F.relu(x)

    def average(self, x):
        return F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=not self.is_fid)

    def a(self, x, name, pool):
        conv = lambda x, part, *args, **rest: self.conv(x, f"{name}.{part}", *args, **rest)
        five = conv(conv(x, "branch5x5_1", 48, 1), "branch5x5_2", 64, 5, padding=2)
        three = conv(conv(x, "branch3x3dbl_1", 64, 1), "branch3x3dbl_2", 96, 3, padding=1)
        three = conv(three, "branch3x3dbl_3", 96, 3, padding=1)
        pooled = conv(self.average(x), "branch_pool", pool, 1)
        return torch.cat([conv(x, "branch1x1", 64, 1), five, three, pooled], 1)

    def b(self, x, name):
        conv = lambda x, part, *args, **rest: self.conv(x, f"{name}.{part}", *args, **rest)
        double = conv(conv(x, "branch3x3dbl_1", 64, 1), "branch3x3dbl_2", 96, 3, padding=1)
        double = conv(double, "branch3x3dbl_3", 96, 3, stride=2)
        return torch.cat(
            [conv(x, "branch3x3", 384, 3, stride=2), double, F.max_pool2d(x, 3, stride=2)], 1)

    def c(self, x, name, inner):
        wide, tall = dict(kernel=(1, 7), padding=(0, 3)), dict(kernel=(7, 1), padding=(3, 0))
        conv = lambda x, part, channels, **rest: self.conv(x, f"{name}.{part}", channels, **rest)
        single = conv(x, "branch7x7_1", inner, kernel=1)
        single = conv(conv(single, "branch7x7_2", inner, **wide), "branch7x7_3", 192, **tall)
        double = conv(x, "branch7x7dbl_1", inner, kernel=1)
        for part, size in [("2", tall), ("3", wide), ("4", tall)]:
            double = conv(double, "branch7x7dbl_" + part, inner, **size)
        double = conv(double, "branch7x7dbl_5", 192, **wide)
        pooled = conv(self.average(x), "branch_pool", 192, kernel=1)
        return torch.cat([conv(x, "branch1x1", 192, kernel=1), single, double, pooled], 1)

    def d(self, x, name):
        conv = lambda x, part, *args, **rest: self.conv(x, f"{name}.{part}", *args, **rest)
        three = conv(conv(x, "branch3x3_1", 192, 1), "branch3x3_2", 320, 3, stride=2)
        seven = conv(conv(x, "branch7x7x3_1", 192, 1), "branch7x7x3_2", 192, (1, 7), padding=(0, 3))
        seven = conv(seven, "branch7x7x3_3", 192, (7, 1), padding=(3, 0))
        seven = conv(seven, "branch7x7x3_4", 192, 3, stride=2)
        return torch.cat([three, seven, F.max_pool2d(x, 3, stride=2)], 1)

    def e(self, x, name, pools_maximum):
        conv = lambda x, part, *args, **rest: self.conv(x, f"{name}.{part}", *args, **rest)
        both = lambda x, part: torch.cat([
            conv(x, part + "a", 384, (1, 3), padding=(0, 1)),
            conv(x, part + "b", 384, (3, 1), padding=(1, 0))], 1)
        three = both(conv(x, "branch3x3_1", 384, 1), "branch3x3_2")
        double = conv(conv(x, "branch3x3dbl_1", 448, 1), "branch3x3dbl_2", 384, 3, padding=1)
        double = both(double, "branch3x3dbl_3")
        pooled = F.max_pool2d(x, 3, stride=1, padding=1) if pools_maximum else self.average(x)
        return torch.cat(
            [conv(x, "branch1x1", 320, 1), three, double, conv(pooled, "branch_pool", 192, 1)], 1)

    def features(self, images):
        """Of images [batch, 3, height, width] with values 0 to 255."""
        x = F.interpolate(images, size=(299, 299), mode="bilinear", align_corners=False)
        x = 2 * (x / 255) - 1
        x = self.conv(x, "Conv2d_1a_3x3", 32, 3, stride=2)
        x = self.conv(self.conv(x, "Conv2d_2a_3x3", 32, 3), "Conv2d_2b_3x3", 64, 3, padding=1)
        x = F.max_pool2d(x, 3, stride=2)
        x = self.conv(self.conv(x, "Conv2d_3b_1x1", 80, 1), "Conv2d_4a_3x3", 192, 3)
        x = F.max_pool2d(x, 3, stride=2)
        for name, pool in [("Mixed_5b", 32), ("Mixed_5c", 64), ("Mixed_5d", 64)]:
            x = self.a(x, name, pool)
        x = self.b(x, "Mixed_6a")
        for name, inner in [("6b", 128), ("6c", 160), ("6d", 160), ("6e", 192)]:
            x = self.c(x, "Mixed_" + name, inner)
        x = self.d(x, "Mixed_7a")
        x = self.e(x, "Mixed_7b", False)
        return self.e(x, "Mixed_7c", self.is_fid).mean((2, 3))


def write(is_fid, images, weights, features):
    """Reads images [2, 40, 40, 3] of bytes, and writes weights and the features of the images."""
    from safetensors.torch import save_file

    network = Inception(is_fid)
    pixels = torch.frombuffer(bytearray(open(images, "rb").read()), dtype=torch.uint8)
    with torch.no_grad():
        found = network.features(pixels.view(2, 40, 40, 3).permute(0, 3, 1, 2).double())
    network.state["fc.weight"] = torch.zeros(1008 if is_fid else 1000, 2048)
    save_file(network.state, weights)
    open(features, "wb").write(found.float().numpy().tobytes())
