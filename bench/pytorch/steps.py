"""One adversarial training step in PyTorch, timed: one update of D, one of G with latents of its own, the average of G.

    usual   as the step is usually written: default Adam, D not frozen in G's step, real and fake in passes of their own,
            a loss read back every step
    tuned   as an expert writes it: fused Adam, D frozen in G's step, real and fake in one pass where the penalty allows,
            softplus in place of targets of ones and zeros, the average in one call; on request channels_last,
            torch.compile, and on CUDA the whole step as one CUDA graph
"""

import copy
import sys

import torch
import torch.nn.functional as F

import measure
from nets import NETS

DATA = 4096
BETAS, RATE = (0.5, 0.999), 2e-4
AVERAGE_KEEP = 0.9956
LAMBDA, GAMMA = 10.0, 10.0


class Game:
    """Two players, their optimizers, and the average of the generator."""

    def __init__(self, net, args, device):
        self.objective, self.penalty, self.latent, self.device = args.objective, args.penalty, net.latent, device
        self.generator, self.discriminator = net.generator.to(device), net.discriminator.to(device)
        if args.channels_last:
            self.generator.to(memory_format=torch.channels_last)
            self.discriminator.to(memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.generator).requires_grad_(False)
        tuned = args.variant == "tuned"
        options = {"fused": True, "capturable": args.cuda_graph} if tuned else {}
        self.adam_g = torch.optim.Adam(self.generator.parameters(), RATE, BETAS, **options)
        self.adam_d = torch.optim.Adam(self.discriminator.parameters(), RATE, BETAS, **options)
        self.precision = lambda: torch.autocast(device.type, torch.bfloat16, enabled=args.precision == "bf16")

    def z(self, n):
        return torch.randn(n, self.latent, device=self.device)


# ---- as it is usually written ----

def usual_step(game, real):
    generator, discriminator = game.generator, game.discriminator
    n = len(real)
    ones, zeros = torch.ones(n, 1, device=game.device), torch.zeros(n, 1, device=game.device)
    with torch.no_grad(), game.precision():
        fake = generator(game.z(n)).float()

    game.adam_d.zero_grad()
    real.requires_grad_(game.penalty in ("r1", "r1+r2"))
    fake.requires_grad_(game.penalty == "r1+r2")
    with game.precision():
        real_logits, fake_logits = discriminator(real), discriminator(fake)
        if game.objective == "non-saturating":
            loss_d = F.binary_cross_entropy_with_logits(real_logits, ones)
            loss_d = loss_d + F.binary_cross_entropy_with_logits(fake_logits, zeros)
        elif game.objective == "relativistic":
            loss_d = F.softplus(-(real_logits - fake_logits)).mean()
        else:
            loss_d = fake_logits.mean() - real_logits.mean()
        if game.penalty in ("r1", "r1+r2"):
            loss_d = loss_d + GAMMA / 2 * squared_norm(input_gradient(real_logits, real)).mean()
        if game.penalty == "r1+r2":
            loss_d = loss_d + GAMMA / 2 * squared_norm(input_gradient(fake_logits, fake)).mean()
        elif game.penalty == "wgan-gp":
            x = between(real, fake).requires_grad_(True)
            norm = squared_norm(input_gradient(discriminator(x), x)).sqrt()
            loss_d = loss_d + LAMBDA * ((norm - 1) ** 2).mean()
    loss_d.backward()
    game.adam_d.step()

    game.adam_g.zero_grad()
    with game.precision():
        fake_logits = discriminator(generator(game.z(n)))
        if game.objective == "non-saturating":
            loss_g = F.binary_cross_entropy_with_logits(fake_logits, ones)
        elif game.objective == "relativistic":
            loss_g = F.softplus(-(fake_logits - discriminator(real.detach()))).mean()
        else:
            loss_g = -fake_logits.mean()
    loss_g.backward()
    game.adam_g.step()

    with torch.no_grad():
        for average, weight in zip(game.average.parameters(), game.generator.parameters()):
            average.lerp_(weight, 1 - AVERAGE_KEEP)
    return loss_d.item(), loss_g.item()


def between(real, fake):
    """A point of the segment between each real sample and its generated one, uniformly."""
    u = torch.rand(len(real), 1, 1, 1, device=real.device)
    return u * real.detach() + (1 - u) * fake


def input_gradient(logits, x):
    (gradient,) = torch.autograd.grad(logits.sum(), x, create_graph=True)
    return gradient


def squared_norm(gradient):
    return gradient.flatten(1).square().sum(1)


# ---- as an expert writes it ----

