"""Writes first-layer-zip.pth and first-layer-legacy.pth: one layer of a network, in both formats of torch.save.

    pip install torch
    python first_layer.py
"""

import pathlib

import torch

layer = {
    "conv.weight": torch.arange(54, dtype=torch.float32).reshape(2, 3, 3, 3) / 54,
    "bn.weight": torch.tensor([1.0, 2.0]),
    "bn.bias": torch.tensor([0.5, 0.25]),
    "bn.running_mean": torch.tensor([0.1, 0.2]),
    "bn.running_var": torch.tensor([1.0, 4.0]),
    "bn.num_batches_tracked": torch.tensor(7),
}
state = {f"Conv2d_1a_3x3.{name}": tensor for name, tensor in layer.items()}
here = pathlib.Path(__file__).parent
torch.save(state, here / "first-layer-zip.pth")
torch.save(state, here / "first-layer-legacy.pth", _use_new_zipfile_serialization=False)
