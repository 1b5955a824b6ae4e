import { type Tensor, UserError } from '../kernels/index.ts';
import { type Activity, layeredNetwork } from '../networks/index.ts';
import { type Direction, outerProduct } from './direction.ts';
import type { OptionValues } from './options.ts';
import { readoutRates } from './readout-rates.ts';
import { defineRule, type Minibatch, type Recipe, type Rule, type RuleContext } from './rule.ts';
import { EyeMovement, sideOf } from './views.ts';

const OPTIONS = {
  shift: {
    default: 2,
    min: 0,
    integer: true,
    search: { choices: [1, 2, 3] },
    description: 'The most pixels by which an image moves from one view to the next, in each direction.',
  },
  predictive: {
    default: 1,
    min: 0,
    description: 'Weight of the predictive term; 1 in the paper, 0 for Hebbian learning alone.',
  },
  hebbian: {
    default: 1,
    min: 0,
    search: { logUniform: [0.1, 10] },
    description: 'λ₁, weight of the Hebbian term, which keeps the variance of each neuron from going to 0.',
  },
  decorrelation: {
    default: 10,
    min: 0,
    search: { logUniform: [1, 100] },
    description: 'λ₂, weight of the term that makes neurons of a layer differ from each other.',
  },
} as const;

/** ε, which keeps a neuron that is always the same from being divided by 0 (authors' code). */
const SMALLEST = 1e-4;

const RECIPES: readonly Recipe[] = [
  {
    name: 'few-epochs',
    source: 'Halvagal & Zenke 2023, code, with a batch, a read-out and a schedule that were chosen here',
    settings: (layers) => ({
      activation: 'relu',
      initial: 'he-normal',
      optimizer: 'adam',
      learningRate: readoutRates(layers, 0.001, 0.01),
      schedule: 'linear',
      batch: 50,
    }),
  },
];

export const lpl = defineRule({
  name: 'lpl',
  title: 'Latent predictive learning',
  family: 'local self-supervision',
  source: 'Halvagal & Zenke 2023, Nat. Neurosci. 26:1906',
  summary:
    'Each layer learns by itself to answer a view of an image as it did the view before, and its neurons to vary and to differ; a read-out on top is taught.',
  equations: `
    z′: rates for an image,   z: rates for the same image, moved by a few pixels
    L_l = mean (z − z′)² − λ₁ mean_j log(σ_j² + ε) + λ₂ / (M² − M) Σ_{j≠k} C_jk²,   z′ and mean z are constants
    σ², C: variances and covariances over B images,   M: neurons of the layer
    δ = [2 (z − z′) / (B M) − 2 λ₁ (z − mean z) / ((B − 1) M (σ² + ε)) + 4 λ₂ (z − mean z) C_off / ((B − 1) (M² − M))] ∘ f′(v)
    ΔW_l = −η hᵀ δ,   h: rates below for the moved image
    read-out: y = softmax(h_{L−1} W_L),   ΔW_L = −η h_{L−1}ᵀ (y − t)`,
  notes:
    'This is the gradient of the loss in the code of the authors (fmi-basel/latent-predictive-learning). The decorrelation and the rule that the ' +
    'paper prints (eqs. 6 and 7) are not: by the erratum in that repository the square stands outside of the sum over the batch. Here ' +
    'rates of the view before are past and have no gradient, and the Hebbian term is that of the second view; in the code both views ' +
    'have gradients and the term is the mean of both. Views are small movements of the eye, the same for all images of a ' +
    'minibatch; in the paper they are augmented crops. Variances and covariances are those of the minibatch, in the code too; the ' +
    'online form of the paper has running ones. The read-out learns in the same run, at images that have not moved, and teaches nothing ' +
    'below: `--task probe:hidden-1` scores the features alone. Published accuracies are of convolutional networks on other images. What runs came to is in docs/measurements.md, under Without labels.',
  plausibility: {
    weightTransport: 'none',
    phases: ['first view', 'second view'],
    feedbackPathway: 'none',
    storedActivity: 'rates of the first view, their mean and variance',
    locality: ['presynaptic rate', 'postsynaptic potential', 'covariances in its layer'],
  },
  network: layeredNetwork,
  trial: { hidden: [48, 24], examples: 8000 },
  options: OPTIONS,
  recipes: RECIPES,
  checkOptions({ shift }, { layers, batch = 2 }) {
    if (shift > 0) sideOf(layers[0]!, 'lpl');
    if (batch < 2)
      throw new UserError("batch: the rule 'lpl' needs variances over a minibatch, so of 2 or more");
  },
  build: (context) => new LatentPredictiveLearning(context),
});

class LatentPredictiveLearning implements Rule {
  readonly #context: RuleContext<typeof OPTIONS>;
  readonly #options: OptionValues<typeof OPTIONS>;
  readonly #eye: EyeMovement;

  constructor(context: RuleContext<typeof OPTIONS>) {
    const { network, kernels, options } = context;
    this.#context = context;
    this.#options = options;
    this.#eye = new EyeMovement(kernels, network.populations[0]!.size, options.shift);
  }

  learn({ input, target }: Minibatch) {
    const { network } = this.#context;
    const [before, now] = [network.forward(input), network.forward(this.#eye.move(input))];
    const hidden = network.connections.slice(0, -1).map((connection, l): Direction => {
      const error = this.#error(before[l + 1]!, now[l + 1]!);
      const post = network.throughActivation(l + 1, error, now);
      return outerProduct(connection, now[l]!.rate, post, 1);
    });
    const { rate: output } = before.at(-1)!;
    const readout = outerProduct(
      network.connections.at(-1)!,
      before.at(-2)!.rate,
      network.outputError(before, target),
      1 / input.rows,
    );
    return { output, directions: [...hidden, readout] };
  }

  /** Derivative of the loss of a layer by its rates in the second view, batch x size. */
  #error({ rate: previous }: Activity, { rate }: Activity): Tensor {
    const { kernels: k } = this.#context;
    const { predictive, hebbian, decorrelation } = this.#options;
    const [batch, size] = [rate.rows, rate.columns];
    const mean = k.sum(rate, { over: 'rows', scale: 1 / batch });
    const centred = k.map((z, mean) => z - mean, rate, mean);
    const covariance = k.matmul(centred, centred, { transposeA: true, scale: 1 / (batch - 1) });
    const variance = k.sum(
      k.map((d) => d * d, centred),
      { over: 'rows', scale: 1 / (batch - 1) },
    );
    // (z - mean z) C without the diagonal of C
    const correlated = k.matmul(centred, covariance);
    return k.map(
      (z, before, d, variance, correlated, p, h, c, smallest) =>
        p * (z - before) - (h * d) / (variance + smallest) + c * (correlated - variance * d),
      rate,
      previous,
      centred,
      variance,
      correlated,
      (2 * predictive) / (batch * size),
      (2 * hebbian) / ((batch - 1) * size),
      (4 * decorrelation) / ((batch - 1) * Math.max(1, size * size - size)),
      SMALLEST,
    );
  }
}
