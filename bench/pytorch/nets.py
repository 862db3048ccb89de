"""The networks of Ganymede as plain PyTorch modules: the same layers, sizes and activations.

G maps z [N, latent] to [N, C, H, W], D maps [N, C, H, W] to logits [N, 1]. A linear or convolution layer in front of batch
normalisation has no bias, which the normalisation would take away again.
"""

import torch.nn as nn


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


NETS = {"infogan28": infogan28, "small28": small28, "dcgan32": dcgan32, "mlp": mlp}
