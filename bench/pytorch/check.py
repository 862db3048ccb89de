"""Shows that the variants are the same step: from the same weights and draws their losses agree for some steps.

    python3 check.py            usual against tuned, for every network, objective and penalty
    python3 check.py --compile  usual against tuned under torch.compile, which takes minutes
"""

import argparse
import sys
import types

import torch

from nets import NETS
from steps import Game, tuned_step_of, usual_step

GAMES = [("non-saturating", "none"), ("wasserstein", "none"), ("non-saturating", "r1"), ("wasserstein", "wgan-gp"),
         ("relativistic", "r1+r2")]
STEPS, BATCH, TOLERANCE = 3, 8, 1e-3


def losses(network, objective, penalty, variant, compile_mode=None):
    torch.manual_seed(0)
    net, device = NETS[network](), torch.device("cpu")
    args = types.SimpleNamespace(objective=objective, penalty=penalty, variant=variant, channels_last=False,
                                 cuda_graph=False, precision="fp32")
    game = Game(net, args, device)
    step = tuned_step_of(game, compile_mode) if variant == "tuned" else lambda real: usual_step(game, real)
    data = torch.rand(STEPS, BATCH, *net.shape) * 2 - 1
    return torch.tensor([[float(loss) for loss in step(real.clone())] for real in data])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--network", action="append", choices=NETS)
    args = parser.parse_args()
    torch.set_num_threads(2)
    failed = False
    for network in args.network or NETS:
        for objective, penalty in GAMES:
            usual = losses(network, objective, penalty, "usual")
            tuned = losses(network, objective, penalty, "tuned", "default" if args.compile else None)
            apart = ((usual - tuned).abs() / (1 + usual.abs())).max().item()
            failed |= not apart <= TOLERANCE
            print(f"{network} {objective} {penalty}: {apart:.1e} apart after {STEPS} steps", flush=True)
    sys.exit("the variants are not the same step" if failed else None)


if __name__ == "__main__":
    main()
