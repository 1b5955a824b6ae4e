"""Segregated dendrites (Guerguiev, Lillicrap & Richards 2017) in NumPy, one example at a time.

Hidden neurons have a basal compartment (feed-forward input), an apical one
(feedback from the output layer) and a soma; output neurons a dendrite and a
soma. Units emit Poisson spikes at up to 0.2 per ms, seen through a double
exponential synapse that, as in the authors' code, forgets a spike after 10 ms.
Each example is a 50 ms forward phase, then a 50 ms target phase in which a
teaching current drives the output somas; the last 20 ms of each phase are
averaged. Plateau potentials sigma(mean apical) of the two phases give the hidden
layer its error; weights change once per example. dt = 1 ms.

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


args = common.parse_args(__doc__, batch=1, lr="0.21,0.21", torch=False, extra=extra)
assert len(args.arch) == 3 and args.batch == 1, "one hidden layer, one example at a time"
assert args.mode == "step" or args.apical_conductance == 0, "an apical conductance needs --mode step"

import numpy as np

rng = np.random.default_rng(args.seed)
F = np.float32
train_x, train_y, test_x, test_y = common.load_mnist(args)
n_in, n_hidden, n_out = args.arch

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
rates = common.learning_rates(args.lr, 2)


def initial(n, m):
    """Weights that put the mean and spread of the dendritic potentials near 3 mV; biases near 0.8."""
    v_avg, v_sd, b_avg, nu = 3.0, 3.0, 0.8, 0.25 * float(RATE_MAX)
    v_sm = v_sd ** 2 + v_avg ** 2
    w_avg = (v_avg - b_avg) / (nu * m * v_avg)
    w_sm = (v_sm + nu ** 2 * (m - m * m) * w_avg ** 2 * v_avg ** 2
            - 2 * m * nu * b_avg * v_avg * w_avg - b_avg ** 2) / (m * nu ** 2 * v_sm)
    w_sd = np.sqrt(w_sm - w_avg ** 2)
    return lambda rows, cols: (w_avg + 3.465 * w_sd * rng.uniform(-1, 1, (rows, cols))).astype(F)


W0 = initial(n_hidden, n_in)(n_hidden, n_in)
draw = initial(n_out, n_hidden)
W1, Y = draw(n_out, n_hidden), draw(n_hidden, n_out)
b0, b1 = np.full(n_hidden, 0.8, F), np.full(n_out, 0.8, F)
delta_W0 = np.empty_like(W0)


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
        s_in = spikes(np.broadcast_to(x * RATE_MAX, (self.steps, n_in)))
        c0 = self.hidden_from_spikes @ (s_in @ W0.T)
        c0 += self.hidden_from_bias * b0
        s0 = spikes(sigma(c0) * RATE_MAX)
        c1 = self.output_from_spikes @ (s0 @ W1.T)
        c1 += self.output_from_bias * b1
        if teacher is not None:
            c1 += self.output_from_teacher * teacher
        rate1 = sigma(c1) * RATE_MAX
        s1 = spikes(rate1)
        first, final = self.windows[0], self.windows[-1]
        return (self.mean_psp[0] @ s_in, self.mean_psp[0] @ s0, c0[first].mean(0), c1[first].mean(0),
                rate1[final].mean(0), (self.mean_late_psp @ s1) @ Y.T)


# TAPS_BY_ROW[r] weights the last spikes when those of this step are in row r
TAPS_BY_ROW = np.stack([np.roll(TAPS[::-1], row + 1) for row in range(len(TAPS))])


class Stepped:
    """One millisecond at a time."""

    def __init__(self, forward, target):
        self.forward, self.target = forward, target

    def run(self, x, teacher=None):
        units = (n_in, n_hidden, n_out)
        recent = [np.zeros((len(TAPS), n), F) for n in units]  # step t is in row t % 10
        psp = [np.zeros(n, F) for n in units]
        a0, c0, c1 = np.zeros(n_hidden, F), np.zeros(n_hidden, F), np.zeros(n_out, F)
        p_in = x * RATE_MAX
        means = []

        def receive(k, t, emitted):
            row = t % len(TAPS)
            recent[k][row] = emitted
            np.matmul(TAPS_BY_ROW[row], recent[k], out=psp[k])

        for phase in range(2 if self.target else 1):
            begin, end = (self.forward, self.forward + self.target) if phase else (0, self.forward)
            sums = [np.zeros(n, F) for n in (n_in, n_hidden, n_hidden, n_out, n_out, n_hidden)]
            for t in range(begin, end):
                receive(0, t, rng.random(n_in, dtype=F) < p_in)
                basal = W0 @ psp[0]
                basal += b0
                a0 = Y @ psp[2]
                d0 = G_B * basal - (G_L + G_B) * c0
                if G_A:
                    d0 += G_A * (a0 - c0)
                c0 += d0
                receive(1, t, rng.random(n_hidden, dtype=F) < sigma(c0) * RATE_MAX)
                d1 = G_D * (W1 @ psp[1] + b1) - (G_L + G_D) * c1
                if phase:
                    d1 += teacher - c1
                c1 += d1
                rate1 = sigma(c1) * RATE_MAX
                receive(2, t, rng.random(n_out, dtype=F) < rate1)
                if t >= begin + SETTLE:
                    for total, now in zip(sums, (psp[0], psp[1], c0, c1, rate1, a0)):
                        total += now
            means.append([total / (end - begin - SETTLE) for total in sums])
        return (*means[0][:4], means[-1][4], np.stack([m[5] for m in means]))


Simulation = Blocked if args.mode == "blocked" else Stepped
training, testing = Simulation(T_FORWARD, T_TARGET), Simulation(T_TEST, 0)
# teaching current g_E (E_E - v) + g_I (E_I - v) with g_E + g_I = 1
teachers = np.where(np.eye(n_out, dtype=bool), E_E, E_I).astype(F)


def step(batch):
    global W0, W1, b0, b1
    i = batch[0]
    psp_in, psp_hidden, c0, c1, target_rate, apical = training.run(train_x[i], teachers[train_y[i]])
    s0, s1 = sigma(c0), sigma(c1)
    plateau = sigma(apical)
    e1 = (target_rate - RATE_MAX * s1) * F(K_D) * RATE_MAX * s1 * (1 - s1)
    e0 = (plateau[1] - plateau[0]) * F(K_B) * RATE_MAX * s0 * (1 - s0)
    e1 *= F(rates[1]) * P_FINAL
    e0 *= F(rates[0]) * P_HIDDEN
    W1 += np.outer(e1, psp_hidden)
    b1 += e1
    np.multiply(e0[:, None], psp_in[None, :], out=delta_W0)
    W0 += delta_W0
    b0 += e0


def test_error():
    wrong = sum(testing.run(x)[3].argmax() != y for x, y in zip(test_x, test_y))
    return float(wrong) / len(test_x)


common.train(f"dendrite-{args.mode}", args, len(train_x), step, test_error)
