"""FID-768 of two folders by the reference implementations: pytorch-fid's layers, torch-fidelity's resize.

    pip install torch torchvision pytorch-fid torch-fidelity safetensors
    python bench/pytorch/fid.py A B --weights inception-2015-12-05-mixed6e.safetensors [--batch 32]

Prints the distance and the images a second, to be held against `ganymede evaluate A B --features inception-768 --metrics fid`.
"""

import argparse
import json
import pathlib
import time

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from pytorch_fid.fid_score import calculate_frechet_distance
from pytorch_fid.inception import FIDInceptionA, FIDInceptionC
from safetensors.torch import load_file
from torch import nn
from torch_fidelity.interpolate_compat_tensorflow import interpolate_bilinear_2d_like_tensorflow1x
from torchvision.models.inception import BasicConv2d, InceptionB

EPSILON = 0.001


def network(weights):
    net = nn.Sequential(*(layers := {
        "Conv2d_1a_3x3": BasicConv2d(3, 32, kernel_size=3, stride=2),
        "Conv2d_2a_3x3": BasicConv2d(32, 32, kernel_size=3),
        "Conv2d_2b_3x3": BasicConv2d(32, 64, kernel_size=3, padding=1), "pool64": nn.MaxPool2d(3, 2),
        "Conv2d_3b_1x1": BasicConv2d(64, 80, kernel_size=1),
        "Conv2d_4a_3x3": BasicConv2d(80, 192, kernel_size=3), "pool192": nn.MaxPool2d(3, 2),
        "Mixed_5b": FIDInceptionA(192, 32), "Mixed_5c": FIDInceptionA(256, 64), "Mixed_5d": FIDInceptionA(288, 64),
        "Mixed_6a": InceptionB(288), "Mixed_6b": FIDInceptionC(768, 128), "Mixed_6c": FIDInceptionC(768, 160),
        "Mixed_6d": FIDInceptionC(768, 160), "Mixed_6e": FIDInceptionC(768, 192),
    }).values()).eval()
    for top, layer in layers.items():
        for name, module in layer.named_modules(prefix=top):
            if isinstance(module, BasicConv2d):
                module.conv.weight.data, module.bn.bias.data = weights[f"{name}.weight"], weights[f"{name}.bias"]
                module.bn.weight.data.fill_(1)
                module.bn.running_mean.fill_(0)
                module.bn.running_var.fill_(1 - EPSILON)
    return net


def features(net, folder, batch):
    paths = sorted(p for p in pathlib.Path(folder).rglob("*") if p.suffix.lower() in {".png", ".jpg", ".jpeg"})
    images = np.stack([np.asarray(Image.open(path).convert("RGB")) for path in paths])
    found, started = [], time.perf_counter()
    with torch.no_grad():
        for start in range(0, len(images), batch):
            x = torch.from_numpy(images[start:start + batch]).permute(0, 3, 1, 2).float()
            x = interpolate_bilinear_2d_like_tensorflow1x(x, size=(299, 299), align_corners=False)
            found.append(F.adaptive_avg_pool2d(net((x - 128) / 128), 1).flatten(1))
    return torch.cat(found).double().numpy(), len(images) / (time.perf_counter() - started)


parser = argparse.ArgumentParser()
parser.add_argument("a")
parser.add_argument("b")
parser.add_argument("--weights", required=True)
parser.add_argument("--batch", type=int, default=32)
arguments = parser.parse_args()
net = network(load_file(arguments.weights))
(a, speed_a), (b, speed_b) = (features(net, folder, arguments.batch) for folder in (arguments.a, arguments.b))
distance = calculate_frechet_distance(a.mean(0), np.cov(a, rowvar=False), b.mean(0), np.cov(b, rowvar=False))
print(json.dumps({"fid": float(distance), "counts": [len(a), len(b)], "images_per_second": [speed_a, speed_b]}))
