#!/usr/bin/env python3
"""Runs Ganymede and PyTorch on the same work, turn and turn about, and prints the table of the ratios.

    python3 bench/compare.py --ganymede target/release/ganymede --python python3 --rounds 5
    python3 bench/compare.py --work infogan28/non-saturating --work infogan28/sample --rounds 3 --compile

Every measurement is a process of its own. A round runs each side once, so that all sides meet the same neighbours; the
figure of a side is the median of its rounds, and of the tuned variants the fastest one counts. On a machine with other
work the table means nothing: PyTorch's threads wait for each other by spinning, and lose far more than they should. Needs
only the standard library; the interpreter named by --python needs PyTorch.
"""

import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time

PYTORCH = pathlib.Path(__file__).resolve().parent / "pytorch"


class Work:
    """One row of the table: what both sides are asked to do, and the ratios to reach against usual and tuned."""

    def __init__(self, name, ganymede, pytorch, usual, tuned, field="median_ms", unit="ms"):
        self.name, self.ganymede, self.pytorch, self.field, self.unit = name, ganymede, pytorch, field, unit
        self.targets = {"usual": usual, "tuned": tuned}


def step(network, objective, penalty, usual, tuned):
    name = network + "/" + objective + ("" if penalty == "none" else "+" + penalty)
    options = ["--network", network, "--objective", objective, "--penalty", penalty]
    return Work(name, ["step", *options], ["steps.py", *options], usual, tuned)


def residual(size, usual, tuned):
    """A step of the residual pair as it is meant to be trained."""
    options = ["--objective", "relativistic", "--penalty", "r1+r2", "--batch", "32"]
    ours = ["step", "--network", "r3gan", "--size", str(size), *options]
    theirs = ["steps.py", "--network", f"r3gan{size}", *options]
    return Work(f"r3gan{size}/relativistic+r1+r2", ours, theirs, usual, tuned)


def sample(network, field, name, usual, tuned):
    options = ["--network", network]
    return Work(f"{network}/{name}", ["sample", *options], ["sample.py", *options], usual, tuned, field)


WORKS = [
    step("infogan28", "non-saturating", "none", 0.50, 0.85),
    step("infogan28", "wasserstein", "wgan-gp", 0.55, 0.75),
    step("infogan28", "non-saturating", "r1", 0.55, 0.75),
    step("small28", "non-saturating", "none", 0.55, 0.85),
    step("dcgan32", "non-saturating", "none", 0.55, 0.85),
    step("mlp", "non-saturating", "none", 0.40, 0.50),
    residual(32, 0.85, 0.85),
    residual(64, 0.85, 0.85),
    sample("infogan28", "median_ms", "sample", 0.80, 0.80),
    sample("infogan28", "one_image.median_ms", "one-image", 0.50, 0.50),
]
MEMORY_TARGET = 0.30
ROOFLINE_TARGET = 0.80


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ganymede", default="target/release/ganymede", help="the binary")
    parser.add_argument("--python", default=sys.executable, help="an interpreter that has PyTorch")
    parser.add_argument("--work", action="append", metavar="NAME", help="one of: " + ", ".join(w.name for w in WORKS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=20, help="steps timed in a round, after 5 that are not")
    parser.add_argument("--images", type=int, default=10_000, help="images of a sampling round")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu", help="cpu or cuda:N, for both sides")
    parser.add_argument("--compile", action="store_true", help="also try the tuned variants under torch.compile")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("bench-results"),
                        help="results go to OUT.json and OUT.md")
    return parser.parse_args()


def commands(work, args):
    """The sides by name, each a command line. Several tuned ones compete."""
    is_step = work.pytorch[0] == "steps.py"
    amount = ["--steps", str(args.steps)] if is_step else ["--images", str(args.images), "--rounds", "1"]
    common = ["--threads", str(args.threads), "--device", args.device]
    python = [args.python, str(PYTORCH / work.pytorch[0]), *work.pytorch[1:], *amount, *common]
    sides = {
        "ganymede": [args.ganymede, "bench", *work.ganymede, *amount, "--device", args.device, "--json"],
        "usual": [*python, "--variant", "usual"],
        "tuned": [*python, "--variant", "tuned"],
        "tuned channels_last": [*python, "--variant", "tuned", "--channels-last"],
    }
    if work.pytorch[2] == "mlp":
        del sides["tuned channels_last"]
    if args.compile:
        sides["tuned compiled"] = [*python, "--variant", "tuned", "--compile"]
    if args.device.startswith("cuda"):
        layout = [] if work.pytorch[2] == "mlp" else ["--channels-last"]
        if is_step:
            sides["tuned CUDA graph"] = [*python, "--variant", "tuned", *layout, "--cuda-graph"]
        sides["tuned compiled CUDA graphs"] = [*python, "--variant", "tuned", *layout, "--compile", "reduce-overhead"]
    return sides


