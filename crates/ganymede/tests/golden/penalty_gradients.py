"""Gradient penalties and their parameter gradients by PyTorch's double backward, for tests/penalty_exactness.rs.

    python penalty_gradients.py        (needs torch; writes penalty_gradients.safetensors beside this file)

Weights and samples are rounded to float32, everything is computed from them in float64, and results are stored in float32.
Linear weights are stored [in, out], as Ganymede has them.
"""

import json
import math
import pathlib

import torch
from torch.nn.functional import conv2d, leaky_relu, silu

torch.manual_seed(2)
WEIGHT = 10.0


def he(*shape, fan_in):
    return (torch.randn(*shape) * math.sqrt(2 / fan_in)).double().requires_grad_()


def bias(size):
    return (torch.randn(size) * 0.1).double().requires_grad_()


def linear(x, parameters, name):
    return x @ parameters[f"{name}.weight"] + parameters[f"{name}.bias"]


def convolution(x, parameters, name):
    return conv2d(x, parameters[f"{name}.weight"], parameters[f"{name}.bias"], stride=2, padding=1)


def conv_parameters(a, b, width):
    return {
        "conv1.weight": he(a, 1, 4, 4, fan_in=16), "conv1.bias": bias(a),
        "conv2.weight": he(b, a, 4, 4, fan_in=16 * a), "conv2.bias": bias(b),
        "fc1.weight": he(49 * b, width, fan_in=49 * b), "fc1.bias": bias(width),
        "fc2.weight": he(width, 1, fan_in=width), "fc2.bias": bias(1),
    }


def conv_network(x, p):
    x = leaky_relu(convolution(x, p, "conv1"), 0.2)
    x = leaky_relu(convolution(x, p, "conv2"), 0.2).flatten(1)
    return linear(leaky_relu(linear(x, p, "fc1"), 0.2), p, "fc2")


def mlp_parameters(width):
    return {
        "fc1.weight": he(2, width, fan_in=2), "fc1.bias": bias(width),
        "fc2.weight": he(width, width, fan_in=width), "fc2.bias": bias(width),
        "fc3.weight": he(width, 1, fan_in=width), "fc3.bias": bias(1),
    }


def mlp_network(x, p):
    x = silu(linear(x.flatten(1), p, "fc1"))
    return linear(silu(linear(x, p, "fc2")) + x, p, "fc3")


def gradient_norm(network, p, x):
    x = x.clone().requires_grad_()
    (g,) = torch.autograd.grad(network(x, p).sum(), x, create_graph=True)
    return g.flatten(1).norm(dim=1)


def zero_centred(norm):
    return WEIGHT / 2 * norm.square().mean()


def one_centred(norm):
    return WEIGHT * (norm - 1).square().mean()


tensors = {}
for name, network, p, shape in [
    ("conv", conv_network, conv_parameters(4, 8, 16), (6, 1, 28, 28)),
    ("mlp", mlp_network, mlp_parameters(16), (8, 2, 1, 1)),
]:
    real, fake = (torch.randn(shape).double() for _ in range(2))
    u = torch.rand(shape[0], 1, 1, 1).double()
    between = (fake + u * (real - fake)).float().double()
    around = (real + 0.5 * real.std(correction=0) * torch.rand(shape).double()).float().double()
    for key, value in p.items():
        tensors[f"{name}.{key}"] = value
    for penalty, x, value_of in [
        ("r1", real, zero_centred), ("r2", fake, zero_centred),
        ("wgan-gp", between, one_centred), ("dragan", around, one_centred),
    ]:
        value = value_of(gradient_norm(network, p, x))
        gradients = torch.autograd.grad(value, list(p.values()), allow_unused=True)
        tensors[f"{name}.{penalty}.points"] = x
        tensors[f"{name}.{penalty}.value"] = value.reshape(1)
        for (key, parameter), gradient in zip(p.items(), gradients):
            tensors[f"{name}.{penalty}.gradient.{key}"] = torch.zeros_like(parameter) if gradient is None else gradient
        print(name, penalty, value.item())

header, data = {}, b""
for key, tensor in sorted(tensors.items()):
    raw = tensor.detach().float().contiguous().numpy().tobytes()
    header[key] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
    data += raw
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
path = pathlib.Path(__file__).with_suffix(".safetensors")
path.write_bytes(len(text).to_bytes(8, "little") + text + data)
