"""The networks and recipes of gan-dist's models beside `dcgan` and `paper` in PyTorch.

The layers of a network follow its published form as gan-dist's `Sources/GANs` describes it; each
takes the side length of images and the number of feature maps. Growing networks take the level
and the fade of `Growth` as attributes, which are the last level and 1 at first.
"""

import math
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from pytorch_layers import (
    DownsamplingBlock,
    Equalized,
    Maxout,
    SelfAttention,
    UpsamplingBlock,
    pixel_normalized,
    pixels_of,
    spectral,
    unscaled,
    upsampled,
    vector_of,
    with_deviation,
)
from pytorch_networks import DCGANDiscriminator, DCGANGenerator


class Perceptron(nn.Module):
    """The generator of `gan`."""

    def __init__(self, image_size, feature_maps, latent_size):
        super().__init__()
        hidden = 75 * feature_maps // 4
        self.side = image_size
        self.h0 = nn.Linear(latent_size, hidden)
        self.h1 = nn.Linear(hidden, hidden)
        self.y = nn.Linear(hidden, 3 * image_size**2)

    def forward(self, latents):
        features = functional.relu(self.h1(functional.relu(self.h0(latents))))
        return pixels_of(self.y(features), self.side).tanh()


class MaxoutNetwork(nn.Module):
    """The discriminator of `gan`."""

    def __init__(self, image_size, feature_maps):
        super().__init__()
        hidden = 15 * feature_maps // 4
        self.visible, self.hidden = nn.Dropout(0.2), nn.Dropout(0.5)
        self.h0 = Maxout(3 * image_size**2, hidden)
        self.h1 = Maxout(hidden, hidden)
        self.y = nn.Linear(hidden, 1)

    def forward(self, images):
        features = self.hidden(self.h0(self.visible(vector_of(images))))
        return self.y(self.hidden(self.h1(features))).view(-1)


class StackedGenerator(nn.Module):
    """The generator of `sngan`: three transposed convolutions."""

    class Block(nn.Module):
        def __init__(self, channels, width):
            super().__init__()
            self.conv = nn.ConvTranspose2d(channels, width, 4, 2, 1, bias=False)
            self.norm = nn.BatchNorm2d(width)

        def forward(self, features):
            return functional.relu(self.norm(self.conv(features)))

    def __init__(self, image_size, feature_maps, latent_size):
        super().__init__()
        self.side = image_size // 8
        widths = [feature_maps * multiple for multiple in (8, 4, 2, 1)]
        self.dense = nn.Linear(latent_size, self.side**2 * widths[0])
        self.blocks = nn.Sequential(*map(self.Block, widths, widths[1:]))
        self.output = nn.Conv2d(feature_maps, 3, 3, padding=1)

    def forward(self, latents):
        return self.output(self.blocks(pixels_of(self.dense(latents), self.side))).tanh()


