"""Forward-forward (Hinton 2022): each layer learns from its own goodness, by autograd.

The label stands in the first ten pixels. Images with their right label and with a
wrong one go through the layers as one batch, and each layer lowers the cross-entropy
of sigmoid(sum of squares - threshold); what it hands on is normalised and detached.
A pass with a neutral label trains a linear read-out of all hidden layers but the
first. Peer normalisation draws the mean activity of each neuron to that of its layer.
The answer is the label with the largest goodness.
"""

import common


def extra(parser):
    parser.add_argument("--theta", type=float, default=1.0, help="threshold of goodness for each neuron")
    parser.add_argument("--peer-normalisation", type=float, default=0.03)


args = common.parse_args(__doc__, arch="784,500,500,10", batch=100, lr=0.003, epochs=5, extra=extra)

import torch
from torch.nn.functional import cross_entropy, one_hot, softplus

torch.set_num_threads(args.threads)
torch.manual_seed(args.seed)

train_x, train_y, test_x, test_y = common.to_device(args, common.load_mnist(args))
*sizes, classes = args.arch


class FullReLU(torch.autograd.Function):
    """A ReLU whose derivative counts as 1 for silent neurons too."""

    @staticmethod
    def forward(context, v):
        return v.relu()

    @staticmethod
    def backward(context, gradient):
        return gradient


def linear(n, m):
    layer = torch.nn.Linear(n, m, device=args.device)
    torch.nn.init.normal_(layer.weight, std=n ** -0.5)
    torch.nn.init.zeros_(layer.bias)
    return layer


layers = [linear(n, m) for n, m in zip(sizes, sizes[1:])]
judges = range(min(1, len(layers) - 1), len(layers))
readout = linear(sum(sizes[l + 1] for l in judges), classes)
means = [torch.full((n,), 0.5, device=args.device) for n in sizes[1:]]
parameters = [p for layer in [*layers, readout] for p in layer.parameters()]
optimizer = torch.optim.SGD(parameters, lr=float(args.lr))


def normalise(h):
    return h / (h.square().mean(1, keepdim=True).sqrt() + 1e-8)


def with_label(x, label):
    return torch.cat([label, x[:, classes:]], 1)


def learn(x, y):
    """The losses of all layers, added up: each is of its own parameters alone."""
    count = len(x)
    wrong = (y + torch.randint(1, classes, y.shape, device=y.device)) % classes
    labels = torch.cat([one_hot(y, classes), one_hot(wrong, classes)]).float()
    received = normalise(with_label(torch.cat([x, x]), labels))
    loss = 0
    for l, layer in enumerate(layers):
        h = FullReLU.apply(layer(received))
        logit = h.square().sum(1) - args.theta * h.shape[1]
        loss = loss + (softplus(-logit[:count]).sum() + softplus(logit[count:]).sum()) / (2 * count)
        if args.peer_normalisation:
            mean = 0.9 * means[l] + 0.1 * h[:count].mean(0)
            means[l].copy_(mean.detach())
            loss = loss + args.peer_normalisation * (mean - mean.mean().detach()).square().mean()
        received = normalise(h).detach()
    return loss


def read_out(x):
    h = normalise(with_label(x, x.new_full((len(x), classes), 1 / classes)))
    seen = []
    with torch.no_grad():
        for l, layer in enumerate(layers):
            h = normalise(layer(h).relu())
            if l in judges:
                seen.append(h)
    return readout(torch.cat(seen, 1))


def update(rows):
    x, y = train_x[rows], train_y[rows]
    loss = learn(x, y) + cross_entropy(read_out(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


@torch.no_grad()
def test_error():
    goodness = []
    for label in range(classes):
        h = normalise(with_label(test_x, one_hot(torch.full_like(test_y, label), classes).float()))
        total = 0
        for l, layer in enumerate(layers):
            h = layer(h).relu()
            if l in judges:
                total = total + h.square().sum(1)
            h = normalise(h)
        goodness.append(total)
    return (torch.stack(goodness, 1).argmax(1) != test_y).float().mean().item()


common.train("ff", args, len(train_x), common.stepper(args, update), test_error)