def run(command, threads):
    """The line of JSON that the command prints last, and how busy the machine was before."""
    others = busy()
    environment = {**os.environ, "RAYON_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode != 0 or not lines:
        sys.exit(f"{' '.join(command)}\nended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return {**json.loads(lines[-1]), "busy": others}


def busy():
    """The part of all processors' time that others use at the moment, where the system says; None elsewhere."""
    def ticks():
        numbers = [int(n) for n in read("/proc/stat").partition("\n")[0].split()[1:]]
        return sum(numbers[:8]), sum(numbers[3:5])  # all; idle and waiting for disks

    before = ticks()
    time.sleep(0.5)
    after = ticks()
    passed = after[0] - before[0]
    return 1 - (after[1] - before[1]) / passed if passed else None


def field(result, path):
    for name in path.split("."):
        result = result[name]
    return result


def peak_mib(result):
    if "peak_resident_mib" in result:
        return result["peak_resident_mib"]
    peak = result.get("peak_resident")
    return peak / 2**20 if peak else None


def summarize(work, results):
    """One row: the median of each side, the fastest tuned one, the ratios."""
    medians = {side: statistics.median(field(r, work.field) for r in rounds) for side, rounds in results.items()}
    tuned = min((side for side in medians if side.startswith("tuned")), key=medians.get)
    row = {"work": work.name, "unit": work.unit, "medians": medians, "tuned": tuned, "ratios": {}}
    for against, side in [("usual", "usual"), ("tuned", tuned)]:
        ratio, target = medians["ganymede"] / medians[side], work.targets[against]
        row["ratios"][against] = {"ratio": ratio, "target": target, "reached": ratio <= target}
    if work.pytorch[0] != "steps.py":
        return {**row, "peak_mib": None}
    peaks = {side: max((peak_mib(r) or 0.0) for r in results[side]) for side in ["ganymede", "usual", tuned]}
    row["peak_mib"] = {"ganymede": peaks["ganymede"], "usual": peaks["usual"], "tuned": peaks[tuned]}
    idle = [r["imported_resident_mib"] for r in results["usual"] if "imported_resident_mib" in r]
    row["imported_mib"] = max(idle, default=None)
    shares = [r["roofline_share"] for r in results["ganymede"] if r.get("roofline_share")]
    row["roofline_share"] = statistics.median(shares) if shares else None
    rates = [r["roofline"] for r in results["ganymede"] if r.get("roofline")]
    row["roofline_gfs"] = statistics.median(rates) / 1e9 if rates else None
    return row


def mark(reached):
    return "yes" if reached else "NO"


def table(rows, machine):
    lines = [", ".join(f"{name} {value}" for name, value in machine.items() if value), ""]
    lines += ["| work | Ganymede | PyTorch usual | PyTorch tuned | ours / usual (target) | ours / tuned (target) |",
              "|---|---|---|---|---|---|"]
    for row in rows:
        times = row["medians"]
        cells = [row["work"], f"{times['ganymede']:.2f} {row['unit']}", f"{times['usual']:.2f} {row['unit']}",
                 f"{times[row['tuned']]:.2f} {row['unit']} ({row['tuned'].removeprefix('tuned').strip() or 'eager'})"]
        for against in ["usual", "tuned"]:
            r = row["ratios"][against]
            cells.append(f"{r['ratio']:.2f} (<= {r['target']:.2f}: {mark(r['reached'])})")
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["", "| work | peak memory, Ganymede | usual | tuned | of these after `import torch` | ours / usual (target) "
              "| roofline share (target) | roofline |", "|---|---|---|---|---|---|---|---|"]
    for row in (row for row in rows if row["peak_mib"]):
        peak, share = row["peak_mib"], row["roofline_share"]
        ratio = peak["ganymede"] / peak["usual"]
        imported = f"{row['imported_mib']:.0f} MiB" if row["imported_mib"] else "-"
        cells = [row["work"], *(f"{peak[side]:.0f} MiB" for side in ["ganymede", "usual", "tuned"]), imported,
                 f"{ratio:.2f} (<= {MEMORY_TARGET:.2f}: {mark(ratio <= MEMORY_TARGET)})",
                 f"{share:.0%} (>= {ROOFLINE_TARGET:.0%}: {mark(share >= ROOFLINE_TARGET)})" if share else "-",
                 f"{row['roofline_gfs']:.0f} GF/s" if row["roofline_gfs"] else "-"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def machine(args, results):
    """What the table was made on."""
    info = read("/proc/cpuinfo").splitlines()
    names = [line.split(":", 1)[1].strip() for line in info if line.startswith("model name")]
    first = {side: next(r for r in results if r["side"].startswith(side)) for side in ["ganymede", "pytorch"]}
    waits = [r["busy"] for r in results if r["busy"] is not None]
    others = f"{statistics.median(waits):.0%} (at most {max(waits):.0%})" if waits else None
    return {"date": time.strftime("%Y-%m-%d"), "processor": names[0] if names else platform.processor(),
            "processors": os.cpu_count(), "threads": args.threads, "device": first["pytorch"]["device"],
            "PyTorch": first["pytorch"]["torch"], "Ganymede": first["ganymede"]["version"], "rounds": args.rounds,
            "busy with other work": others}


def read(path):
    try:
        return pathlib.Path(path).read_text(encoding="utf-8")
    except OSError:
        return ""


def main():
    args = arguments()
    names = args.work or [work.name for work in WORKS]
    unknown = set(names) - {work.name for work in WORKS}
    if unknown or args.rounds < 1:
        sys.exit(f"unknown work {', '.join(sorted(unknown))}; known: {', '.join(w.name for w in WORKS)}"
                 if unknown else "--rounds: at least 1")
    rows, everything, measured = [], {}, {}
    for work in (work for work in WORKS if work.name in names):
        sides = commands(work, args)
        results = {side: [] for side in sides}
        for number in range(args.rounds):
            for side, command in sides.items():
                # one command gives the numbers of two rows: many samples, and one
                key = (*command, number)
                if key not in measured:
                    measured[key] = run(command, args.threads)
                results[side].append(measured[key])
                print(f"{work.name} round {number + 1}/{args.rounds} {side}: "
                      f"{field(results[side][-1], work.field):.2f} {work.unit}", file=sys.stderr, flush=True)
        rows.append(summarize(work, results))
        everything[work.name] = results
    said = machine(args, [result for results in everything.values() for rounds in results.values() for result in rounds])
    text = table(rows, said)
    args.out.with_suffix(".md").write_text(text, encoding="utf-8")
    args.out.with_suffix(".json").write_text(
        json.dumps({"machine": said, "rows": rows, "results": everything}, indent=1) + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
