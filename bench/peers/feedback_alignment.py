"""Feedback alignment and direct feedback alignment: tanh layers, softmax output, manual updates.

--mode fa   errors descend layer by layer through fixed random matrices (Lillicrap et al. 2016)
--mode dfa  the output error reaches every hidden layer directly (Nokland 2016)
With one hidden layer the two are the same computation.
"""

import common

args = common.parse_args(
    __doc__, batch=100, lr=1.0, epochs=5,
    extra=lambda p: p.add_argument("--mode", choices=["fa", "dfa"], default="fa"))

import torch

torch.set_num_threads(args.threads)
torch.manual_seed(args.seed)
torch.set_grad_enabled(False)

train_x, train_y, test_x, test_y = common.to_device(args, common.load_mnist(args))
train_t = torch.nn.functional.one_hot(train_y, args.arch[-1]).float()

sizes, n_out = args.arch, args.arch[-1]
last = len(sizes) - 2
weights = [torch.nn.init.xavier_uniform_(torch.empty(a, b, device=args.device)) for a, b in zip(sizes, sizes[1:])]
biases = [torch.zeros(b, device=args.device) for b in sizes[1:]]
# feedback[k] carries an error into hidden layer k, from the layer above (fa) or from the output (dfa)
feedback = [torch.nn.init.xavier_uniform_(torch.empty(n_out if args.mode == "dfa" else sizes[k + 2], sizes[k + 1],
                                                    device=args.device))
            for k in range(last)]
rates = common.learning_rates(args.lr, len(weights))


def forward(x):
    activity = [x]
    for k in range(last):
        activity.append(torch.addmm(biases[k], activity[-1], weights[k]).tanh_())
    return activity, torch.addmm(biases[last], activity[-1], weights[last])


def update(rows):
    activity, logits = forward(train_x[rows])
    output_error = torch.softmax(logits, 1).sub_(train_t[rows])
    error = output_error
    for k in range(last, -1, -1):
        scale = -rates[k] / args.batch
        if k < last:
            carried = torch.mm(output_error if args.mode == "dfa" else error, feedback[k])
            hidden = activity[k + 1]
            error = carried.addcmul_(carried, hidden * hidden, value=-1)  # carried * (1 - tanh^2)
        weights[k].addmm_(activity[k].t(), error, alpha=scale)
        biases[k].add_(error.sum(0), alpha=scale)


def test_error():
    return (forward(test_x)[1].argmax(1) != test_y).float().mean().item()


common.train(args.mode, args, len(train_x), common.stepper(args, update), test_error)
