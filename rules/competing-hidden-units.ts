import { type Tensor, UserError } from '../kernels/index.ts';
import { type CompetitiveNetwork, checkCompetitive, competitiveNetwork } from '../networks/index.ts';
import { type Direction, outerProduct } from './direction.ts';
import { largestOfRows } from './largest.ts';
import type { OptionValues } from './options.ts';
import { readoutRates } from './readout-rates.ts';
import { defineRule, type Minibatch, type Recipe, type Rule, type RuleContext } from './rule.ts';

const OPTIONS = {
  p: {
    default: 2,
    min: 1,
    search: { choices: [2, 3] },
    description:
      'Lebesgue norm: the weights of a hidden neuron come to lie on the sphere of radius R in this norm.',
  },
  radius: {
    default: 0.08,
    above: 0,
    search: { logUniform: [0.03, 0.3] },
    description: 'R, synaptic scale: the radius of that sphere, to which potentials are proportional.',
  },
  rank: {
    default: 2,
    min: 2,
    integer: true,
    search: { choices: [2, 4, 7] },
    description: 'k: beside the neuron with the largest overlap, the one with the k-th largest changes.',
  },
  antiHebbian: {
    default: 0.4,
    min: 0,
    search: { uniform: [0, 0.5] },
    description: 'Δ, strength of the anti-Hebbian change of that neuron, where that of the largest is 1.',
  },
  power: {
    default: 2,
    above: 0,
    search: { choices: [1, 2, 3, 4.5] },
    description: 'n: the rate of a hidden neuron is the n-th power of its rectified potential.',
  },
} as const;

/** Keeps an update in which nothing changes from being divided by 0 (authors' notebook). */
const SMALLEST = 1e-30;

/** The hidden layers learn at one rate; that of the read-out falls with the number of neurons that it reads, if they are many. */
const rates = (layers: readonly number[], hidden: number, readout: number): number[] =>
  readoutRates(layers, hidden, Math.min(10, readout / layers.at(-2)!));

const RECIPES: readonly Recipe[] = [
  {
    name: 'few-epochs',
    source: 'chosen here, for runs of a few epochs; not published',
    settings: (layers) => ({
      activation: 'relu',
      initial: 'lecun-normal',
      optimizer: 'momentum',
      learningRate: rates(layers, 0.01, 10000),
      schedule: 'linear',
      batch: 50,
    }),
  },
  {
    name: 'krotov-hopfield-2019',
    source:
      "features as in the authors' notebook (DimaKrotov/Biological_Learning, MNIST, 200 epochs); the read-out was chosen here",
    figure:
      '1.46 % test error on MNIST, 784-2000-10, by secondary sources, with another p, k and n; the paper could not be read',
    settings: (layers) => ({
      activation: 'relu',
      initial: 'lecun-normal',
      optimizer: 'sgd',
      learningRate: rates(layers, 0.02, 50000),
      schedule: 'linear',
      batch: 100,
      options: { p: 2, rank: 2, antiHebbian: 0.4 },
    }),
  },
];

export const competingHiddenUnits = defineRule({
  name: 'competing-hidden-units',
  title: 'Competing hidden units',
  family: 'Hebbian competition',
  source: 'Krotov & Hopfield 2019, PNAS 116:7723',
  summary:
    'Hidden neurons compete for each image, without labels: the most excited one moves towards it, the k-th away from it; a read-out on top is taught.',
  equations: `
    overlap of neuron j:   Q_j = Σ_i sign(w_ij) |w_ij|^(p−1) x_i
    g_j = 1 for the largest overlap, −Δ for the k-th largest, 0 for the others
    δw_ij = Σ_batch g_j (R^p x_i − Q_j w_ij),   Δw = ε R δw / max |δw|
    h_j = max(Σ_i w_ij x_i, 0)^n,   read-out: y = softmax(h S),   ΔS = −η hᵀ (y − t)`,
  notes:
    'This is the fast implementation of the paper: the final state of the competition is taken from the order of the overlaps in place of the ' +
    'dynamics of lateral inhibition. As in the notebook of the authors (DimaKrotov/Biological_Learning), Δ is the same for all images and the ' +
    'largest change of a minibatch is ε, here in units of R, so that R scales potentials alone; R = 1 there. In the paper the ' +
    'features learn first and the read-out, y = tanh(β h S), is then taught to minimise Σ |y − t|^m with t = ±1. Here both learn ' +
    'in one run: the read-out follows features that change ever less, under the loss of the experiment, cross-entropy where ' +
    'you do not choose. R is small beside the initial weights, as it is in the notebook, whose weights start from N(0, 1): a neuron that has never won has ' +
    'large overlaps, and wins soon; with a large R few of few neurons would ever win. Each further hidden layer competes for the ' +
    'rates of the one below; the paper has one. `--task probe:hidden-1` scores the features alone. With few images or large ε the ' +
    'anti-Hebbian change can silence most neurons: the guard of dead layers tells it. What runs came to is in docs/measurements.md, under Without labels.',
  plausibility: {
    weightTransport: 'none',
    phases: ['one forward pass'],
    feedbackPathway: 'none',
    storedActivity: 'none',
    locality: [
      'presynaptic rate',
      'postsynaptic potential',
      'rank in its layer',
      'largest change of its layer',
    ],
  },
  network: competitiveNetwork,
  networkParameters: ({ power }) => ({ power }),
  // Rates shrink from layer to layer.
  trial: { hidden: [24], examples: 8000 },
  options: OPTIONS,
  recipes: RECIPES,
  checkOptions({ rank }, settings) {
    checkCompetitive(settings);
    const smallest = Math.min(...settings.layers.slice(1, -1));
    if (rank > smallest)
      throw new UserError(
        `the option 'rank' of the rule 'competing-hidden-units' is ${rank}, but there is a hidden layer of ${smallest}: make it at most that`,
      );
  },
  build: (context) => new CompetingHiddenUnits(context),
});

