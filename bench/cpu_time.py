#!/usr/bin/env python3
"""The processor time of one training step on one thread, ours and PyTorch's: for machines that have other work to do.

    python3 bench/cpu_time.py --ganymede target/release/ganymede --python python3 --work small28 --work mlp

Other processes take a step's time but not its processor time, so these numbers can be compared where those of compare.py
cannot. They say nothing of how well the threads share the work. A side runs twice, with few steps and with many; the
difference is that of the steps alone. Needs only the standard library; the interpreter named by --python needs PyTorch.
"""

import argparse
import os
import pathlib
import resource
import subprocess
import sys

PYTORCH = pathlib.Path(__file__).resolve().parent / "pytorch" / "steps.py"
# few steps and many, so that the difference takes a second or more
STEPS = {"mlp": (10, 810), "small28": (2, 32), "infogan28": (2, 12), "dcgan32": (1, 7)}
PENALTIES = {"none": "non-saturating", "r1": "non-saturating", "wgan-gp": "wasserstein"}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ganymede", action="append", help="the binary, or several to compare")
    parser.add_argument("--python", default=sys.executable, help="an interpreter that has PyTorch")
    parser.add_argument("--work", action="append", metavar="NETWORK[+PENALTY]", help="all networks where not given")
    return parser.parse_args()


def processor_seconds(command):
    """Of the command, outside the kernel: what that does is to clear pages at the start, which differs between runs."""
    environment = {**os.environ, "RAYON_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\nended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return after.ru_utime - before.ru_utime


def step(command, few, many):
    """Milliseconds of one step."""
    seconds = [processor_seconds([*command, "--steps", "1", "--warmup", str(steps)]) for steps in (few, many)]
    return (seconds[1] - seconds[0]) / (many - few) * 1e3


def main():
    args = arguments()
    for work in args.work or STEPS:
        network, _, penalty = work.partition("+")
        penalty = penalty or "none"
        if network not in STEPS or penalty not in PENALTIES:
            sys.exit(f"unknown work {work}; networks: {', '.join(STEPS)}; penalties: {', '.join(PENALTIES)}")
        options = ["--network", network, "--objective", PENALTIES[penalty], "--penalty", penalty]
        python = [args.python, str(PYTORCH), *options, "--threads", "1"]
        binaries = args.ganymede or ["target/release/ganymede"]
        sides = {binary: [binary, "bench", "step", *options] for binary in binaries}
        sides |= {"usual": [*python, "--variant", "usual"], "tuned": [*python, "--variant", "tuned"]}
        if network != "mlp":
            sides["tuned channels_last"] = [*python, "--variant", "tuned", "--channels-last"]
        for side, command in sides.items():
            print(f"{work:<20} {side:<30} {step(command, *STEPS[network]):8.2f} ms", flush=True)


if __name__ == "__main__":
    main()
