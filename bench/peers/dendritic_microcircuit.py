"""Dendritic microcircuits (Sacramento et al. 2018) at their steady potentials, in two sweeps.

Upwards, basal dendrites predict the somata; downwards from the taught output, apical
dendrites get what interneurons do not cancel of the layer above. Weights into basal
dendrites and onto interneurons learn; feedback and inhibition are fixed. The network
starts in the self-predicting state.
"""

import math

import common

args = common.parse_args(__doc__, arch="784,500,500,10", batch=10, lr="20,0.02,0.05", epochs=5)

import torch

torch.set_num_threads(args.threads)
torch.manual_seed(args.seed)
torch.set_grad_enabled(False)

LEAK, BASAL, APICAL, DENDRITIC, TEACHING = 0.1, 1.0, 0.471, 1.0, 0.12
OFF, ON = 0.1, 0.8
INTERNEURON_RATE = 5

train_x, train_y, test_x, test_y = common.to_device(args, common.load_mnist(args))
logits = torch.full((args.arch[-1], args.arch[-1]), math.log(OFF / (1 - OFF)), device=args.device)
logits.fill_diagonal_(math.log(ON / (1 - ON)))
sizes = args.arch
top = len(sizes) - 2
rates = common.learning_rates(args.lr, top + 1)
weights = [torch.nn.init.xavier_uniform_(torch.empty(a, b, device=args.device)) for a, b in zip(sizes, sizes[1:])]
biases = [torch.zeros(b, device=args.device) for b in sizes[1:]]
attenuation = [BASAL / (LEAK + BASAL + (APICAL if k < top else 0)) for k in range(top + 1)]
own = DENDRITIC / (LEAK + DENDRITIC)
# circuits[k] stands beside hidden layer k: its interneurons follow layer k + 1
down = [torch.empty(b, a, device=args.device).uniform_(-1, 1) for a, b in zip(sizes[1:], sizes[2:])]
inhibition = [-w for w in down]
excitation = [attenuation[k + 1] / own * weights[k + 1] for k in range(top)]
excitation_bias = [torch.zeros(b, device=args.device) for b in sizes[2:]]
taught = TEACHING / (LEAK + BASAL + TEACHING)
followed = TEACHING / (LEAK + DENDRITIC + TEACHING)
weighed = APICAL / (LEAK + BASAL + APICAL)


def upwards(x):
    potentials, firing = [], [x]
    for k in range(top + 1):
        potentials.append(torch.addmm(biases[k], firing[-1], weights[k]).mul_(attenuation[k]))
        firing.append(potentials[-1].sigmoid())
    return potentials, firing


def descend(weight, bias, below, error, rate):
    """One step on the error of a minibatch."""
    rate = rate / args.batch
    weight.addmm_(below.t(), error, alpha=rate)
    bias.add_(error.sum(0), alpha=rate)


def update(rows):
    x, y = train_x[rows], train_y[rows]
    potentials, firing = upwards(x)
    above = torch.lerp(potentials[top], logits[y], taught)
    errors = [above.sigmoid().sub_(firing[top + 1])]
    for k in range(top - 1, -1, -1):
        predicted = torch.addmm(excitation_bias[k], firing[k + 1], excitation[k]).mul_(own)
        soma = torch.lerp(predicted, above, followed).sigmoid_()
        apical = torch.mm(above.sigmoid(), down[k]).addmm_(soma, inhibition[k])
        lateral = soma.sub_(predicted.sigmoid_())
        descend(excitation[k], excitation_bias[k], firing[k + 1], lateral, INTERNEURON_RATE * rates[k + 1])
        above = torch.add(potentials[k], apical, alpha=weighed)
        errors.insert(0, above.sigmoid().sub_(firing[k + 1]))
    for k in range(top + 1):
        descend(weights[k], biases[k], firing[k], errors[k], rates[k])


def test_error():
    return (upwards(test_x)[1][-1].argmax(1) != test_y).float().mean().item()


common.train("microcircuit", args, len(train_x), common.stepper(args, update), test_error)
