"""The networks of gan-dist's models in PyTorch.

They serve two purposes: the fixtures of the tests (`Tests/Fixtures/make_network_fixtures.py`)
and the speed comparison (`pytorch_step.py`). Parameter names are the ones gan-dist's
checkpoints use, so a checkpoint loads with `safetensors.torch.load_file`.

`dcgan`, the names of pytorch/examples, here at 64x64 pixels:
  generator      main.{0,3,6,9,12} transposed convolutions, main.{1,4,7,10} batch norms
  discriminator  main.{0,2,5,8,11} convolutions, main.{3,6,9} batch norms

`paper` (Keras semantics, see the classes), at 64x64 pixels only:
  generator      dense, blocks.{0..3}.conv, blocks.{0..3}.norm, output
  discriminator  blocks.{0..4}.conv, blocks.{1..4}.norm, head

The others are in `pytorch_rivals.py`.

All discriminators return logits, shape [batch]; all generators take latents [batch, latent size]
and return images [batch, 3, height, width], all but pggan's in -1...1.
"""

import math

from torch import nn
from torch.nn import functional

LATENT_SIZE = 100


def strided_widths(image_size, feature_maps):
    """The channels from 4x4 pixels up: 512, 256, 128, 64 for images of 64."""
    doublings = int(math.log2(image_size)) - 2
    return [feature_maps << doubling for doubling in reversed(range(doublings))]


