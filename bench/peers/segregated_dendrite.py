"""Segregated dendrites (Guerguiev, Lillicrap & Richards 2017) in NumPy, one example at a time.

Hidden neurons have a basal compartment (feed-forward input), an apical one
(feedback from the output layer) and a soma; output neurons a dendrite and a
soma. Units emit Poisson spikes at up to 0.2 per ms, seen through a double
exponential synapse that, as in the authors' code, forgets a spike after 10 ms.
Each example is a 50 ms forward phase, then a 50 ms target phase in which a
teaching current drives the output somas; the last 20 ms of each phase are
averaged. Plateau potentials sigma(mean apical) of the two phases give the hidden
layer its error; weights change once per example. dt = 1 ms. Output spikes reach
every hidden layer through weights of its own.

--mode step     advances every compartment millisecond by millisecond, any conductance
--mode blocked  simulates all 100 ms at once: with no apical-to-soma conductance (the
                paper's main setting) every filter is linear in time, so compartments
                become products with triangular matrices, and input drive is one GEMM

Simplifications against the paper, the same in both modes: fixed phase lengths, at
most one spike per unit and ms (Bernoulli with p = rate*dt), and every example starts
from rest.
"""

import common


def extra(parser):
    parser.add_argument("--mode", choices=["step", "blocked"], default="blocked")
    parser.add_argument("--apical-conductance", type=float, default=0.0,
                        help="apical-to-soma conductance, per ms (0.05 in the paper's variant; step mode)")


RELEASED = {1: "0.21,0.21", 2: "0.23,0.23,0.12"}  # hidden layers: learning rates of the paper

args = common.parse_args(__doc__, batch=1, torch=False, extra=extra)
assert len(args.arch) >= 3 and args.batch == 1, "a hidden layer at least, one example at a time"
assert args.mode == "step" or args.apical_conductance == 0, "an apical conductance needs --mode step"

import numpy as np

rng = np.random.default_rng(args.seed)
F = np.float32
train_x, train_y, test_x, test_y = common.load_mnist(args)
sizes, n_in, n_out = args.arch, args.arch[0], args.arch[-1]
top = len(sizes) - 2  # number of hidden layers, and index of the weights to the output

T_FORWARD, T_TARGET, T_TEST, SETTLE = 50, 50, 250, 30
RATE_MAX = F(0.2)
TAU_S, TAU_L = 3.0, 10.0
AGES = np.arange(1, 11)  # ms; the first belongs to the step of the spike itself
TAPS = ((np.exp(-AGES / TAU_L) - np.exp(-AGES / TAU_S)) / (TAU_L - TAU_S)).astype(F)  # paper, eq. 12; sum 0.5104
G_B = G_D = 0.6
G_L = 1 / TAU_L
G_A = args.apical_conductance
E_E, E_I = 8.0, -8.0
K_B, K_D = G_B / (G_L + G_B + G_A), G_D / (G_L + G_D)
P_HIDDEN, P_FINAL = 20 / RATE_MAX, 20 / RATE_MAX ** 2
rates = common.learning_rates(args.lr or RELEASED[min(top, 2)], top + 1)


def initial(n, m):
    """Weights that put the mean and spread of the dendritic potentials near 3 mV; biases near 0.8."""
    v_avg, v_sd, b_avg, nu = 3.0, 3.0, 0.8, 0.25 * float(RATE_MAX)
    v_sm = v_sd ** 2 + v_avg ** 2
    w_avg = (v_avg - b_avg) / (nu * m * v_avg)
    w_sm = (v_sm + nu ** 2 * (m - m * m) * w_avg ** 2 * v_avg ** 2
            - 2 * m * nu * b_avg * v_avg * w_avg - b_avg ** 2) / (m * nu ** 2 * v_sm)
    w_sd = np.sqrt(w_sm - w_avg ** 2)
    return lambda rows, cols: (w_avg + 3.465 * w_sd * rng.uniform(-1, 1, (rows, cols))).astype(F)


draws = [initial(n, m) for m, n in zip(sizes, sizes[1:])]
W = [draw(n, m) for draw, m, n in zip(draws, sizes, sizes[1:])]
Y = [draw(n, n_out) for draw, n in zip(draws[1:], sizes[1:-1])]  # from the output to each hidden layer
b = [np.full(n, 0.8, F) for n in sizes[1:]]
delta_W = [np.empty_like(w) for w in W[:-1]]


def sigma(v):
    return 1 / (1 + np.exp(-v))


def spikes(p):
    return (rng.random(p.shape, dtype=F) < p).astype(F)


# ---- filters over time as matrices: row t gathers the past of step t -------------------------

def synapse(steps):
    """Postsynaptic potential from spikes up to and including the step."""
    return sum(tap * np.eye(steps, k=-delay) for delay, tap in enumerate(TAPS))


def soma(decays):
    """Response of v[t] = decays[t] * v[t-1] + u[t] to its input u."""
    response = np.zeros((len(decays), len(decays)))
    for t, decay in enumerate(decays):
        if t:
            response[t] = decay * response[t - 1]
        response[t, t] = 1
    return response


