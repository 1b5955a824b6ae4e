"""Backpropagation: ReLU layers, softmax cross-entropy, autograd and torch.optim.SGD."""

import common

args = common.parse_args(__doc__, batch=100, lr=0.5, epochs=5)

import torch
from torch import nn

torch.set_num_threads(args.threads)
torch.manual_seed(args.seed)

train_x, train_y, test_x, test_y = common.to_device(args, common.load_mnist(args))

layers = []
for fan_in, fan_out in zip(args.arch, args.arch[1:]):
    layers += [nn.Linear(fan_in, fan_out), nn.ReLU()]
model = nn.Sequential(*layers[:-1]).to(args.device)
optimizer = torch.optim.SGD(model.parameters(), lr=float(args.lr))
loss = nn.CrossEntropyLoss()


def update(rows):
    optimizer.zero_grad(set_to_none=True)
    loss(model(train_x[rows]), train_y[rows]).backward()
    optimizer.step()


@torch.no_grad()
def test_error():
    return (model(test_x).argmax(1) != test_y).float().mean().item()


common.train("backprop", args, len(train_x), common.stepper(args, update), test_error)
