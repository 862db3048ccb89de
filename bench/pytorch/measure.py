"""What the programs of this folder share: how they are called, how they measure, what they print."""

import argparse
import json
import resource
import statistics
import sys
import time

import torch

from nets import NETS

# what PyTorch's libraries take before anything is done with them
IMPORTED_RESIDENT = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def arguments(description):
    """A parser with the arguments that every program has."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--network", choices=NETS, default="infogan28")
    parser.add_argument("--variant", choices=["usual", "tuned"], default="usual")
    parser.add_argument("--batch", type=int, help="that of the network where not given")
    parser.add_argument("--device", default="cpu", help="cpu, cuda or cuda:N")
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32", help="bf16: autocast")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--channels-last", action="store_true", help="tuned: images and weights as NHWC in memory")
    parser.add_argument("--compile", nargs="?", const="default", metavar="MODE",
                        help="tuned: torch.compile in that mode (default, reduce-overhead, max-autotune)")
    return parser


def set_up(args):
    """Threads, device, seed; the precision of float32 products as PyTorch has it."""
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    device = torch.device(args.device)
    if device.type == "cuda":
        torch.backends.cudnn.benchmark = args.variant == "tuned"
    return device


def times(work, device, rounds, block=1):
    """Seconds of one call of `work`, once a round; a round is `block` calls, at the end of which the device is waited for."""
    def wait():
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    result = []
    for _ in range(rounds):
        wait()
        start = time.perf_counter()
        for _ in range(block):
            work()
        wait()
        result.append((time.perf_counter() - start) / block)
    return result


def summary(seconds):
    """Median and quartiles in milliseconds."""
    low, median, high = statistics.quantiles(seconds, n=4, method="inclusive") if len(seconds) > 1 else seconds * 3
    return {"median_ms": median * 1e3, "quartile_low_ms": low * 1e3, "quartile_high_ms": high * 1e3}


def peak_resident_mib():
    """The most memory that this process has held so far, in MiB."""
    return in_mib(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def in_mib(maxrss):
    return maxrss / 2**20 if sys.platform == "darwin" else maxrss / 2**10


def report(args, device, **numbers):
    """Prints one line of JSON."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
    line = {"side": f"pytorch {args.variant}", "network": args.network, "device": name, "precision": args.precision,
            "channels_last": args.channels_last, "compile": args.compile, "threads": args.threads,
            "torch": torch.__version__, **numbers, "imported_resident_mib": in_mib(IMPORTED_RESIDENT),
            "peak_resident_mib": peak_resident_mib()}
    if device.type == "cuda":
        line["peak_device_mib"] = torch.cuda.max_memory_allocated(device) / 2**20
    print(json.dumps(line), flush=True)
