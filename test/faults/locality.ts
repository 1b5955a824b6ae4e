import { type Fault, faultsOf } from './fault.ts';

const TOTAL = "{ over: 'columns' }";
/** The first hidden layer of a settled state with the sum of an error added to its rates. */
const told = (state: string, error: string) =>
  `${state}.map((a, l) => (l === 0 ? { ...a, rate: k.map((r, e) => r + 0.01 * e, a.rate, k.sum(${error}, ${TOTAL})) } : a))`;

const OUTPUT_ERROR = (target: string) => `k.map((t, y) => t - y, ${target}, network.output(free.state))`;
const ERRORS =
  'layerErrors(network, activity, target, (error, l) => $k.matmul(error, feedback[l - 1].connection.weights))';
/** Feedback alignment with something else for the feedback weights. */
const errorsThrough = (weights: string) =>
  `layerErrors(network, activity, target, (error, l) => $k.matmul(error, ${weights}))`;
const FORWARD = '$k.transpose(network.connections[l]!.weights)';

/** Synapses that see what the ledger does not list, or not what it lists: one fault for each kind of locality test. */
export const FAULTS: readonly Fault[] = [
  ...faultsOf(
    'feedback-alignment',
    ['locality'],
    [
      [
        'feedback knows the signs of the forward weights',
        ERRORS,
        errorsThrough(`$k.map((b, w) => (w < 0 ? -b : b), feedback[l - 1]!.connection.weights, ${FORWARD})`),
      ],
      [
        'feedback knows the magnitudes of the forward weights',
        ERRORS,
        errorsThrough(`$k.map((b, w) => Math.abs(w) * b, feedback[l - 1]!.connection.weights, ${FORWARD})`),
      ],
      [
        'no error comes down',
        '$k.matmul(error, $feedback.connection.weights)',
        '$k.matmul(error, $feedback.connection.weights, { scale: 0 })',
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
      [
        'forward weights as feedback',
        'new BroadcastFeedback($k, $network, $kind, $width, $random)',
        "new BroadcastFeedback($k, $network, 'symmetric', $width, $random)",
      ],
      [
        'a synapse sees the output error',
        '[...this.#hiddenErrors(phases), this.#outputError(phases)]',
        `[
          ...this.#hiddenErrors(phases).map((e) =>
            this.#network.kernels.map((x, o) => x + o, e, this.#network.kernels.sum(this.#outputError(phases), ${TOTAL}))),
          this.#outputError(phases),
        ]`,
        'learn',
      ],
      [
        'a synapse sees the input of its neighbours',
        '[forward.psp[l], $error]',
        `[this.#network.kernels.map((x, all) => x / (1 + all * all), forward.psp[l]!, this.#network.kernels.sum(forward.psp[l]!, ${TOTAL})), $error]`,
      ],
      [
        'a synapse sees the errors of the whole layer',
        '[$psp, errors[l]]',
        `[$psp, this.#network.kernels.map((e, all) => e + all, errors[l]!, this.#network.kernels.sum(errors[l]!, ${TOTAL}))]`,
      ],
      [
        'the output layer is not felt',
        '-k_B * phi_max * (t - f) * s * (1 - s)',
        '-k_B * phi_max * (0.5 + 0 * t - 0 * f) * s * (1 - s)',
      ],
    ],
  ),
  ...faultsOf(
    'segregated-dendrite',
    ['locality'],
    [
      [
        'feedback knows the signs of the forward weights',
        'if (this.fixed) return this.fixed.map(({ connection }) => connection.weights);',
        `if (this.fixed)
          return this.fixed.map(({ connection }, l, { length }) =>
            l < length - 1
              ? connection.weights
              : this.#k.map(
                  (y, w) => (w < 0 ? -y : y),
                  connection.weights,
                  this.#k.transpose(this.#network.connections.at(-1)!.weights),
                ),
          );`,
      ],
      [
        'symmetric feedback without magnitudes',
        'return products;',
        "return this.#kind === 'symmetric' ? products.map((w) => this.#k.map((x) => (x > 0 ? 1 : -1), w)) : products;",
        'weights',
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
        'contrast(k, network, $input, s1, s2, inverse)',
        `contrast(k, network, $input, s1, ${told('s2', OUTPUT_ERROR('target'))}, inverse)`,
      ],
      [
        'a synapse sees the target',
        'contrast(k, network, $input, s1, s2, inverse)',
        `contrast(k, network, $input, s1, ${told('s2', 'target')}, inverse)`,
      ],
    ],
  ),
  ...faultsOf(
    'contrastive-hebbian',
    ['locality-settled'],
    [
      [
        'a synapse sees the output error',
        'contrast(k, network, batch.input, free.state, $clamped, 1)',
        `contrast(k, network, batch.input, free.state, ${told('$clamped', OUTPUT_ERROR('batch.target'))}, 1)`,
      ],
    ],
  ),
  ...faultsOf(
    'contrast',
    ['locality-settled'],
    [
      [
        'a synapse sees the input of its neighbours',
        '{ pre: input, post, scale: 1 / input.rows }',
        `{ pre: k.map((x, all) => x / all, input, k.sum(input, ${TOTAL})), post, scale: 1 / input.rows }`,
      ],
      [
        'a synapse sees the presynaptic rates of its neighbours',
        '(rate) => $k.map((r, f) => f * r, rate, factor)',
        `(rate: Tensor) => $k.map((r, f, all) => (f * r) / all, rate, factor, $k.sum(pre[1], ${TOTAL}))`,
      ],
      [
        'a synapse sees the rates of the whole layer',
        '(rate) => $k.map((r, f) => f * r, rate, factor)',
        `(rate: Tensor) => $k.map((r, f, all) => (f * r) / all, rate, factor, $k.sum(post[1], ${TOTAL}))`,
      ],
    ],
  ),
  ...faultsOf(
    'energy',
    ['locality-settled'],
    [
      [
        'nothing is felt below the last hidden layer',
        '$k.matmul(state[l + 1].rate, synapses[l + 1].weights, { transposeB: true, ...$more })',
        '$k.matmul(state[l + 1]!.rate, synapses[l + 1]!.weights, { scale: l === 0 ? 0 : 1, transposeB: true, ...$more })',
      ],
    ],
    'networks/energy.ts',
  ),
];
