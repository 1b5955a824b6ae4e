import type { Kernels, Tensor } from '../kernels/index.ts';
import { type Activity, type LayeredNetwork, layeredNetwork } from '../networks/index.ts';
import { gradient } from './backprop.ts';
import type { Direction } from './direction.ts';
import { errorDirections } from './layer-errors.ts';
import type { OptionValues } from './options.ts';
import {
  defineRule,
  type Minibatch,
  type Observation,
  type Rule,
  type RuleContext,
  type RuleOutput,
} from './rule.ts';

/** How much of the running means of rewards and potentials is left after a minibatch; chosen here. */
const DECAY = 0.9;

const OPTIONS = {
  post: {
    default: 'noise',
    choices: ['noise', 'potential'],
    description:
      'The postsynaptic factor: the noise, by which the neuron differs from what its input makes of it; or by how much its potential differs from its running mean.',
  },
  sigma: {
    default: 1,
    above: 0,
    description: 'Standard deviation σ of the noise in the potentials, by which neurons explore.',
    search: { logUniform: [0.1, 3] },
  },
} as const;

export const threeFactorHebbian = defineRule({
  name: 'three-factor-hebbian',
  title: 'Three-factor Hebbian learning',
  family: 'perturbation',
  source:
    'Williams 1992, Machine Learning 8:229-256 (post=noise); Legenstein, Chase, Schwartz & Koyama 2010, J. Neurosci. 30:8400-8410 (post=potential); Frémaux & Gerstner 2016, Front. Neural Circuits 9:85',
  summary:
    'Synapses learn from presynaptic activity, from what their neuron did beyond expectation, and from a reward that all neurons hear of.',
  equations: `
    v_l = h_{l−1} W_l + ξ_l,   h_l = f(v_l),   ξ_l ~ N(0, σ²),   reward R = −L of each example
    post=noise:       ΔW_l = η h_{l−1}ᵀ (R − R̄) ξ_l
    post=potential:   ΔW_l = η h_{l−1}ᵀ (R − R̄) (v_l − v̄_l)
    R̄, v̄_l: running means over minibatches
    hence with post=noise E[ΔW_l] = η σ² ∂E[R]/∂W_l`,
  notes:
    'A control: what a global reward and local activity teach by themselves. There is one pass: unlike node-perturbation it has none without noise, whose reward ' +
    'would tell what the noise alone changed. With post=noise it is REINFORCE for Gaussian neurons, an unbiased estimate of large variance. With post=potential ' +
    'a neuron need not know its noise. In the paper one input stays for long, so that the running mean is what the potential would be without noise; here each ' +
    'example is another digit, the difference is mostly what the digits do, and nothing is learned: on the embedded digits (784-50-10, five epochs, seed 1) the test error is 88 % at a learning rate of 0.001 and 85 % at 0.0001 (with σ = 0.1), ' +
    'beside 20 % with post=noise. Published equations are for a weight at a time; the means, their time constant of ten minibatches, σ and the learning rate were chosen here. Means start at 0, so ' +
    'that the first minibatches are worse than expected.',
  plausibility: {
    weightTransport: 'none',
    phases: ['forward pass with noise in all neurons'],
    feedbackPathway: 'global',
    storedActivity: 'running mean of the reward',
    locality: ['presynaptic rate', 'postsynaptic noise', 'global reward'],
  },
  network: layeredNetwork,
  trial: { examples: 8000 },
  options: OPTIONS,
  recipes: [
    {
      name: 'small-steps',
      source:
        'chosen here: with σ = 1 the variance of the estimate asks for a learning rate far below that of backprop',
      settings: () => ({ learningRate: [0.003] }),
    },
  ],
  build: (context) => new ThreeFactorHebbian(context),
});

/** One pass with noise. */
interface Pass {
  /** Input first. */
  readonly activity: readonly Activity[];
  /** ξ of the populations above the input, batch x size each. */
  readonly noise: readonly Tensor[];
  /** R, batch x 1. */
  readonly reward: Tensor;
}

class ThreeFactorHebbian implements Rule {
  readonly #network: LayeredNetwork;
  readonly #kernels: Kernels;
  readonly #options: OptionValues<typeof OPTIONS>;
  readonly #meanReward: Tensor;
  /** v̄ of the populations above the input, 1 x size each; none where the noise counts. */
  readonly #meanPotentials: readonly Tensor[];

  constructor({ network, kernels: k, options }: RuleContext<typeof OPTIONS, LayeredNetwork>) {
    this.#network = network;
    this.#kernels = k;
    this.#options = options;
    this.#meanReward = k.state('mean reward', 1, 1);
    this.#meanPotentials =
      options.post === 'noise'
        ? []
        : network.connections.map(({ to }) => k.state(`mean potential of ${to.name}`, 1, to.size));
  }

  learn(batch: Minibatch): RuleOutput {
    const pass = this.#pass(batch);
    const directions = this.#directions(pass);
    this.#follow(this.#meanReward, pass.reward);
    for (const [l, mean] of this.#meanPotentials.entries())
      this.#follow(mean, pass.activity[l + 1]!.potential);
    return { output: pass.activity.at(-1)!.rate, directions };
  }

  observe(batch: Minibatch): Observation {
    const undisturbed = this.#network.forward(batch.input);
    return {
      directions: this.#directions(this.#pass(batch)),
      gradient: gradient(this.#kernels, this.#network, undisturbed, batch.target),
      firingRates: undisturbed.slice(1).map(({ rate }) => rate),
    };
  }

  #pass({ input, target }: Minibatch): Pass {
    const [k, network] = [this.#kernels, this.#network];
    const activity: Activity[] = [{ potential: input, rate: input }];
    const noise: Tensor[] = [];
    for (const { weights, bias, to } of network.connections) {
      const xi = k.normal(`noise in ${to.name}`, input.rows, to.size, 0, this.#options.sigma);
      const current = k.matmul(activity.at(-1)!.rate, weights);
      const potential = k.mapInto(current, (i, b, xi) => i + b + xi, current, bias!, xi);
      activity.push({ potential, rate: network.rate(to, potential) });
      noise.push(xi);
    }
    const reward = k.sum(network.loss(activity.at(-1)!.rate, target), { over: 'columns', scale: -1 });
    return { activity, noise, reward };
  }

  #directions({ activity, noise, reward }: Pass): Direction[] {
    const k = this.#kernels;
    // Directions are descended, and the reward is to rise.
    const surprise = k.map((r, mean) => mean - r, reward, this.#meanReward);
    const errors = noise.map((xi, l) =>
      this.#options.post === 'noise'
        ? k.map((xi, s) => s * xi, xi, surprise)
        : k.map(
            (v, mean, s) => s * (v - mean),
            activity[l + 1]!.potential,
            this.#meanPotentials[l]!,
            surprise,
          ),
    );
    return errorDirections(this.#network, activity, errors);
  }

  /** Moves a running mean on by the mean over the minibatch. */
  #follow(mean: Tensor, values: Tensor): void {
    const k = this.#kernels;
    const now = k.sum(values, { over: 'rows', scale: 1 / values.rows });
    k.mapInto(mean, (m, now, decay) => decay * m + (1 - decay) * now, mean, now, DECAY);
  }
}
