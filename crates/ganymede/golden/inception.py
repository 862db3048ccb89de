"""Golden features of the FID's Inception network, from pytorch-fid's own.

    pip install torch torchvision pytorch-fid torch-fidelity safetensors
    python inception.py inception-2015-12-05-mixed6e.safetensors     # writes inception.json beside this file

The layers are pytorch-fid's, with the folded weights of the given file and batch normalisation set to the identity; the
resize is torch-fidelity's. The second half runs the whole network, 2048 features, on weights made by a formula: it checks
the layers that the file lacks.
"""

import json
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F
from pytorch_fid.inception import FIDInceptionA, FIDInceptionC, FIDInceptionE_1, FIDInceptionE_2
from safetensors.torch import load_file
from torch import nn
from torch_fidelity.interpolate_compat_tensorflow import interpolate_bilinear_2d_like_tensorflow1x
from torchvision.models.inception import BasicConv2d, InceptionB, InceptionD

EPSILON = 0.001


def network():
    pool = lambda: nn.MaxPool2d(3, 2)
    return nn.ModuleDict({
        "Conv2d_1a_3x3": BasicConv2d(3, 32, kernel_size=3, stride=2),
        "Conv2d_2a_3x3": BasicConv2d(32, 32, kernel_size=3),
        "Conv2d_2b_3x3": BasicConv2d(32, 64, kernel_size=3, padding=1), "pool64": pool(),
        "Conv2d_3b_1x1": BasicConv2d(64, 80, kernel_size=1),
        "Conv2d_4a_3x3": BasicConv2d(80, 192, kernel_size=3), "pool192": pool(),
        "Mixed_5b": FIDInceptionA(192, 32), "Mixed_5c": FIDInceptionA(256, 64), "Mixed_5d": FIDInceptionA(288, 64),
        "Mixed_6a": InceptionB(288), "Mixed_6b": FIDInceptionC(768, 128), "Mixed_6c": FIDInceptionC(768, 160),
        "Mixed_6d": FIDInceptionC(768, 160), "Mixed_6e": FIDInceptionC(768, 192),
        "Mixed_7a": InceptionD(768), "Mixed_7b": FIDInceptionE_1(1280), "Mixed_7c": FIDInceptionE_2(2048),
    }).eval()


TAPS = {"pool64": "64", "pool192": "192", "Mixed_6e": "768", "Mixed_7c": "2048"}


def set_folded(net, folded):
    """Sets every convolution that `folded(name, shape)` has a weight and a bias for."""
    for name, module in net.named_modules():
        if isinstance(module, BasicConv2d) and (found := folded(name, tuple(module.conv.weight.shape))):
            module.conv.weight.data, module.bn.bias.data = found
            module.bn.weight.data.fill_(1)
            module.bn.running_mean.fill_(0)
            module.bn.running_var.fill_(1 - EPSILON)


def by_formula(name, shape):
    """Weights that any language can make: a hash of the index and the layer's size, uniform, with He's variance."""
    fan_in = int(np.prod(shape[1:]))

    def uniform(count, salt):
        h = (np.arange(count, dtype=np.uint64) + salt * 1000003 + int(np.prod(shape))) * np.uint64(2654435761)
        h &= 0xFFFFFFFF
        h = ((h ^ (h >> 15)) * 2246822519) & 0xFFFFFFFF
        h = ((h ^ (h >> 13)) * 3266489917) & 0xFFFFFFFF
        h ^= h >> 16
        return h.astype(np.float64) / 2**32 * 2 - 1

    weight = uniform(int(np.prod(shape)), 1) * (6 / fan_in) ** 0.5
    return torch.tensor(weight.reshape(shape), dtype=torch.float32), torch.tensor(0.1 * uniform(shape[0], 2), dtype=torch.float32)


def image(height, width):
    y, x, c = np.mgrid[0:height, 0:width, 0:3]
    return ((x * x * 3 + y * 7 * (c + 1) + x * y * (2 - c)) % 256).astype(np.uint8)


def features(net, pixels, taps):
    x = torch.from_numpy(pixels).permute(2, 0, 1)[None].float()
    x = interpolate_bilinear_2d_like_tensorflow1x(x, size=(299, 299), align_corners=False)
    x = (x - 128) / 128
    found = {}
    with torch.no_grad():
        for name, layer in net.items():
            x = layer(x)
            if name in TAPS:
                found[TAPS[name]] = F.adaptive_avg_pool2d(x, 1).flatten().tolist()
                if len(found) == taps:
                    break
    return found


net = network()
weights = load_file(sys.argv[1])
set_folded(net, lambda name, _: (weights[f"{name}.weight"], weights[f"{name}.bias"]) if f"{name}.weight" in weights else None)
small, large = features(net, image(32, 32), 3), features(net, image(61, 47), 3)
set_folded(net, by_formula)
formula = features(net, image(32, 32), 4)["2048"]
shapes = {
    name: tuple(module.conv.weight.shape) for name, module in net.named_modules() if isinstance(module, BasicConv2d)
}
rounded = lambda values: [float(f"{value:.8g}") for value in values]
golden = {
    "small_64": rounded(small["64"]), "small_192": rounded(small["192"]), "small_768": rounded(small["768"]),
    "large_768": rounded(large["768"]), "formula_2048": rounded(formula),
    "shapes": shapes,
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(golden))
print({key: values[:3] for key, values in golden.items() if key != "shapes"})
