"""Equilibrium propagation (Scellier & Bengio 2017), with the constants of the authors' released code.

Hard-sigmoid units relax on E + beta*C, C = |y - t|^2 (beta 0.5 here is beta 1 on
half the squared error): a free phase from the example's persistent particle,
then a short nudged phase with beta of random sign, then the contrastive update.
The input's drive is constant during a relaxation, so x @ W1 is computed once
per batch.
"""

import common

RELEASED = {  # hidden layers: (free iterations, nudged iterations, epsilon, beta, learning rates)
    1: (20, 4, 0.5, 0.5, "0.1,0.05"),
    2: (150, 6, 0.5, 1.0, "0.4,0.1,0.01"),
    3: (500, 8, 0.5, 1.0, "0.128,0.032,0.008,0.002"),
}


def extra(parser):
    parser.add_argument("--free", type=int, help="free-phase iterations")
    parser.add_argument("--nudged", type=int, help="nudged-phase iterations")
    parser.add_argument("--epsilon", type=float)
    parser.add_argument("--beta", type=float)


args = common.parse_args(__doc__, batch=20, epochs=5, extra=extra)
free, nudged, epsilon, beta0, lr = RELEASED[min(len(args.arch) - 2, 3)]
free, nudged = args.free or free, args.nudged or nudged
epsilon, beta0 = args.epsilon or epsilon, args.beta or beta0
rates = common.learning_rates(args.lr or lr, len(args.arch) - 1)

import random

import torch

torch.set_num_threads(args.threads)
torch.manual_seed(args.seed)
torch.set_grad_enabled(False)
coin = random.Random(args.seed)

train_x, train_y, test_x, test_y = common.to_device(args, common.load_mnist(args))
train_t = torch.nn.functional.one_hot(train_y, args.arch[-1]).float()

sizes = args.arch
weights = [torch.nn.init.xavier_uniform_(torch.empty(a, b, device=args.device)) for a, b in zip(sizes, sizes[1:])]
biases = [torch.zeros(b, device=args.device) for b in sizes[1:]]
particles = [torch.zeros(len(train_x), n, device=args.device) for n in sizes[1:]]
top = len(weights) - 1


def relax(drive, state, spare, iterations, target=None, beta=0.0):
    """Advance all layers together; state and spare are buffers that swap roles. Returns the final pair.

    drive[k] is layer k's constant input, already times epsilon.
    """
    keep = [1 - epsilon] * (top + 1)
    if target is not None:
        keep[top] = 1 - epsilon * (1 + 2 * beta)
        drive = drive[:top] + [torch.add(drive[top], target, alpha=2 * beta * epsilon)]
    for _ in range(iterations):
        for k in range(top + 1):
            new, decay = spare[k], keep[k]
            if k < top:
                torch.addmm(state[k], state[k + 1], weights[k + 1].t(), beta=decay, alpha=epsilon, out=new)
                if k > 0:
                    new.addmm_(state[k - 1], weights[k], alpha=epsilon)
            else:
                torch.addmm(state[k], state[k - 1], weights[k], beta=decay, alpha=epsilon, out=new)
            new.add_(drive[k]).clamp_(0, 1)
        state, spare = spare, state
    return state, spare


def constant_drive(x):
    first = torch.addmm(biases[0], x, weights[0]).mul_(epsilon)
    return [first] + [b * epsilon for b in biases[1:]]


buffers = [[torch.empty(args.batch, n, device=args.device) for n in sizes[1:]] for _ in range(3)]


def update(batch, beta):
    x, t = train_x[batch], train_t[batch]
    drive = constant_drive(x)
    state, spare, clamped = buffers
    for buffer, particle in zip(state, particles):
        buffer.copy_(particle[batch])
    state, spare = relax(drive, state, spare, free)
    for buffer, particle, copy in zip(state, particles, clamped):
        particle[batch] = buffer
        copy.copy_(buffer)
    clamped, _ = relax(drive, clamped, spare, nudged, t, beta)

    scale = 1 / (beta * args.batch)
    weights[0].addmm_(x.t(), clamped[0] - state[0], alpha=rates[0] * scale)
    for k in range(1, top + 1):
        weights[k].addmm_(clamped[k - 1].t(), clamped[k], alpha=rates[k] * scale)
        weights[k].addmm_(state[k - 1].t(), state[k], alpha=-rates[k] * scale)
    for k in range(top + 1):
        biases[k].add_((clamped[k] - state[k]).sum(0), alpha=rates[k] * scale)


apply = common.graphed(args, update, (beta0,), (-beta0,)) if args.cuda_graph else update


def step(batch):
    apply(batch, beta0 if coin.random() < 0.5 else -beta0)


def test_error():
    wrong = 0
    for x, y in zip(test_x.split(1000), test_y.split(1000)):
        state, spare = ([torch.zeros(len(x), n, device=args.device) for n in sizes[1:]] for _ in range(2))
        state, _ = relax(constant_drive(x), state, spare, free)
        wrong += (state[top].argmax(1) != y).sum().item()
    return wrong / len(test_x)


# The particles belong to fixed examples and the paper visits its batches in order: no shuffling.
common.train("ep", args, len(train_x), step, test_error, shuffle=False)
