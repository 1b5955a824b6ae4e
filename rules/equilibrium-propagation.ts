import { type Kernels, type StepInfo, type Tensor, UserError } from '../kernels/index.ts';
import {
  checkHolomorphic,
  DYNAMICS,
  type EnergyNetwork,
  energyNetwork,
  type NetworkSettings,
  type Particles,
  type SettlingState,
} from '../networks/index.ts';
import { continualPhase } from './continual.ts';
import { contrast, readoutDirection } from './contrast.ts';
import type { Direction } from './direction.ts';
import { EQUILIBRIUM_PROPAGATION_RECIPES } from './energy-recipes.ts';
import { type FreePhase, freePhase, settledAt } from './free-phase.ts';
import { circleDirections } from './holomorphic.ts';
import { observeSettled } from './observe-settled.ts';
import type { OptionTable, OptionValues } from './options.ts';
import {
  defineRule,
  type Minibatch,
  type Observation,
  type Rule,
  type RuleContext,
  type RuleOutput,
  type Stepwise,
} from './rule.ts';
import { truncatedGradients } from './truncated-gradient.ts';

const OPTIONS = {
  beta: {
    default: 0.5,
    above: 0,
    search: { logUniform: [0.05, 1] },
    description:
      "Strength of the nudge. The cost is the squared error without a factor 1/2, as in the authors' code, so that 0.5 here is 1 in the paper; cross-entropy is taken as it is.",
  },
  variant: {
    default: 'random-sign',
    choices: ['positive', 'negative', 'centred', 'random-sign', 'holomorphic'],
    description:
      'The two nudges that are compared: 0 and beta (positive), -beta and 0 (negative), -beta and beta (centred, Laborieux et al. 2021), or positive or negative, drawn anew for each minibatch (random-sign). Or six complex ones on a circle around zero (holomorphic, Laborieux & Zenke 2022).',
  },
  freeIterations: {
    default: 20,
    integer: true,
    min: 1,
    description: 'Steps of the free phase, and of a prediction.',
  },
  nudgedIterations: { default: 4, integer: true, min: 1, description: 'Steps of each nudged phase.' },
  epsilon: {
    default: 0.5,
    above: 0,
    max: 1,
    description:
      "Size of a step of the dynamics, in the neurons' time constants; 1 makes the prototypical dynamics one-shot.",
  },
  persistent: {
    default: true,
    description: 'The free phase starts where that of the same example ended the last time, not at zero.',
  },
  dynamics: {
    default: 'energy-based',
    choices: DYNAMICS,
    description: 'Descent of the energy, or the discrete-time s <- rho(W s) of Ernoult et al. 2019.',
  },
  continual: {
    default: false,
    description:
      'Within the nudged phase the weights follow each step (Ernoult et al. 2020); needs a variant other than centred, and plain sgd at a constant learning rate.',
  },
} as const satisfies OptionTable;

