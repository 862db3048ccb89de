"""Sampling in PyTorch, timed: many images in batches, and the latency of one image.

    usual   eval mode, no_grad
    tuned   inference_mode; on request channels_last and torch.compile
"""

import torch

import measure
from nets import NETS


def main():
    parser = measure.arguments(__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3, help="how often all images are drawn")
    parser.add_argument("--singles", type=int, default=200, help="how often one image is drawn")
    args = parser.parse_args()
    device = measure.set_up(args)
    net = NETS[args.network]()
    batch = args.batch or 64
    generator = net.generator.to(device).eval()
    if args.channels_last:
        generator.to(memory_format=torch.channels_last)
    forward = torch.compile(generator, mode=args.compile) if args.compile else generator
    without_graph = torch.inference_mode if args.variant == "tuned" else torch.no_grad

    def sample(n):
        with without_graph(), torch.autocast(device.type, torch.bfloat16, enabled=args.precision == "bf16"):
            return forward(torch.randn(n, net.latent, device=device)).float().cpu()

    def sample_all():
        return torch.cat([sample(min(batch, args.images - start)) for start in range(0, args.images, batch)])

    for n in [batch, args.images % batch or batch, 1] * 3:
        sample(n)
    singles = measure.times(lambda: sample(1), device, args.singles)
    seconds = measure.times(sample_all, device, args.rounds)
    numbers = measure.summary(seconds)
    measure.report(args, device, task="sample", batch=batch, images=args.images, **numbers,
                   images_per_second=args.images / (numbers["median_ms"] / 1e3),
                   one_image=measure.summary(singles))


if __name__ == "__main__":
    main()