class DCGANGenerator(nn.Module):
    """Transposed 4x4 convolutions: 1 -> 4 -> 8 -> 16 -> 32 -> 64 pixels."""

    def __init__(self, image_size=64, feature_maps=64, latent_size=LATENT_SIZE):
        super().__init__()
        layers, channels = [], latent_size
        for index, width in enumerate(strided_widths(image_size, feature_maps)):
            stride, padding = (1, 0) if index == 0 else (2, 1)
            layers += [
                nn.ConvTranspose2d(channels, width, 4, stride, padding, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(inplace=True),
            ]
            channels = width
        layers += [nn.ConvTranspose2d(channels, 3, 4, 2, 1, bias=False), nn.Tanh()]
        self.main = nn.Sequential(*layers)

    def forward(self, latents):
        return self.main(latents[:, :, None, None])


class DCGANDiscriminator(nn.Module):
    """4x4 convolutions: 64 -> 32 -> 16 -> 8 -> 4 -> 1 pixels.

    The critic of wgan-gp normalises each image's features by themselves.
    """

    def __init__(self, image_size=64, feature_maps=64, normalizes_layers=False):
        super().__init__()
        layers, channels = [], 3
        for index, width in enumerate(reversed(strided_widths(image_size, feature_maps))):
            layers.append(nn.Conv2d(channels, width, 4, 2, 1, bias=False))
            if index > 0:
                norm = nn.GroupNorm(1, width) if normalizes_layers else nn.BatchNorm2d(width)
                layers.append(norm)
            layers.append(nn.LeakyReLU(0.2, inplace=True))
            channels = width
        layers.append(nn.Conv2d(channels, 1, 4, 1, 0, bias=False))
        self.main = nn.Sequential(*layers)

    def forward(self, images):
        return self.main(images).view(-1)


class UpsamplingBlock(nn.Module):
    """Nearest x2, 3x3 convolution, batch norm, ReLU."""

    def __init__(self, channels, width):
        super().__init__()
        self.conv = nn.Conv2d(channels, width, 3, padding=1)
        self.norm = keras_batch_norm(width)

    def forward(self, features):
        features = functional.interpolate(features, scale_factor=2, mode="nearest")
        return functional.relu(self.norm(self.conv(features)))


class PaperGenerator(nn.Module):
    """Dense to 4x4x256, four upsampling blocks, a 3x3 convolution to RGB, tanh.

    Keras reshapes the dense output to [height, width, channels]: output unit
    (row * 4 + column) * 256 + channel.
    """

    def __init__(self):
        super().__init__()
        self.dense = nn.Linear(LATENT_SIZE, 4 * 4 * 256)
        widths = (256, 256, 256, 256, 128)
        self.blocks = nn.Sequential(*map(UpsamplingBlock, widths, widths[1:]))
        self.output = nn.Conv2d(128, 3, 3, padding=1)

    def forward(self, latents):
        features = functional.relu(self.dense(latents))
        features = features.view(-1, 4, 4, 256).permute(0, 3, 1, 2)
        return self.output(self.blocks(features)).tanh()


class DownsamplingBlock(nn.Module):
    """3x3 convolution with Keras's "same" padding, batch norm, leaky ReLU 0.2, dropout."""

    def __init__(self, channels, width, stride, norm, padded_to_odd, dropout):
        super().__init__()
        self.conv = nn.Conv2d(channels, width, 3, stride)
        if norm:
            self.norm = keras_batch_norm(width)
        self.padded_to_odd = padded_to_odd
        self.dropout = nn.Dropout(dropout)

    def forward(self, features):
        # Keras pads what the output size needs and puts the odd one after: 0 and 1 for
        # stride 2 on an even size, 1 and 1 for stride 2 on an odd size and for stride 1.
        before = 0 if self.conv.stride[0] == 2 and features.shape[-1] % 2 == 0 else 1
        features = self.conv(functional.pad(features, (before, 1, before, 1)))
        if self.padded_to_odd:
            features = functional.pad(features, (0, 1, 0, 1))
        if hasattr(self, "norm"):
            features = self.norm(features)
        return self.dropout(functional.leaky_relu(features, 0.2))


class PaperDiscriminator(nn.Module):
    """Five 3x3 convolutions, 64 -> 32 -> 16 (padded to 17) -> 9 -> 9 -> 9 pixels, and a dense head.

    Keras flattens [height, width, channels]: head input (row * 9 + column) * 512 + channel.
    """

    def __init__(self, dropout=0.25):
        super().__init__()
        self.blocks = nn.Sequential(
            DownsamplingBlock(3, 32, 2, False, False, dropout),
            DownsamplingBlock(32, 64, 2, True, True, dropout),
            DownsamplingBlock(64, 128, 2, True, False, dropout),
            DownsamplingBlock(128, 256, 1, True, False, dropout),
            DownsamplingBlock(256, 512, 1, True, False, dropout),
        )
        self.head = nn.Linear(9 * 9 * 512, 1)

    def forward(self, images):
        features = self.blocks(images).permute(0, 2, 3, 1).flatten(1)
        return self.head(features).view(-1)


def keras_batch_norm(width):
    """Keras's epsilon and momentum 0.8, which PyTorch counts the other way round."""
    return nn.BatchNorm2d(width, eps=1e-3, momentum=0.2)


def parameter_count(network, trainable_only=True):
    """Parameters as PyTorch counts them, or with the running statistics, as Keras does."""
    count = sum(parameter.numel() for parameter in network.parameters())
    if not trainable_only:
        count += sum(buffer.numel() for buffer in network.buffers() if buffer.dim() > 0)
    return count


def make_networks(model, dropout=0.25):
    """The generator and the discriminator of `dcgan` or `paper`, their sizes verified."""
    if model == "dcgan":
        generator, discriminator = DCGANGenerator(), DCGANDiscriminator()
        assert parameter_count(generator) == 3_576_704
        assert parameter_count(discriminator) == 2_765_568
    else:
        generator, discriminator = PaperGenerator(), PaperDiscriminator(dropout)
        assert parameter_count(generator) == 2_484_227
        assert parameter_count(generator, trainable_only=False) == 2_486_019
        assert parameter_count(discriminator) == 1_611_969
        assert parameter_count(discriminator, trainable_only=False) == 1_613_889
    return generator, discriminator