def tuned_step_of(game, compile_mode):
    """The step as a function of the real samples; the losses stay on the device."""
    generator, discriminator = game.generator, game.discriminator
    penalty_by_transform = compile_mode is not None  # torch.compile has no double backward, but it traces torch.func

    def generate(z):
        with torch.no_grad(), game.precision():
            return generator(z).float()

    def gradient_at(x):
        if penalty_by_transform:
            return torch.func.vjp(discriminator, x)
        x.requires_grad_(True)
        logits = discriminator(x)
        return logits, lambda ones: (input_gradient(logits, x),)

    def discriminator_loss(real, fake, x):
        with game.precision():
            if game.penalty == "r1":  # the penalty's logits at the real samples serve the loss too
                real_logits, pull = gradient_at(real)
                (gradient,) = pull(torch.ones_like(real_logits))
                fake_logits = discriminator(fake)
            elif game.penalty == "r1+r2":  # one pass, one double backward for both
                logits, pull = gradient_at(torch.cat([real, fake]))
                real_logits, fake_logits = logits.chunk(2)
                (gradient,) = pull(torch.ones_like(logits))
            else:
                real_logits, fake_logits = discriminator(torch.cat([real, fake])).chunk(2)
            if game.objective == "non-saturating":
                loss = F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()
            elif game.objective == "relativistic":
                loss = F.softplus(-(real_logits - fake_logits)).mean()
            else:
                loss = fake_logits.mean() - real_logits.mean()
            if game.penalty == "r1":
                loss = loss + GAMMA / 2 * squared_norm(gradient).mean()
            elif game.penalty == "r1+r2":  # the mean over both halves is half the sum of their means
                loss = loss + GAMMA * squared_norm(gradient).mean()
            elif game.penalty == "wgan-gp":
                logits, pull = gradient_at(x)
                (gradient,) = pull(torch.ones_like(logits))
                loss = loss + LAMBDA * ((squared_norm(gradient).sqrt() - 1) ** 2).mean()
        return loss

    def generator_loss(z, real):
        with game.precision():
            if game.objective == "relativistic":
                logits, real_logits = discriminator(torch.cat([generator(z), real])).chunk(2)
                return F.softplus(-(logits - real_logits)).mean()
            logits = discriminator(generator(z))
            return F.softplus(-logits).mean() if game.objective == "non-saturating" else -logits.mean()

    if compile_mode:
        compiled = lambda f: torch.compile(f, mode=compile_mode, dynamic=False)  # noqa: E731
        generate, discriminator_loss, generator_loss = map(compiled, (generate, discriminator_loss, generator_loss))
    averages, weights = list(game.average.parameters()), list(game.generator.parameters())

    def step(real):
        if compile_mode:
            torch.compiler.cudagraph_mark_step_begin()
        fake = generate(game.z(len(real)))
        x = between(real, fake) if game.penalty == "wgan-gp" else real
        loss_d = discriminator_loss(real, fake, x)
        loss_d.backward()
        game.adam_d.step()
        game.adam_d.zero_grad(set_to_none=True)

        discriminator.requires_grad_(False)
        loss_g = generator_loss(game.z(len(real)), real.detach())
        loss_g.backward()
        game.adam_g.step()
        game.adam_g.zero_grad(set_to_none=True)
        discriminator.requires_grad_(True)
        with torch.no_grad():
            torch._foreach_lerp_(averages, weights, 1 - AVERAGE_KEEP)
        return loss_d.detach(), loss_g.detach()

    return step


def as_cuda_graph(step, real):
    """The step captured once and replayed: a single launch for the whole step."""
    static = real.clone()
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            step(static)
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        losses = step(static)

    def replay(real):
        static.copy_(real)
        graph.replay()
        return losses

    return replay


def main():
    parser = measure.arguments(__doc__.splitlines()[0])
    parser.add_argument("--objective", choices=["non-saturating", "relativistic", "wasserstein"], default="non-saturating")
    parser.add_argument("--penalty", choices=["none", "r1", "r1+r2", "wgan-gp"], default="none")
    parser.add_argument("--steps", type=int, default=20, help="steps timed")
    parser.add_argument("--warmup", type=int, default=5, help="steps before them")
    parser.add_argument("--cuda-graph", action="store_true", help="tuned: the whole step as one CUDA graph")
    args = parser.parse_args()
    if args.variant == "usual" and (args.channels_last or args.compile or args.cuda_graph):
        sys.exit("--channels-last, --compile and --cuda-graph belong to --variant tuned")
    device = measure.set_up(args)
    net = NETS[args.network]()
    batch = args.batch or net.batch
    game = Game(net, args, device)
    data = (torch.rand(DATA, *net.shape) * 2 - 1).to(device)
    if args.channels_last:
        data = data.contiguous(memory_format=torch.channels_last)
    draw = lambda: data[torch.randint(len(data), (batch,), device=device)]  # noqa: E731

    step = tuned_step_of(game, args.compile) if args.variant == "tuned" else lambda real: usual_step(game, real)
    if args.cuda_graph:
        step = as_cuda_graph(step, draw())
    losses = step(draw())
    for _ in range(args.warmup):
        losses = step(draw())
    # on a GPU the launches of a step run ahead of it, as they do in training
    seconds = measure.times(lambda: step(draw()), device, args.steps, block=10 if device.type == "cuda" else 1)
    losses = [float(loss) for loss in losses]
    if not all(loss == loss for loss in losses):
        sys.exit(f"a loss is not a number: {losses}")
    numbers = measure.summary(seconds)
    measure.report(args, device, task="step", objective=args.objective, penalty=args.penalty, batch=batch,
                   steps=args.steps, cuda_graph=args.cuda_graph, **numbers,
                   images_per_second=batch / (numbers["median_ms"] / 1e3))


if __name__ == "__main__":
    main()