class CompetingHiddenUnits implements Rule {
  readonly #context: RuleContext<typeof OPTIONS, CompetitiveNetwork>;
  readonly #options: OptionValues<typeof OPTIONS>;
  /** 0, 1, 2, ... beside each connection: of its postsynaptic neurons and of its presynaptic ones, each in a row. */
  readonly #numbers: readonly { readonly to: Tensor; readonly from: Tensor }[];

  constructor(context: RuleContext<typeof OPTIONS, CompetitiveNetwork>) {
    const { network, kernels: k, options } = context;
    this.#context = context;
    this.#options = options;
    const numbers = network.populations.map(({ name, size }) =>
      k.state(
        `numbers of ${name}`,
        1,
        size,
        Float32Array.from({ length: size }, (_, i) => i),
      ),
    );
    this.#numbers = network.connections.map((_, l) => ({ from: numbers[l]!, to: numbers[l + 1]! }));
  }

  learn({ input, target }: Minibatch) {
    const { network } = this.#context;
    const activity = network.forward(input);
    const { rate: output } = activity.at(-1)!;
    const hidden = network.connections.slice(0, -1).map((_, l) => this.#compete(l, activity[l]!.rate));
    const readout = outerProduct(
      network.connections.at(-1)!,
      activity.at(-2)!.rate,
      network.outputError(activity, target),
      1 / input.rows,
    );
    return { output, directions: [...hidden, readout] };
  }

  /** What images teach connection `l` (0 leaves the input). @param input rates below, batch x from.size */
  #compete(l: number, input: Tensor): Direction {
    const { kernels: k, network } = this.#context;
    const { p, radius } = this.#options;
    const connection = network.connections[l]!;
    const { weights } = connection;
    // <w, x> with the metric |w|^(p - 2): what makes the sphere that of the p-norm
    const metric =
      p === 2
        ? weights
        : k.map(
            (w, q) => (w < 0 ? -1 : 1) * Math.exp(q * Math.log(Math.max(Math.abs(w), 1e-30))),
            weights,
            p - 1,
          );
    const overlap = k.matmul(input, metric);
    const g = this.#strengths(l, overlap);
    const change = k.matmul(input, g, { transposeA: true, scale: radius ** p });
    const drawn = k.sum(
      k.map((g, q) => g * q, g, overlap),
      { over: 'rows' },
    );
    k.mapInto(change, (d, q, w) => d - q * w, change, drawn, weights);
    const largest = this.#largest(
      l,
      k.map((d) => Math.abs(d), change),
    );
    // A direction is subtracted.
    const direction = k.map(
      (d, most, least, r) => (-r * d) / Math.max(most, least),
      change,
      largest,
      SMALLEST,
      radius,
    );
    return {
      connection,
      products: [],
      estimate: { weights: direction, bias: k.constant(0, 1, connection.to.size) },
      biases: false,
    };
  }

  /** g of each neuron for each image, batch x to.size. */
  #strengths(l: number, overlap: Tensor): Tensor {
    const { kernels: k } = this.#context;
    const { rank, antiHebbian } = this.#options;
    const { to: numbers } = this.#numbers[l]!;
    const first = k.argmax(overlap);
    let [last, left] = [first, overlap];
    for (let place = 2; place <= rank; place++) {
      left = k.map((q, number, taken) => (number === taken ? -3e38 : q), left, numbers, last);
      last = k.argmax(left);
    }
    return k.map(
      (number, first, last, delta) => (number === first ? 1 : number === last ? -delta : 0),
      numbers,
      first,
      last,
      antiHebbian,
    );
  }

  /** The largest of positive numbers, from.size x to.size; 1 x 1. */
  #largest(l: number, values: Tensor): Tensor {
    const { kernels: k } = this.#context;
    const { from, to } = this.#numbers[l]!;
    return largestOfRows(k, k.transpose(largestOfRows(k, values, to)), from);
  }
}
