"""The VAE of `ganymede train --model vae --likelihood bernoulli`, in PyTorch: the same networks, initial scale, optimizer,
budget, data and estimators, for the two bounds beside Ganymede's.

    python vae.py --data DIR --seed 0 --steps 1500 --iwae 500 --n 200

prints one line of JSON: elbo and iwae in nats a sample, of `n` test images evenly spread over the test set, as
`ganymede evaluate RUN --iwae 500 --n 200` takes them.
"""

import argparse
import gzip
import json
import math
import pathlib
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from nets import NETS

LATENT = 64


def images(folder, part):
    """The images of one part of an MNIST-like set, in [-1, 1]."""
    with gzip.open(pathlib.Path(folder) / f"{part}-images-idx3-ubyte.gz") as file:
        data = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 1, 28, 28)
    return torch.from_numpy(data.astype(np.float32) / 127.5 - 1)


def networks(name):
    """The decoder without its tanh, and the encoder that mirrors it, with weights from N(0, 0.02^2)."""
    net = NETS[name]()
    decoder = nn.Sequential(*list(net.generator)[:-1])
    body = list(net.discriminator)
    encoder = nn.Sequential(*body[:-1], nn.Linear(body[-1].in_features, 2 * LATENT))
    for layer in [*decoder.modules(), *encoder.modules()]:
        if isinstance(layer, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(layer.weight, std=0.02)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return decoder, encoder


def log_likelihood(decoder, x, z):
    """Bernoulli, with grey values as probabilities: t l - softplus(l), l = 2 a."""
    logits = 2 * decoder(z)
    return (0.5 * (x + 1) * logits - F.softplus(logits)).flatten(1).sum(1)


def train(decoder, encoder, data, args):
    optimizer = torch.optim.Adam([*decoder.parameters(), *encoder.parameters()], lr=1e-3, betas=(0.9, 0.999))
    order = torch.randperm(len(data))
    for step in range(args.steps):
        places = torch.arange(step * args.batch, (step + 1) * args.batch) % len(data)
        x = data[order[places]]
        mean, log_variance = encoder(x).chunk(2, 1)
        z = mean + (log_variance / 2).exp() * torch.randn_like(mean)
        divergence = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(1)
        loss = (divergence - log_likelihood(decoder, x, z)).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        if (step + 1) % 100 == 0:
            print(f"step {step + 1}: elbo {-loss.item():.2f}", flush=True)


@torch.no_grad()
def bounds(decoder, encoder, data, k, chunk=250):
    """ELBO and importance-weighted bound of every image, running statistics in the decoder's batch norms."""
    decoder.eval()
    encoder.eval()
    elbos, iwaes = [], []
    for x in data.split(1):
        mean, log_variance = encoder(x).chunk(2, 1)
        weights = []
        for first in range(0, k, chunk):
            n = min(chunk, k - first)
            eps = torch.randn(n, LATENT)
            z = mean + (log_variance / 2).exp() * eps
            ratio = (eps**2 - z**2).sum(1) / 2 + log_variance.sum() / 2
            weights.append((log_likelihood(decoder, x.expand(n, -1, -1, -1), z) + ratio).double())
        weights = torch.cat(weights)
        elbos.append(weights.mean())
        iwaes.append(torch.logsumexp(weights, 0) - math.log(k))
    return torch.stack(elbos).mean().item(), torch.stack(iwaes).mean().item()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="the folder of the four IDX files")
    parser.add_argument("--network", choices=["infogan28", "small28"], default="infogan28")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--iwae", type=int, default=500)
    parser.add_argument("--n", type=int, default=200)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    decoder, encoder = networks(args.network)
    started = time.time()
    train(decoder, encoder, images(args.data, "train"), args)
    trained = time.time() - started
    test = images(args.data, "t10k")
    spread = torch.tensor([i * len(test) // args.n for i in range(args.n)])
    elbo, iwae = bounds(decoder, encoder, test[spread], args.iwae)
    print(json.dumps({"seed": args.seed, "steps": args.steps, "elbo": elbo, "iwae": iwae, "k": args.iwae, "n": args.n,
                      "train_seconds": round(trained, 1)}))


if __name__ == "__main__":
    main()
