import { type Kernels, type StepInfo, type Tensor, UserError } from '../kernels/index.ts';
import { type Activity, type LayeredNetwork, layeredNetwork, type Synapses } from '../networks/index.ts';
import { type Direction, outerProduct, type Product } from './direction.ts';
import { copySynapses, descend } from './moving-synapses.ts';
import type { OptionTable, OptionValues } from './options.ts';
import { defineRule, type Minibatch, type Rule, type RuleContext, type RuleOutput } from './rule.ts';

const OPTIONS = {
  variant: {
    default: 'strict',
    choices: ['strict', 'fixed-prediction', 'zero-divergence'],
    description:
      'How hidden layers are inferred: by descent of F (strict), with predictions and derivatives held at their values in the forward pass (fixed-prediction, Rosenbaum 2022), or in as many steps of rate 1 as there are connections, each of which learns as the error reaches it (zero-divergence, Song et al. 2020: backprop).',
  },
  iterations: {
    default: 20,
    integer: true,
    min: 1,
    description: 'Steps T of the inference; zero-divergence has a number of its own.',
  },
  inferenceRate: {
    default: 0.1,
    above: 0,
    max: 1,
    search: { logUniform: [0.03, 0.5] },
    description: 'Size γ of a step of the inference; zero-divergence has steps of 1.',
  },
  outputVariance: {
    default: 1,
    above: 0,
    search: { logUniform: [1, 100] },
    description:
      'Variance σ² of the outputs, where hidden layers have 1: the larger it is, the less the target moves the hidden layers, and the closer are the updates to backprop.',
  },
  nudging: {
    default: 'none',
    choices: ['none', 'positive', 'negative', 'random-sign'],
    description:
      'What outputs are clamped to: the target (none), or, a part beta of the way, towards it (positive), away from it (negative), or either, drawn anew for each minibatch (random-sign).',
  },
  beta: {
    default: 0.5,
    above: 0,
    max: 1,
    description: 'Strength of the nudging; without nudging it is not used.',
  },
  incremental: {
    default: false,
    description:
      'The weights follow each step of the inference (Salvatori et al. 2024); needs the variant strict, and plain sgd at a constant learning rate.',
  },
} as const satisfies OptionTable;

export const predictiveCoding = defineRule({
  name: 'predictive-coding',
  title: 'Predictive coding',
  family: 'predictive coding',
  source: 'Whittington & Bogacz 2017, Neural Comput. 29:1229-1262',
  summary:
    'Each layer predicts the next; with the output clamped to the target, hidden potentials settle to small errors of prediction, and the errors that are left teach the weights.',
  equations: `
    μ_l = f(x_{l−1}) W_l + b_l,   ε_l = x_l − μ_l,   x_0 given (f(x_0) = x_0),   ε_L = −∂loss/∂μ_L / σ²
    F = ½ Σ_{l<L} ‖ε_l‖² + loss(μ_L, t) / σ²,   with squared error and linear outputs ½ ‖t − μ_L‖² / σ²
    first x_l = μ_l (forward pass), then T steps
    x_l ← x_l + γ (−ε_l + f′(x_l) ∘ (ε_{l+1} W_{l+1}ᵀ)) = x_l − γ ∂F/∂x_l   for 0 < l < L
    ΔW_l = η σ² f(x_{l−1})ᵀ ε_l = −η σ² ∂F/∂W_l
    nudging: t is replaced by t_β = y + β (t − y), with y the outputs of the forward pass, and ΔW_l divided by β;
    β < 0 for negative nudging`,
  notes:
    'The activation is applied to what leaves a layer, and F takes the loss of any readout in place of the squared error, as in Rosenbaum 2022. ' +
    "The factor σ² keeps learning rates comparable, as in the authors' code, whose example has σ² = 10; " +
    'where σ² is large the updates approach backprop, which a small error alone does not do. ' +
    'All layers move at once, each from the old state of the others. ' +
    'Nudging is that of Pinchetti et al. 2025, arXiv:2407.01163, where random-sign is called centred and draws the sign for each epoch. ' +
    'Predictions of a trained network are a forward pass.',
  plausibility: {
    weightTransport: 'exact',
    phases: ['forward pass', 'inference with the output clamped'],
    feedbackPathway: 'layerwise',
    storedActivity: 'none',
    locality: ['presynaptic rate', 'postsynaptic potential', 'error from above'],
  },
  network: layeredNetwork,
  options: OPTIONS,
  checkOptions({ incremental, variant }, { optimizer, schedule, weightDecay }) {
    if (!incremental) return;
    if (variant !== 'strict')
      throw new UserError(
        `the option 'incremental' of the rule 'predictive-coding' needs the option 'variant' to be strict, not '${variant}'`,
      );
    if (optimizer !== 'sgd' || schedule !== 'constant' || weightDecay > 0)
      throw new UserError(
        "the option 'incremental' of the rule 'predictive-coding' needs the optimizer sgd, a constant schedule and no weight decay",
      );
  },
  build: (context) => new PredictiveCoding(context),
});