export const equilibriumPropagation = defineRule({
  name: 'equilibrium-propagation',
  title: 'Equilibrium propagation',
  family: 'energy-based',
  source: 'Scellier & Bengio 2017, Front. Comput. Neurosci. 11:24',
  summary:
    'A network with symmetric weights settles under two nudges of its outputs towards the target, one of which may be zero; Hebbian products of the two states are contrasted.',
  equations: `
    E = ½ Σ s_i² − Σ_{i<j} W_ij ρ(s_i) ρ(s_j) − Σ b_i ρ(s_i),   C = ‖y − t‖²,   F = E + β C
    ds/dt = −∂F/∂s,   settled at s⁰ for β = 0, from there to s^β
    ΔW = −η [∂F/∂W(s^β₂) − ∂F/∂W(s^β₁)] / (β₂ − β₁),   ∂F/∂W_ij = −ρ(s_i) ρ(s_j)
    positive: β₁ = 0, β₂ = β;   negative: β₁ = −β, β₂ = 0;   centred: β₁ = −β, β₂ = β
    holomorphic: ΔW = −η/(N β) Σ_t e^(−iθ_t) ∂F/∂W(s^β_t),   β_t = β e^(iθ_t),   θ_t = 2π t / N,   N = 6`,
  plausibility: {
    weightTransport: 'exact',
    phases: ['free phase', 'nudged phase'],
    feedbackPathway: 'layerwise',
    storedActivity: 'rates at the end of the free phase, until the nudged phase ends',
    locality: ['presynaptic rate', 'postsynaptic rate'],
  },
  notes:
    'Learning rates belong to beta: the update is that of the cost without the factor 1/2, twice that of the loss shown. ' +
    'With `--loss cross-entropy` the outputs are a softmax readout that takes no part in the settling (Laborieux et al. 2021). ' +
    "The energy-based dynamics follow −∂F/∂s to the letter: with smooth activations all that an output receives, the pull of the target with it, is multiplied by ρ'(s), " +
    "where Ernoult et al. 2019 leave ρ' out at the outputs. With the hard sigmoid, whose ρ' is 1, both are the same. " +
    'In the prototypical dynamics the target pulls outside of ρ, as in Ernoult et al. 2019; in the code of Laborieux et al. 2021 it pulls inside. ' +
    'A negative nudge pushes outputs away from the target; from beta 0.5 on this exceeds their leak, and only a bounded activation ends it. ' +
    'Predictions start from zero, whatever `persistent` says.',
  network: energyNetwork,
  networkParameters: ({ dynamics, epsilon }) => ({ dynamics, epsilon }),
  options: OPTIONS,
  recipes: EQUILIBRIUM_PROPAGATION_RECIPES,
  checkOptions({ continual, variant, dynamics }, settings) {
    const { optimizer, schedule, weightDecay } = settings;
    if (variant === 'holomorphic') checkCircle(dynamics, settings);
    if (!continual) return;
    if (variant === 'centred' || variant === 'holomorphic')
      throw new UserError(
        `the option 'continual' of the rule 'equilibrium-propagation' has one nudged phase, so the option 'variant' must be positive, negative or random-sign, not '${variant}'`,
      );
    if (optimizer !== 'sgd' || schedule !== 'constant' || weightDecay > 0)
      throw new UserError(
        "the option 'continual' of the rule 'equilibrium-propagation' needs the optimizer sgd, a constant schedule and no weight decay",
      );
  },
  build: (context) => new EquilibriumPropagation(context),
});

/** Nudges on the circle of the variant holomorphic: its error is of the order of beta to this power. */
const POINTS = 6;

/** @throws UserError where the variant holomorphic is not defined */
function checkCircle(
  dynamics: (typeof DYNAMICS)[number],
  { layers, activation, loss, outputActivation }: NetworkSettings,
): void {
  if (dynamics !== 'prototypical' || loss !== 'squared-error')
    throw new UserError(
      "the variant 'holomorphic' of the rule 'equilibrium-propagation' is for the dynamics prototypical and the loss squared-error; choose them, or another variant",
    );
  checkHolomorphic(layers.length > 2 ? [activation, outputActivation] : [outputActivation]);
}

/**
 * Equilibrium propagation estimates the gradient of the cost at the free state from two states s^beta, in which the network
 * settles when its outputs are nudged by beta:
 *
 *   dJ/dW ~ [dF/dW(s^beta2) - dF/dW(s^beta1)] / (beta2 - beta1),    dF/dW_ij = -rho(s_i) rho(s_j)
 *
 * Scellier & Bengio 2017, Theorem 1 and eq. 39, for beta1 = 0; Laborieux et al. 2021 for beta1 = -beta2. Its error is
 * O(beta) in the first case, O(beta^2) in the second.
 */
class EquilibriumPropagation implements Rule {
  readonly #k: Kernels;
  readonly #network: EnergyNetwork;
  readonly #options: OptionValues<typeof OPTIONS>;
  readonly #learningRate: readonly number[];
  readonly #particles: Particles | null;
  /** Of each minibatch, for the variant random-sign. */
  readonly #sign: (info: StepInfo) => 1 | -1;

