"""Predictive coding (Whittington & Bogacz 2017): value and error nodes, local updates.

Each layer predicts the next, mu[k+1] = tanh(v[k]) @ W[k] + b[k]. With input and
target clamped, hidden values descend the sum of squared prediction errors for a
fixed number of iterations, starting from the feed-forward pass; then each weight
takes one step on its own layer's error. The first prediction depends only on the
input and is computed once per batch. Inputs are standardised: with a linear output
and squared error, tanh units fed raw [0, 1] pixels stay near their linear regime
and plain SGD is slow to leave it.
"""

import common


def extra(parser):
    parser.add_argument("--iterations", type=int, default=20, help="inference iterations")
    parser.add_argument("--gamma", type=float, default=0.2, help="inference step size")


args = common.parse_args(__doc__, batch=20, lr="0.1,0.002", epochs=5, extra=extra)

import torch

torch.set_num_threads(args.threads)
torch.manual_seed(args.seed)
torch.set_grad_enabled(False)

train_x, train_y, test_x, test_y = common.to_device(args, common.load_mnist(args))
for images in (train_x, test_x):
    images.sub_(0.1307).div_(0.3081)
train_t = torch.nn.functional.one_hot(train_y, args.arch[-1]).float()

sizes = args.arch
weights = [torch.nn.init.xavier_uniform_(torch.empty(a, b, device=args.device)) for a, b in zip(sizes, sizes[1:])]
biases = [torch.zeros(b, device=args.device) for b in sizes[1:]]
rates = common.learning_rates(args.lr, len(weights))
top = len(weights) - 1
gamma = args.gamma
# work buffers: one tensor per non-input layer and name
value, rate, error, carried, scratch = (
    [torch.empty(args.batch, n, device=args.device) for n in sizes[1:]] for _ in range(5))


def predict_errors(first, clamped):
    torch.sub(value[0], first, out=error[0])
    for k in range(top):
        torch.tanh(value[k], out=rate[k])
        above = clamped if k + 1 == top else torch.sub(value[k + 1], biases[k + 1], out=error[k + 1])
        torch.addmm(above, rate[k], weights[k + 1], alpha=-1, out=error[k + 1])


def update(rows):
    x, t = train_x[rows], train_t[rows]
    first = torch.addmm(biases[0], x, weights[0])
    value[0].copy_(first)
    for k in range(1, top):
        torch.addmm(biases[k], value[k - 1].tanh(), weights[k], out=value[k])
    clamped = t - biases[top]  # constant part of the output error

    for _ in range(args.iterations):
        predict_errors(first, clamped)
        for k in range(top):
            # dv = -error + tanh'(v) * (error above, carried down)
            torch.mm(error[k + 1], weights[k + 1].t(), out=carried[k])
            torch.mul(rate[k], rate[k], out=scratch[k])
            carried[k].addcmul_(carried[k], scratch[k], value=-1).sub_(error[k])
            value[k].add_(carried[k], alpha=gamma)
    predict_errors(first, clamped)

    below = x
    for k in range(top + 1):
        weights[k].addmm_(below.t(), error[k], alpha=rates[k] / args.batch)
        biases[k].add_(error[k].sum(0), alpha=rates[k] / args.batch)
        below = rate[k]


def test_error():
    activity = test_x
    for k in range(top + 1):
        activity = torch.addmm(biases[k], activity if k == 0 else activity.tanh(), weights[k])
    return (activity.argmax(1) != test_y).float().mean().item()


common.train("pc", args, len(train_x), common.stepper(args, update), test_error)