/** The activity of every layer, input first: potentials x_l and rates f(x_l). The last is that of the forward pass, and not looked at. */
type State = readonly Activity[];

/** What holds while hidden layers are inferred. */
interface Clamped {
  /** Of the forward pass. */
  readonly forward: State;
  /** What outputs are clamped to, batch x outputs. */
  readonly target: Tensor;
  /** σ² / β, a number or 1 x 1: what directions are multiplied by. */
  readonly scale: number | Tensor;
}

class PredictiveCoding implements Rule {
  readonly #k: Kernels;
  readonly #network: LayeredNetwork;
  readonly #options: OptionValues<typeof OPTIONS>;
  readonly #learningRate: readonly number[];
  /** Of beta, in each minibatch, for the nudging random-sign. */
  readonly #sign: (info: StepInfo) => 1 | -1;

  constructor({ kernels, network, options, optimizer, random }: RuleContext<typeof OPTIONS>) {
    const signs = random('sign of beta');
    this.#k = kernels;
    this.#network = network;
    this.#options = options;
    this.#learningRate = optimizer.learningRate;
    this.#sign = ({ step }) => ((signs.wordAt(step) & 1) === 1 ? -1 : 1);
  }

  learn({ input, target }: Minibatch): RuleOutput {
    const forward = this.#network.forward(input);
    return {
      output: forward.at(-1)!.rate,
      directions: this.#infer({ forward, ...this.#clamp(forward, target) }),
    };
  }

