import { type Fault, faultsOf } from './fault.ts';

const TOTAL = "{ over: 'columns' }";
/** The first hidden layer of a settled state with the sum of an error added to its rates. */
const told = (state: string, error: string) =>
  `${state}.map((a, l) => (l === 0 ? { ...a, rate: k.map((r, e) => r + 0.01 * e, a.rate, k.sum(${error}, ${TOTAL})) } : a))`;

/** Synapses that see what the ledger does not list, or not what it lists: one fault for each kind of locality test. */
export const FAULTS: readonly Fault[] = [
  ...faultsOf(
    'feedback-alignment',
    ['locality'],
    [
      [
        'feedback knows the signs of the forward weights',
        'k.matmul(error, feedback[l - 1]!.weights)',
        'k.matmul(error, k.map((b, w) => (w < 0 ? -b : b), feedback[l - 1]!.weights, k.transpose(network.connections[l]!.weights)))',
      ],
      [
        'feedback knows the magnitudes of the forward weights',
        'k.matmul(error, feedback[l - 1]!.weights)',
        'k.matmul(error, k.map((b, w) => Math.abs(w) * b, feedback[l - 1]!.weights, k.transpose(network.connections[l]!.weights)))',
      ],
      [
        'no error comes down',
        'k.matmul(error, feedback[l - 1]!.weights)',
        'k.matmul(error, feedback[l - 1]!.weights, { scale: 0 })',
      ],
      [
        'a synapse sees the input of its neighbours',
        'errorDirections(network, activity, errors)',
        `errorDirections(network, activity.map((a) => ({ ...a, rate: k.map((x, all) => x / (1 + all * all), a.rate, k.sum(a.rate, ${TOTAL})) })), errors)`,
      ],
      [
        'a synapse sees the errors of the whole layer',
        'errorDirections(network, activity, errors)',
        `errorDirections(network, activity, errors.map((e) => k.map((x, all) => x / (1 + all * all), e, k.sum(e, ${TOTAL}))))`,
      ],
      [
        'a synapse sees the target',
        'errorDirections(network, activity, errors)',
        `errorDirections(network, activity, errors.map((e) => k.map((x, t) => x * t, e, k.sum(target, ${TOTAL}))))`,
      ],
    ],
  ),
  ...faultsOf(
    'segregated-dendrite',
    ['locality'],
    [
      ['forward weights as feedback', 'options.feedbackWeights as BroadcastKind', "'symmetric'"],
      [
        'a synapse sees the output error',
        'taught.apical[l]!,\n',
        `k.map((t, e) => t + e, taught.apical[l]!, k.sum(outputError, ${TOTAL})),\n`,
      ],
      [
        'a synapse sees the input of its neighbours',
        'pre: forward.psp[l]!',
        `pre: k.map((x, all) => x / (1 + all * all), forward.psp[l]!, k.sum(forward.psp[l]!, ${TOTAL}))`,
      ],
      [
        'a synapse sees the errors of the whole layer',
        'post: error, scale',
        `post: k.map((e, all) => e + all, error, k.sum(error, ${TOTAL})), scale`,
      ],
      ['the output layer is not felt', 'sigmoid(t) - sigmoid(f)', 'sigmoid(0.5 + 0 * t) - sigmoid(0 * f)'],
    ],
  ),
  ...faultsOf(
    'segregated-dendrite',
    ['locality'],
    [
      [
        'feedback knows the signs of the forward weights',
        'if (this.fixed) return this.fixed;',
        'if (this.fixed) return this.fixed.map((b, l, { length }) => (l < length - 1 ? b : this.#k.map((y, w) => (w < 0 ? -y : y), b, this.#network.connections.at(-1)!.weights)));',
      ],
      [
        'symmetric feedback without magnitudes',
        "if (this.#kind === 'symmetric') return products;",
        "if (this.#kind === 'symmetric') return products.map((w) => this.#k.map((x) => (x > 0 ? 1 : -1), w));",
      ],
    ],
    'networks/broadcast.ts',
  ),
  ...faultsOf(
    'equilibrium-propagation',
    ['locality-settled'],
    [
      [
        'a synapse sees the output error',
        'contrasts(k, energy, input, nudged,',
        `contrasts(k, energy, input, ${told('nudged', 'k.map((t, y) => t - y, target, energy.output(free))')},`,
      ],
      [
        'a synapse sees the target',
        'contrasts(k, energy, input, nudged,',
        `contrasts(k, energy, input, ${told('nudged', 'target')},`,
      ],
    ],
  ),
  ...faultsOf(
    'contrastive-hebbian',
    ['locality-settled'],
    [
      [
        'a synapse sees the output error',
        'contrasts(k, energy, input, clamped,',
        `contrasts(k, energy, input, ${told('clamped', 'k.map((t, y) => t - y, target, energy.output(free))')},`,
      ],
    ],
  ),
  ...faultsOf(
    'contrast',
    ['locality-settled'],
    [
      [
        'a synapse sees the input of its neighbours',
        'products: [{ pre: input,',
        `products: [{ pre: k.map((x, all) => x / all, input, k.sum(input, ${TOTAL})),`,
      ],
      [
        'a synapse sees the presynaptic rates of its neighbours',
        'k.map((r, f) => f * r, rate, factor)',
        `k.map((r, f, all) => (f * r) / all, rate, factor, k.sum(pre[1], ${TOTAL}))`,
      ],
      [
        'a synapse sees the rates of the whole layer',
        'k.map((r, f) => f * r, rate, factor)',
        `k.map((r, f, all) => (f * r) / all, rate, factor, k.sum(post[1], ${TOTAL}))`,
      ],
    ],
  ),
  ...faultsOf(
    'settling',
    ['locality-settled'],
    [
      [
        'nothing is felt below the last hidden layer',
        'k.matmul(state[l + 1]!.rate, synapses[l + 1]!.weights, {',
        'k.matmul(state[l + 1]!.rate, synapses[l + 1]!.weights, {\n      scale: l === 0 ? 0 : 1,',
      ],
    ],
    'networks/settling.ts',
  ),
];
