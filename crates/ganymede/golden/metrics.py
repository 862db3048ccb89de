"""Golden values of the metrics on features, from their reference implementations.

    pip install torch pytorch-fid torch-fidelity prdc pytorch-msssim
    python metrics.py            # writes metrics.json beside this file
"""

import contextlib
import io
import json
import pathlib

import numpy as np
import torch
from prdc import compute_prdc
from pytorch_fid.fid_score import calculate_frechet_distance
from pytorch_msssim import ms_ssim
from torch_fidelity.metric_kid import kid_features_to_metric
from torch_fidelity.metric_prc import prc_features_to_metric

COUNT, DIM = 96, 6
rng = np.random.RandomState(2026)
real = rng.randn(COUNT, DIM).astype(np.float32)
fake = (rng.randn(COUNT, DIM) @ (np.eye(DIM) + 0.3 * rng.randn(DIM, DIM)) + 0.4).astype(np.float32)


def fid(a, b):
    a, b = a.astype(np.float64), b.astype(np.float64)
    return calculate_frechet_distance(
        a.mean(axis=0), np.cov(a, rowvar=False), b.mean(axis=0), np.cov(b, rowvar=False)
    )


# a subset of the full size is a permutation: the estimate is then that from all pairs
kid = kid_features_to_metric(
    torch.from_numpy(fake.astype(np.float64)), torch.from_numpy(real.astype(np.float64)),
    kid_subsets=1, kid_subset_size=COUNT, verbose=False,
)["kernel_inception_distance_mean"]
prc = prc_features_to_metric(
    torch.from_numpy(fake.astype(np.float64)), torch.from_numpy(real.astype(np.float64)),
    prc_neighborhood=3, prc_batch_size=10000, save_cpu_ram=False, verbose=False,
)
with contextlib.redirect_stdout(io.StringIO()):
    prdc = compute_prdc(real_features=real, fake_features=fake, nearest_k=5)

# two images with odd sides, each channel a sum of waves
y, x = np.mgrid[0:177, 0:181]
first = np.stack([np.sin(0.11 * x + c) * np.cos(0.07 * y) for c in range(3)])
second = np.stack([np.sin(0.11 * x + c + 0.2) * np.cos(0.07 * y - 0.1) * 0.9 for c in range(3)])
to_torch = lambda image: torch.from_numpy((image[None] + 1) / 2)
similarity = ms_ssim(to_torch(first), to_torch(second), data_range=1.0).item()

golden = {
    "dim": DIM,
    "real": real.ravel().tolist(),
    "fake": fake.ravel().tolist(),
    "frechet": float(fid(real, fake)),
    "kid": float(kid),
    "precision_3": prc["precision"],
    "recall_3": prc["recall"],
    **{f"{name}_5": float(value) for name, value in prdc.items()},
    "ms_ssim": similarity,
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(golden))
print({key: value for key, value in golden.items() if key not in ("real", "fake")})