class Blocked:
    """All steps of one example at once."""

    def __init__(self, forward, target):
        steps = forward + target
        psp = synapse(steps)
        # spikes of step t reach the layer above in the same step, the layer below in the next
        late = np.vstack([np.zeros((1, steps)), psp[:-1]])
        hidden = soma(np.full(steps, 1 - G_L - G_B)) * G_B
        teach = np.arange(steps) >= forward
        output = soma(np.where(teach, 1 - G_L - G_D - 1, 1 - G_L - G_D))
        windows = [slice(SETTLE, forward)] + ([slice(forward + SETTLE, steps)] if target else [])
        self.steps, self.forward, self.windows = steps, forward, windows
        self.hidden_from_spikes = (hidden @ psp).astype(F)
        self.hidden_from_bias = hidden.sum(1, keepdims=True).astype(F)
        self.output_from_spikes = (output @ psp * G_D).astype(F)
        self.output_from_bias = (output.sum(1, keepdims=True) * G_D).astype(F)
        self.output_from_teacher = (output @ teach[:, None]).astype(F)
        self.mean_psp = np.stack([psp[w].mean(0) for w in windows]).astype(F)
        self.mean_late_psp = np.stack([late[w].mean(0) for w in windows]).astype(F)

    def run(self, x, teacher=None):
        spiking = [spikes(np.broadcast_to(x * RATE_MAX, (self.steps, n_in)))]
        potentials = []
        for k in range(top):
            c = self.hidden_from_spikes @ (spiking[k] @ W[k].T)
            c += self.hidden_from_bias * b[k]
            potentials.append(c)
            spiking.append(spikes(sigma(c) * RATE_MAX))
        c = self.output_from_spikes @ (spiking[top] @ W[top].T)
        c += self.output_from_bias * b[top]
        if teacher is not None:
            c += self.output_from_teacher * teacher
        rate = sigma(c) * RATE_MAX
        late = self.mean_late_psp @ spikes(rate)
        first, final = self.windows[0], self.windows[-1]
        return ([self.mean_psp[0] @ s for s in spiking], [c[first].mean(0) for c in (*potentials, c)],
                rate[final].mean(0), [late @ y.T for y in Y])


# TAPS_BY_ROW[r] weights the last spikes when those of this step are in row r
TAPS_BY_ROW = np.stack([np.roll(TAPS[::-1], row + 1) for row in range(len(TAPS))])


class Stepped:
    """One millisecond at a time."""

    def __init__(self, forward, target):
        self.forward, self.target = forward, target

    def run(self, x, teacher=None):
        recent = [np.zeros((len(TAPS), n), F) for n in sizes]  # step t is in row t % 10
        psp = [np.zeros(n, F) for n in sizes]
        apical, soma = [np.zeros(n, F) for n in sizes[1:-1]], [np.zeros(n, F) for n in sizes[1:]]
        p_in = x * RATE_MAX
        means = []

        def receive(k, t, emitted):
            row = t % len(TAPS)
            recent[k][row] = emitted
            np.matmul(TAPS_BY_ROW[row], recent[k], out=psp[k])

        for phase in range(2 if self.target else 1):
            begin, end = (self.forward, self.forward + self.target) if phase else (0, self.forward)
            sums = [np.zeros(n, F) for n in (*sizes[:-1], *sizes[1:], n_out, *sizes[1:-1])]
            for t in range(begin, end):
                receive(0, t, rng.random(n_in, dtype=F) < p_in)
                for k in range(top):
                    basal = W[k] @ psp[k]
                    basal += b[k]
                    apical[k] = Y[k] @ psp[-1]
                    d = G_B * basal - (G_L + G_B) * soma[k]
                    if G_A:
                        d += G_A * (apical[k] - soma[k])
                    soma[k] += d
                    receive(k + 1, t, rng.random(sizes[k + 1], dtype=F) < sigma(soma[k]) * RATE_MAX)
                d = G_D * (W[top] @ psp[top] + b[top]) - (G_L + G_D) * soma[top]
                if phase:
                    d += teacher - soma[top]
                soma[top] += d
                rate = sigma(soma[top]) * RATE_MAX
                receive(top + 1, t, rng.random(n_out, dtype=F) < rate)
                if t >= begin + SETTLE:
                    for total, now in zip(sums, (*psp[:-1], *soma, rate, *apical)):
                        total += now
            means.append([total / (end - begin - SETTLE) for total in sums])
        layers, first = top + 1, means[0]
        return (first[:layers], first[layers:2 * layers], means[-1][2 * layers],
                [np.stack([m[2 * layers + 1 + k] for m in means]) for k in range(top)])


Simulation = Blocked if args.mode == "blocked" else Stepped
training, testing = Simulation(T_FORWARD, T_TARGET), Simulation(T_TEST, 0)
# teaching current g_E (E_E - v) + g_I (E_I - v) with g_E + g_I = 1
teachers = np.where(np.eye(n_out, dtype=bool), E_E, E_I).astype(F)


def step(batch):
    i = batch[0]
    psp, soma, target_rate, apical = training.run(train_x[i], teachers[train_y[i]])
    s = [sigma(c) for c in soma]
    e = (target_rate - RATE_MAX * s[top]) * F(K_D) * RATE_MAX * s[top] * (1 - s[top])
    e *= F(rates[top]) * P_FINAL
    W[top] += np.outer(e, psp[top])
    b[top] += e
    for k in range(top):
        plateau = sigma(apical[k])
        e = (plateau[1] - plateau[0]) * F(K_B) * RATE_MAX * s[k] * (1 - s[k])
        e *= F(rates[k]) * P_HIDDEN
        np.multiply(e[:, None], psp[k][None, :], out=delta_W[k])
        W[k] += delta_W[k]
        b[k] += e


def test_error():
    wrong = sum(testing.run(x)[1][top].argmax() != y for x, y in zip(test_x, test_y))
    return float(wrong) / len(test_x)


common.train(f"dendrite-{args.mode}", args, len(train_x), step, test_error)