  #clamp(forward: State, target: Tensor): Omit<Clamped, 'forward'> {
    const { nudging, outputVariance } = this.#options;
    if (nudging === 'none') return { target, scale: outputVariance };
    const beta = this.#k.hostScalar('beta', (info) => this.#beta(info));
    return {
      target: this.#k.map((y, t, b) => y + b * (t - y), forward.at(-1)!.rate, target, beta),
      scale: this.#k.hostScalar('σ² / β', (info) => outputVariance / this.#beta(info)),
    };
  }

  /** With its sign. */
  #beta(info: StepInfo): number {
    const { nudging, beta } = this.#options;
    const isNegative = nudging === 'negative' || (nudging === 'random-sign' && this.#sign(info) < 0);
    return isNegative ? -beta : beta;
  }

  #infer(clamped: Clamped): Direction[] {
    const { variant, incremental } = this.#options;
    if (incremental) return this.#incremental(clamped);
    switch (variant) {
      case 'strict':
        return this.#strict(clamped);
      case 'fixed-prediction':
        return this.#fixedPrediction(clamped);
      case 'zero-divergence':
        return this.#zeroDivergence(clamped);
    }
  }

  /** Whittington & Bogacz 2017: the errors after T steps of descent of F. */
  #strict(clamped: Clamped): Direction[] {
    const { iterations, inferenceRate } = this.#options;
    let state = clamped.forward;
    for (let t = 0; t < iterations; t++)
      state = this.#relax(state, this.#errors(state, clamped), inferenceRate);
    return this.#directions(state, this.#errors(state, clamped), clamped);
  }

  /** Rosenbaum 2022, algorithm 3: mu_l, f(x_l) and f'(x_l) stay as they are in the forward pass, and errors alone move. */
  #fixedPrediction(clamped: Clamped): Direction[] {
    const { iterations, inferenceRate } = this.#options;
    const { forward } = clamped;
    let errors = this.#errors(forward, clamped);
    for (let t = 0; t < iterations; t++) {
      const descending = this.#descending(forward, errors);
      errors = errors.map((error, i) =>
        i < descending.length
          ? this.#k.map((e, d, g) => e + g * (d - e), error, descending[i]!, inferenceRate)
          : error,
      );
    }
    return this.#directions(forward, errors, clamped);
  }

  /** Song et al. 2020: with gamma = 1, the connection at distance t from the output learns from the errors of step t. */
  #zeroDivergence(clamped: Clamped): Direction[] {
    const last = this.#network.connections.length - 1;
    let state = clamped.forward;
    let errors = this.#errors(state, clamped);
    const directions = [this.#direction(last, state, errors, clamped)];
    for (let l = last - 1; l >= 0; l--) {
      state = this.#relax(state, errors, 1);
      errors = this.#errors(state, clamped);
      directions.unshift(this.#direction(l, state, errors, clamped));
    }
    return directions;
  }

  /**
   * Salvatori et al. 2024: in each step weights and potentials move together. The weights that move are copies; the optimizer makes the same
   * changes, those of all steps, in the weights themselves.
   */
  #incremental(clamped: Clamped): Direction[] {
    const k = this.#k;
    const { iterations, inferenceRate } = this.#options;
    const { connections } = this.#network;
    const moving = copySynapses(k, connections);
    const products = connections.map((): Product[] => []);
    let state = clamped.forward;
    for (let t = 0; t < iterations; t++) {
      const errors = this.#errors(state, clamped, moving);
      const step = this.#directions(state, errors, clamped);
      state = this.#relax(state, errors, inferenceRate, moving);
      for (const [l, direction] of step.entries()) {
        descend(k, moving[l]!, direction, this.#learningRate[l] ?? this.#learningRate[0]!);
        products[l]!.push(...direction.products);
      }
    }
    return connections.map((connection, l) => ({ connection, products: products[l]! }));
  }

  /** ε_l of every layer but the input, lowest first. @param moving weights that change from step to step */
  #errors(state: State, { forward, target }: Clamped, moving?: readonly Synapses[]): Tensor[] {
    const synapses = moving ?? this.#network.connections;
    return synapses.map((one, i) => {
      // What the input predicts stays, as long as the weights do.
      const mu = i === 0 && !moving ? forward[1]!.potential : this.#predict(state[i]!.rate, one);
      return i === synapses.length - 1
        ? this.#outputError(mu, target)
        : this.#k.map((x, m) => x - m, state[i + 1]!.potential, mu);
    });
  }

  /** mu_l = f(x_{l-1}) W_l + b_l */
  #predict(rate: Tensor, { weights, bias }: Synapses): Tensor {
    const current = this.#k.matmul(rate, weights);
    return bias ? this.#k.mapInto(current, (c, b) => c + b, current, bias) : current;
  }

  /** ε_L = -dloss/dmu_L / σ² */
  #outputError(potential: Tensor, target: Tensor): Tensor {
    const rate = this.#network.rate(this.#network.populations.at(-1)!, potential);
    const error = this.#network.outputError([{ potential, rate }], target);
    return this.#k.map((e, v) => -e / v, error, this.#options.outputVariance);
  }

  /** f'(x_l) ∘ (ε_{l+1} W_{l+1}ᵀ) of every hidden layer, lowest first. */
  #descending(
    state: State,
    errors: readonly Tensor[],
    synapses: readonly Synapses[] = this.#network.connections,
  ): Tensor[] {
    return synapses.slice(1).map(({ weights }, i) => {
      const arriving = this.#k.matmul(errors[i + 1]!, weights, { transposeB: true });
      return this.#network.throughActivation(i + 1, arriving, state);
    });
  }

  /** x_l <- x_l + gamma (-ε_l + f'(x_l) ∘ (ε_{l+1} W_{l+1}ᵀ)) = x_l - gamma dF/dx_l for every hidden layer. */
  #relax(state: State, errors: readonly Tensor[], gamma: number, synapses?: readonly Synapses[]): State {
    const descending = this.#descending(state, errors, synapses);
    const hidden = descending.map((d, i): Activity => {
      const x = state[i + 1]!.potential;
      const potential = this.#k.map((x, e, d, g) => x + g * (d - e), x, errors[i]!, d, gamma);
      return { potential, rate: this.#network.rate(this.#network.populations[i + 1]!, potential) };
    });
    return [state[0]!, ...hidden, state.at(-1)!];
  }

  #directions(state: State, errors: readonly Tensor[], clamped: Clamped): Direction[] {
    return this.#network.connections.map((_, i) => this.#direction(i, state, errors, clamped));
  }

  /** -f(x_{l-1})ᵀ ε_l σ² / β, with l = i + 1. The factors go into ε, so that plain descent can add the product in place. */
  #direction(i: number, state: State, errors: readonly Tensor[], { scale }: Clamped): Direction {
    const post = this.#k.map((e, s) => -s * e, errors[i]!, scale);
    return outerProduct(this.#network.connections[i]!, state[i]!.rate, post, 1 / post.rows);
  }
}