class StackedDiscriminator(nn.Module):
    """The discriminator of `sngan`: kernels of 3x3, and of 4x4 with stride 2, in turn."""

    def __init__(self, image_size, feature_maps):
        super().__init__()
        widths = [3] + [feature_maps * multiple for multiple in (1, 1, 2, 2, 4, 4, 8)]
        self.convs = nn.ModuleList(
            spectral(nn.Conv2d(channels, width, 3 + index % 2, 1 + index % 2, 1))
            for index, (channels, width) in enumerate(zip(widths, widths[1:]))
        )
        self.head = spectral(nn.Linear((image_size // 8) ** 2 * widths[-1], 1))

    def forward(self, features):
        for conv in self.convs:
            features = functional.leaky_relu(conv(features), 0.1)
        return self.head(vector_of(features)).view(-1)


def residual_width(image_size, side, feature_maps):
    return min(16, image_size // side) * feature_maps


class ResidualGenerator(nn.Module):
    """The generator of `sngan-resnet`, and with self-attention that of `sagan`."""

    def __init__(self, image_size, feature_maps, latent_size, has_attention):
        super().__init__()
        scaled = spectral if has_attention else unscaled
        sides = [4 << doubling for doubling in range(int(math.log2(image_size)) - 1)]
        widths = [residual_width(image_size, side, feature_maps) for side in sides]
        self.l1 = scaled(nn.Linear(latent_size, 16 * widths[0]))
        self.blocks = nn.ModuleDict(
            {
                str(side): UpsamplingBlock(channels, width, scaled)
                for side, channels, width in zip(sides[1:], widths, widths[1:])
            }
        )
        if has_attention:
            width = residual_width(image_size, 32, feature_maps)
            self.attention = SelfAttention(width, spectral)
        self.norm = nn.BatchNorm2d(widths[-1])
        self.output = scaled(nn.Conv2d(widths[-1], 3, 3, padding=1))

    def forward(self, latents):
        features = pixels_of(self.l1(latents), 4)
        for side, block in self.blocks.items():
            features = block(features)
            if side == "32" and hasattr(self, "attention"):
                features = self.attention(features)
        return self.output(functional.relu(self.norm(features))).tanh()


class ResidualDiscriminator(nn.Module):
    """The discriminator of `sngan-resnet`, and with self-attention that of `sagan`."""

    def __init__(self, image_size, feature_maps, has_attention):
        super().__init__()
        self.blocks = nn.ModuleDict()
        side, channels = image_size, 3
        while side > 2:
            width = residual_width(image_size, side, feature_maps)
            side //= 2
            self.blocks[str(side)] = DownsamplingBlock(channels, width, channels == 3)
            channels = width
        if has_attention:
            self.attention = SelfAttention(
                residual_width(image_size, 64, feature_maps), spectral
            )
        self.head = spectral(nn.Linear(channels, 1))

    def forward(self, features):
        for side, block in self.blocks.items():
            features = block(features)
            if side == "32" and hasattr(self, "attention"):
                features = self.attention(features)
        return self.head(functional.relu(features).sum((2, 3))).view(-1)


def rectified(features):
    return functional.leaky_relu(features, 0.2)


class GrowingGenerator(nn.Module):
    """Levels with `forward`, and `image` which makes an image of the level's features."""

    def __init__(self, first_level, levels):
        super().__init__()
        self.levels = nn.ModuleList(levels)
        self.first_level, self.level, self.fade = first_level, first_level + len(levels) - 1, 1.0

    def forward(self, latents):
        before, features = None, pixel_normalized(latents)
        last = self.level - self.first_level
        for level in self.levels[: last + 1]:
            before, features = features, level(features)
        image = self.levels[last].image(features)
        if self.fade == 1:
            return image
        coarse = upsampled(self.levels[last - 1].image(before))
        return coarse + self.fade * (image - coarse)


class GrowingDiscriminator(nn.Module):
    """Levels with `forward`, and `features` which takes an image of the level's size."""

    def __init__(self, first_level, levels):
        super().__init__()
        self.levels = nn.ModuleList(levels)
        self.first_level, self.level, self.fade = first_level, first_level + len(levels) - 1, 1.0

    def forward(self, images):
        last = self.level - self.first_level
        features = self.levels[last](self.levels[last].features(images))
        if self.fade < 1:
            coarse = self.levels[last - 1].features(functional.avg_pool2d(images, 2))
            features = coarse + self.fade * (features - coarse)
        for level in reversed(self.levels[:last]):
            features = level(features)
        return features


class ProgressiveGeneratorLevel(nn.Module):
    def __init__(self, channels, width, is_first):
        super().__init__()
        if is_first:
            self.dense = Equalized(channels, 16 * width, gain=math.sqrt(2) / 4)
        else:
            self.conv0 = Equalized(channels, width, 3)
        self.conv1 = Equalized(width, width, 3)
        self.to_rgb = Equalized(width, 3, 1, gain=1)

    def forward(self, features):
        if hasattr(self, "dense"):
            features = pixels_of(self.dense(features), 4)
        else:
            features = self.conv0(upsampled(features))
        features = pixel_normalized(rectified(features))
        return pixel_normalized(rectified(self.conv1(features)))

    def image(self, features):
        return self.to_rgb(features)


class ProgressiveDiscriminatorLevel(nn.Module):
    def __init__(self, width, lower_width):
        """`lower_width` is None for the first level."""
        super().__init__()
        self.from_rgb = Equalized(3, width, 1)
        self.is_first = lower_width is None
        self.conv0 = Equalized(width + self.is_first, width, 3)
        if self.is_first:
            self.dense0 = Equalized(16 * width, width)
            self.dense1 = Equalized(width, 1, gain=1)
        else:
            self.conv1 = Equalized(width, lower_width, 3)

    def features(self, images):
        return rectified(self.from_rgb(images))

    def forward(self, features):
        if not self.is_first:
            features = rectified(self.conv0(features))
            return rectified(functional.avg_pool2d(self.conv1(features), 2))
        features = vector_of(rectified(self.conv0(with_deviation(features))))
        return self.dense1(rectified(self.dense0(features))).view(-1)


def make_pggan(image_size, feature_maps, latent_size):
    final = int(math.log2(image_size)) - 2
    widths = [
        min(feature_maps << (final - level), feature_maps * image_size // 32)
        for level in range(final + 1)
    ]
    generator = [
        ProgressiveGeneratorLevel(channels, width, index == 0)
        for index, (channels, width) in enumerate(zip([latent_size] + widths, widths))
    ]
    discriminator = map(ProgressiveDiscriminatorLevel, widths, [None] + widths)
    return GrowingGenerator(0, generator), GrowingDiscriminator(0, list(discriminator))


class PortraitGeneratorLevel(nn.Module):
    def __init__(self, channels, width, is_first, is_attentive):
        super().__init__()
        if is_first:
            self.dense = nn.Linear(channels, 16 * width)
        else:
            self.conv = nn.Conv2d(channels, width, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        if is_attentive:
            self.attention = SelfAttention(width, spectral)
        self.to_rgb = nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, features):
        if hasattr(self, "dense"):
            features = pixels_of(self.dense(features), 4)
        else:
            features = self.conv(upsampled(features))
        features = functional.relu(self.norm(features))
        return self.attention(features) if hasattr(self, "attention") else features

    def image(self, features):
        return self.to_rgb(upsampled(features)).tanh()


class PortraitDiscriminatorLevel(nn.Module):
    def __init__(self, width, lower_width, is_attentive):
        """`lower_width` is None for the first level."""
        super().__init__()
        self.from_rgb = spectral(nn.Conv2d(3, width, 4, 2, 1))
        if is_attentive:
            self.attention = SelfAttention(width, spectral)
        if lower_width is None:
            self.head = nn.Conv2d(width, 1, 4)
        else:
            self.conv = spectral(nn.Conv2d(width, lower_width, 4, 2, 1, bias=False))
            self.norm = nn.BatchNorm2d(lower_width)

    def features(self, images):
        return rectified(self.from_rgb(images))

    def forward(self, features):
        if hasattr(self, "attention"):
            features = self.attention(features)
        if hasattr(self, "head"):
            return self.head(features).view(-1)
        return rectified(self.norm(self.conv(features)))


def make_portrait(image_size, feature_maps, latent_size):
    last = int(math.log2(image_size)) - 3
    widths = [min(8, 1 << (last - index)) * feature_maps for index in range(last + 1)]
    attentive = min(3, last - 1)
    generator = [
        PortraitGeneratorLevel(channels, width, index == 0, index == attentive)
        for index, (channels, width) in enumerate(zip([latent_size] + widths, widths))
    ]
    discriminator = [
        PortraitDiscriminatorLevel(width, lower, index == attentive)
        for index, (width, lower) in enumerate(zip(widths, [None] + widths))
    ]
    return GrowingGenerator(1, generator), GrowingDiscriminator(1, discriminator)


@dataclass
class Recipe:
    """How a model is trained."""

    latent_size: int
    objective: str
    """cross-entropy, hinge or wasserstein"""
    generator_optimizer: dict
    discriminator_optimizer: dict
    discriminator_updates: int = 1
    penalty_weight: float = 0
    drift: float = 0
    weight_limit: float | None = None
    judges_apart: bool = False
    """Whether real and generated images go through the discriminator apart."""
    draws_fresh_latents: bool = True


def adam(rate, beta1, beta2):
    return {"lr": rate, "betas": (float(beta1), beta2), "eps": 1e-8}


def both(options):
    return {"generator_optimizer": options, "discriminator_optimizer": options}


RECIPES = {
    "gan": Recipe(100, "cross-entropy", **both(adam(2e-4, 0.5, 0.999))),
    # 5 updates are usual; the schedule that gan-dist has makes 100 in the first steps.
    "wgan": Recipe(
        100, "wasserstein", **both({"lr": 5e-5}), discriminator_updates=5, weight_limit=0.01,
        judges_apart=True,
    ),
    "wgan-gp": Recipe(
        128, "wasserstein", **both(adam(1e-4, 0, 0.9)), discriminator_updates=5, penalty_weight=10
    ),
    "sngan": Recipe(128, "hinge", **both(adam(2e-4, 0.5, 0.999))),
    "sngan-resnet": Recipe(128, "hinge", **both(adam(2e-4, 0, 0.9)), discriminator_updates=5),
    "sagan": Recipe(
        128, "hinge", generator_optimizer=adam(1e-4, 0, 0.9),
        discriminator_optimizer=adam(4e-4, 0, 0.9),
    ),
    "pggan": Recipe(
        128, "wasserstein", **both(adam(1e-3, 0, 0.99)), penalty_weight=10, drift=1e-3,
        judges_apart=True,
    ),
    "portrait": Recipe(
        128, "hinge", **both(adam(2e-4, 0.5, 0.999)), judges_apart=True, draws_fresh_latents=False
    ),
}  # fmt: skip


def make_optimizer(network, options, **more):
    """Adam, or without its betas RMSprop."""
    kind = torch.optim.Adam if "betas" in options else torch.optim.RMSprop
    return kind(network.parameters(), **options, **more)


def make_rival(model, image_size=64, feature_maps=64, latent_size=None):
    """The generator and the discriminator of a model of `RECIPES`."""
    latent_size = latent_size or RECIPES[model].latent_size
    sizes = (image_size, feature_maps)
    if model == "pggan":
        return make_pggan(*sizes, latent_size)
    if model == "portrait":
        return make_portrait(*sizes, latent_size)
    if model == "gan":
        return Perceptron(*sizes, latent_size), MaxoutNetwork(*sizes)
    if model == "sngan":
        return StackedGenerator(*sizes, latent_size), StackedDiscriminator(*sizes)
    if model in ("sngan-resnet", "sagan"):
        has_attention = model == "sagan"
        return (
            ResidualGenerator(*sizes, latent_size, has_attention),
            ResidualDiscriminator(*sizes, has_attention),
        )
    generator = DCGANGenerator(*sizes, latent_size)
    return generator, DCGANDiscriminator(*sizes, normalizes_layers=model == "wgan-gp")


def discriminator_loss(recipe, real_logits, fake_logits):
    """Without the penalty."""
    if recipe.objective == "hinge":
        return functional.relu(1 - real_logits).mean() + functional.relu(1 + fake_logits).mean()
    if recipe.objective == "cross-entropy":
        return functional.softplus(-real_logits).mean() + functional.softplus(fake_logits).mean()
    drift = recipe.drift * real_logits.square().mean()
    return fake_logits.mean() - real_logits.mean() + drift


def slope_penalty(recipe, discriminator, reals, fakes, places):
    """Gulrajani et al.'s, on images between `fakes` and `reals` at `places`, [batch]."""
    between = fakes + places[:, None, None, None] * (reals - fakes)
    between.requires_grad_()
    logits = discriminator(between).sum()
    (slopes,) = torch.autograd.grad(logits, between, create_graph=True)
    lengths = (slopes.flatten(1).square().sum(1) + 1e-12).sqrt()
    return recipe.penalty_weight * (lengths - 1).square().mean()


def generator_loss(recipe, fake_logits):
    if recipe.objective == "cross-entropy":
        return functional.softplus(-fake_logits).mean()
    return -fake_logits.mean()
