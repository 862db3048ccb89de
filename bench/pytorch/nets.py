"""The networks of Ganymede as plain PyTorch modules: the same layers, sizes and activations.

G maps z [N, latent] to [N, C, H, W], D maps [N, C, H, W] to logits [N, 1]. A linear or convolution layer in front of batch
normalisation has no bias, which the normalisation would take away again.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F


class Net:
    """A pair of networks and what they work on."""

    def __init__(self, generator, discriminator, latent, shape, batch):
        self.generator, self.discriminator = generator, discriminator
        self.latent, self.shape, self.batch = latent, shape, batch


def infogan28():
    """The network of Lucic et al. 2018, without batch normalisation in D."""
    generator = nn.Sequential(
        nn.Linear(64, 1024, bias=False), nn.BatchNorm1d(1024), nn.ReLU(),
        nn.Linear(1024, 128 * 7 * 7, bias=False), nn.BatchNorm1d(128 * 7 * 7), nn.ReLU(),
        nn.Unflatten(1, (128, 7, 7)),
        nn.ConvTranspose2d(128, 64, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(64), nn.ReLU(),
        nn.ConvTranspose2d(64, 1, 4, stride=2, padding=1), nn.Tanh(),
    )
    discriminator = nn.Sequential(
        nn.Conv2d(1, 64, 4, stride=2, padding=1), nn.LeakyReLU(0.2),
        nn.Conv2d(64, 128, 4, stride=2, padding=1), nn.LeakyReLU(0.2),
        nn.Flatten(),
        nn.Linear(128 * 7 * 7, 1024), nn.LeakyReLU(0.2),
        nn.Linear(1024, 1),
    )
    return Net(generator, discriminator, 64, (1, 28, 28), 64)


def small28():
    """A small pair for 28x28 images."""
    generator = nn.Sequential(
        nn.Linear(64, 512, bias=False), nn.BatchNorm1d(512), nn.ReLU(),
        nn.Linear(512, 64 * 7 * 7, bias=False), nn.BatchNorm1d(64 * 7 * 7), nn.ReLU(),
        nn.Unflatten(1, (64, 7, 7)),
        nn.PixelShuffle(2), nn.Conv2d(16, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU(),
        nn.PixelShuffle(2), nn.Conv2d(8, 1, 3, padding=1), nn.Tanh(),
    )
    discriminator = nn.Sequential(
        nn.Conv2d(1, 32, 4, stride=2, padding=1), nn.LeakyReLU(0.2),
        nn.Conv2d(32, 64, 4, stride=2, padding=1), nn.LeakyReLU(0.2),
        nn.Flatten(),
        nn.Linear(64 * 7 * 7, 512), nn.LeakyReLU(0.2),
        nn.Linear(512, 1),
    )
    return Net(generator, discriminator, 64, (1, 28, 28), 64)


def dcgan32():
    """The DCGAN pair (Radford et al. 2016) for 32x32 RGB images."""
    generator = nn.Sequential(
        nn.Linear(128, 256 * 4 * 4, bias=False), nn.Unflatten(1, (256, 4, 4)), nn.BatchNorm2d(256), nn.ReLU(),
        nn.ConvTranspose2d(256, 128, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(128), nn.ReLU(),
        nn.ConvTranspose2d(128, 64, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(64), nn.ReLU(),
        nn.ConvTranspose2d(64, 3, 4, stride=2, padding=1), nn.Tanh(),
    )
    discriminator = nn.Sequential(
        nn.Conv2d(3, 64, 4, stride=2, padding=1), nn.LeakyReLU(0.2),
        nn.Conv2d(64, 128, 4, stride=2, padding=1), nn.LeakyReLU(0.2),
        nn.Conv2d(128, 256, 4, stride=2, padding=1), nn.LeakyReLU(0.2),
        nn.Flatten(),
        nn.Linear(256 * 4 * 4, 1),
    )
    return Net(generator, discriminator, 128, (3, 32, 32), 64)


def mlp():
    """Fully connected pair for points of the plane."""
    def layers(size_in, size_out, activation):
        hidden = [nn.Linear(size_in, 128), activation(), nn.Linear(128, 128), activation(),
                  nn.Linear(128, 128), activation()]
        return [*hidden, nn.Linear(128, size_out)]

    generator = nn.Sequential(*layers(2, 2, nn.ReLU), nn.Unflatten(1, (2, 1, 1)))
    discriminator = nn.Sequential(nn.Flatten(), *layers(2, 1, lambda: nn.LeakyReLU(0.2)))
    return Net(generator, discriminator, 2, (2, 1, 1), 256)


class GroupedBlock(nn.Module):
    """x + conv 1x1 (a(conv 3x3 in groups of 16 (a(conv 1x1 (x))))), twice as wide inside."""

    def __init__(self, channels):
        super().__init__()
        inside = 2 * channels
        self.body = nn.Sequential(
            nn.Conv2d(channels, inside, 1), nn.LeakyReLU(0.2),
            nn.Conv2d(inside, inside, 3, padding=1, groups=inside // 16), nn.LeakyReLU(0.2),
            nn.Conv2d(inside, channels, 1, bias=False),
        )

    def forward(self, x):
        return x + self.body(x)


class Resample(nn.Module):
    """Half or twice as large through the filter [1, 2, 1], depthwise."""

    def __init__(self, channels, up):
        super().__init__()
        f = torch.tensor([1.0, 2.0, 1.0]) / 4
        self.register_buffer("filter", (torch.outer(f, f) * (4 if up else 1)).repeat(channels, 1, 1, 1))
        self.up, self.channels = up, channels

    def forward(self, x):
        if self.up:
            return F.conv_transpose2d(x, self.filter, stride=2, padding=1, output_padding=1, groups=self.channels)
        return F.conv2d(x, self.filter, stride=2, padding=1, groups=self.channels)


class Basis(nn.Module):
    """A learnt weight a channel and pixel of the smallest stage: from features to pixels, or back."""

    def __init__(self, channels, rises):
        super().__init__()
        self.weight, self.rises = nn.Parameter(torch.randn(1, channels, 4, 4)), rises

    def forward(self, x):
        return x[:, :, None, None] * self.weight if self.rises else (x * self.weight).sum((2, 3))


def r3gan(size):
    """The residual pair of Huang et al. 2024 at its small capacity, for RGB images of that size."""
    sides = [4 * 2**k for k in range(size.bit_length() - 2)]
    width = {side: max(8, min(128, 32 * 32 // side)) for side in sides}

    def change(from_side, to_side):
        a, b = width[from_side], width[to_side]
        return [nn.Conv2d(a, b, 1, bias=False)] if a != b else []

    generator = [nn.Linear(64, width[4], bias=False), Basis(width[4], rises=True), GroupedBlock(width[4])]
    discriminator = [nn.Conv2d(3, width[size], 1, bias=False)]
    for small, large in zip(sides, sides[1:]):
        generator += [*change(small, large), Resample(width[large], up=True), GroupedBlock(width[large])]
    for large, small in zip(sides[::-1], sides[-2::-1]):
        discriminator += [GroupedBlock(width[large]), Resample(width[large], up=False), *change(large, small)]
    generator.append(nn.Conv2d(width[size], 3, 1, bias=False))
    discriminator += [GroupedBlock(width[4]), Basis(width[4], rises=False), nn.Linear(width[4], 1)]
    return Net(nn.Sequential(*generator), nn.Sequential(*discriminator), 64, (3, size, size), 32)


NETS = {"infogan28": infogan28, "small28": small28, "dcgan32": dcgan32, "mlp": mlp,
        "r3gan32": lambda: r3gan(32), "r3gan64": lambda: r3gan(64)}