  constructor(context: RuleContext<typeof OPTIONS, EnergyNetwork>) {
    const { kernels, network, options, optimizer, examples, random } = context;
    const signs = random('sign of beta');
    this.#k = kernels;
    this.#network = network;
    this.#options = options;
    this.#learningRate = optimizer.learningRate;
    this.#particles = options.persistent ? network.particles(examples) : null;
    this.#sign = ({ step }) => ((signs.wordAt(step) & 1) === 1 ? -1 : 1);
  }

  learn({ input, target }: Minibatch): RuleOutput {
    const free = this.#freePhase(input, this.#particles);
    return {
      output: this.#network.output(free.state),
      directions: this.#estimate(free, target),
      ...(this.#particles && { rowWrites: this.#particles.keep(free.state) }),
    };
  }

  observe({ input, target }: Minibatch): Observation {
    const free = this.#freePhase(input, this.#particles);
    return {
      directions: this.#estimate(free, target),
      ...observeSettled(this.#k, this.#network, free, target, this.#options.freeIterations),
      stepwise: () => this.#stepwise(free, target),
    };
  }

  #stepwise(free: FreePhase, target: Tensor): Stepwise[] | null {
    const steps = this.#options.nudgedIterations;
    const gradients = truncatedGradients(this.#k, this.#network, free, target, steps);
    return (
      gradients?.map((gradient, t) => ({ directions: this.#estimate(free, target, t + 1), gradient })) ?? null
    );
  }

  respond(input: Tensor): Tensor[] {
    return this.#network.firingRates(this.#freePhase(input, null).state);
  }

  settle(input: Tensor): ReturnType<NonNullable<Rule['settle']>> {
    return settledAt(this.#network, this.#freePhase(input, null));
  }

  /** s^0: eq. 4 with beta = 0. */
  #freePhase(input: Tensor, particles: Particles | null): FreePhase {
    return freePhase(this.#network, input, this.#options.freeIterations, particles);
  }

  /**
   * beta1 and beta2 of a minibatch. The estimate is the same with the two exchanged, so that beta1 is the one that is 0, in the
   * negative variant too.
   */
  #nudges(info: StepInfo): readonly [beta1: number, beta2: number] {
    const { variant, beta } = this.#options;
    if (variant === 'centred') return [-beta, beta];
    const isNegative = variant === 'negative' || (variant === 'random-sign' && this.#sign(info) < 0);
    return [0, isNegative ? -beta : beta];
  }

  /** [dF/dW(s^beta2) - dF/dW(s^beta1)] / (beta2 - beta1), eq. 39, for every connection. */
  #estimate(free: FreePhase, target: Tensor, iterations = this.#options.nudgedIterations): Direction[] {
    const [k, network] = [this.#k, this.#network];
    const { variant } = this.#options;
    if (variant === 'holomorphic')
      return circleDirections(k, network, free, target, { ...this.#options, points: POINTS, iterations });
    const isCentred = variant === 'centred';
    const inverse = k.hostScalar('1 / (beta2 - beta1)', (info) => {
      const [beta1, beta2] = this.#nudges(info);
      return 1 / (beta2 - beta1);
    });
    const s2 = this.#nudgedPhase(free, target, (info) => this.#nudges(info)[1], inverse, iterations);
    const s1 = isCentred
      ? this.#nudgedPhase(free, target, (info) => this.#nudges(info)[0], inverse, iterations)
      : free.state;
    const directions = contrast(k, network, free.input, s1, s2, inverse);
    if (network.readout) directions.push(readoutDirection(k, network, isCentred ? [s2, s1] : [s2], target));
    return directions;
  }

  /** s^beta, from s^0: eq. 4, or the weights move along (Ernoult et al. 2020). */
  #nudgedPhase(
    free: FreePhase,
    target: Tensor,
    beta: (info: StepInfo) => number,
    inverse: Tensor,
    iterations: number,
  ): SettlingState {
    const { continual } = this.#options;
    const nudge = { target, beta: this.#k.hostScalar('beta', beta) };
    return continual
      ? continualPhase(this.#k, this.#network, free, nudge, inverse, {
          iterations,
          learningRate: this.#learningRate,
        })
      : this.#network.relax(free.state, free.drive, iterations, { nudge, currents: free.currents?.copy() });
  }
}
