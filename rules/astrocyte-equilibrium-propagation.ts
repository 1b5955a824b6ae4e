import type { Kernels, Tensor } from '../kernels/index.ts';
import {
  type AstrocyteNetwork,
  type AstrocyteState,
  astrocyteNetwork,
  checkAstrocyte,
} from '../networks/index.ts';
import { hebbianContrast, inputContrast } from './contrast.ts';
import type { Direction } from './direction.ts';
import type { OptionValues } from './options.ts';
import { defineRule, type Minibatch, type Observation, type Rule, type RuleContext } from './rule.ts';

const OPTIONS = {
  modes: {
    default: 16,
    integer: true,
    min: 1,
    description: 'Rank of T = A Aᵀ, by which the processes of the astrocyte act on each other.',
  },
  gain: {
    default: 0.5,
    above: 0,
    description: 'Of tanh, by which potentials of neurons, synapses and processes become rates.',
  },
  strength: {
    default: 1,
    min: 0,
    description:
      'κ N, what synapses count beside the input: N gives the energy of the paper, 0 takes synapses and astrocyte away.',
  },
  beta: {
    default: 0.1,
    above: 0,
    description: 'Strength of the two nudges, −beta and beta.',
  },
  freeIterations: {
    default: 15,
    integer: true,
    min: 1,
    description: 'Steps of the free phase, and of a prediction.',
  },
  nudgedIterations: { default: 8, integer: true, min: 1, description: 'Steps of each nudged phase.' },
  epsilon: {
    default: 0.5,
    above: 0,
    max: 1,
    description: 'Size of a step of the dynamics, in time constants.',
  },
} as const;

export const astrocyteEquilibriumPropagation = defineRule({
  name: 'astrocyte-equilibrium-propagation',
  title: 'Equilibrium propagation in neurons with an astrocyte',
  family: 'energy-based',
  source:
    'energy: Kozachkov, Slotine & Krotov 2025, PNAS, arXiv:2311.08135; learning: Scellier & Bengio 2017, Front. Comput. Neurosci. 11:24',
  summary:
    'Neurons, synapses and the processes of an astrocyte settle under two nudges of the outputs; what each process does together with the modes of the astrocyte is contrasted.',
  equations: `
    I = x W + b,   a = ij: pairs of neurons i < j,   φ = tanh(γ x),  g = tanh(γ s),  ψ = tanh(γ p),   o = ψ A,   T = A Aᵀ
    E = Σ_i [x_i φ_i − L(x_i) − I_i φ_i] + κ { Σ_a [s_a g_a − L(s_a) + p_a ψ_a − L(p_a) − φ_i φ_j g_a − ψ_a g_a] − ½ Σ_μ o_μ² },   L(z) = log cosh(γ z) / γ
    neurons: dx_i/dt = −x_i + κ Σ_j g_ij φ_j + I_i,   synapses: ds_a/dt = −s_a + φ_i φ_j + ψ_a,   processes: dp_a/dt = −p_a + Σ_b T_ab ψ_b + g_a
    y = (1 + φ) / 2,   C = ½ ‖y − t‖²,   F = E + β C,   settled at s⁰ for β = 0, from there to s^β and s^−β
    ΔA = η κ [ψᵀ o (s^β) − ψᵀ o (s^−β)] / (2 β),   ΔW = η xᵀ [φ(s^β) − φ(s^−β)] / (2 β)`,
  notes:
    'The paper’s T, with an entry for each pair of synapses, is trained by backpropagation through time there. Here it has the symmetric form that the energy demands, with a weight between each process and each ' +
    'mode: T_ab = Σ_μ A_aμ A_bμ, so that a change needs the calcium of a process and the activity of a mode, and nothing else. That the energy is symmetric in T is what equilibrium propagation needs. ' +
    'κ is the part of synapses in the current of a neuron: 1 in the paper, whose neurons then end at −1 or 1, which gray pixels are not; here strength / N. Neurons have no synapses onto themselves. ' +
    'From a gain of 1 on a synapse and its process hold each other, and a network may have many states of rest; the estimate is right as long as both nudged phases stay near the free one.',
  plausibility: {
    weightTransport: 'exact',
    phases: ['free phase', 'two nudged phases'],
    feedbackPathway: 'layerwise',
    storedActivity: 'rates of one nudged phase, until the other ends',
    locality: ['presynaptic rate', 'postsynaptic rate'],
  },
  onlyTask: 'inpaint',
  network: astrocyteNetwork,
  networkParameters: ({ modes, gain, strength, epsilon }) => ({ modes, gain, strength, epsilon }),
  options: OPTIONS,
  recipes: [
    {
      name: 'from-rest',
      source:
        'none: chosen here, so that rest is the only state of a network that has learned nothing, whatever the size (|A_μ|² is 1/3)',
      settings: () => ({
        ...{ batch: 20, optimizer: 'adam', learningRate: [0.1, 0.003], initial: 'torch-linear' },
        ...{ loss: 'squared-error', outputActivation: 'sigmoid' },
      }),
    },
  ],
  checkOptions(_, settings) {
    checkAstrocyte(settings);
  },
  build: (context) => new AstrocyteEquilibriumPropagation(context),
});

/** A network that has settled without a target. */
interface FreePhase {
  readonly input: Tensor;
  readonly drive: Tensor;
  readonly state: AstrocyteState;
}

/** Strength of the nudges of the gradient that diagnostics see: small, but not so small that it is lost in float32. */
const SMALL = 0.02;

class AstrocyteEquilibriumPropagation implements Rule {
  readonly evaluationBatchSize = 50;
  readonly #k: Kernels;
  readonly #network: AstrocyteNetwork;
  readonly #options: OptionValues<typeof OPTIONS>;

  constructor({ kernels, network, options }: RuleContext<typeof OPTIONS, AstrocyteNetwork>) {
    this.#k = kernels;
    this.#network = network;
    this.#options = options;
  }

  learn({ input, target }: Minibatch) {
    const { beta, nudgedIterations } = this.#options;
    const free = this.#freePhase(input);
    return {
      output: this.#network.output(free.state),
      directions: this.#contrast(free, target, beta, nudgedIterations),
    };
  }

  observe({ input, target }: Minibatch): Observation {
    const { beta, freeIterations, nudgedIterations } = this.#options;
    const free = this.#freePhase(input);
    return {
      directions: this.#contrast(free, target, beta, nudgedIterations),
      gradient: this.#contrast(free, target, SMALL, freeIterations),
      firingRates: [this.#network.output(free.state)],
      energy: this.#network.energy(free.state, free.drive),
    };
  }

  respond(input: Tensor): Tensor[] {
    return [this.#network.output(this.#freePhase(input).state)];
  }

  /**
   * Of each example the root mean square of what moves most, neurons, synapses or processes: of the latter there are so many that neurons
   * would be lost in a mean of all.
   */
  settle(input: Tensor) {
    const k = this.#k;
    const { state, drive } = this.#freePhase(input);
    const { neurons, synapses, processes } = this.#network.derivatives(state, drive);
    const [ofNeurons, ofSynapses, ofProcesses] = [neurons, synapses, processes].map((change) =>
      k.sum(
        k.map((dz) => dz * dz, change),
        { over: 'columns', scale: 1 / change.columns },
      ),
    ) as [Tensor, Tensor, Tensor];
    const residual = k.map(
      (n, s, p, kappa) => Math.sqrt(kappa > 0 ? Math.max(n, Math.max(s, p)) : n),
      ...[ofNeurons, ofSynapses, ofProcesses],
      this.#network.kappa,
    );
    return { firingRates: [this.#network.output(state)], residuals: [residual] };
  }

  #freePhase(input: Tensor): FreePhase {
    const drive = this.#network.drive(input);
    const rest = this.#network.rest(input.rows);
    return { input, drive, state: this.#network.relax(rest, drive, this.#options.freeIterations) };
  }

  /** [dF/dθ(s^β) − dF/dθ(s^−β)] / (2 β): eq. 39 of Scellier & Bengio 2017 between two nudges, as in Laborieux et al. 2021. */
  #contrast(
    { input, drive, state }: FreePhase,
    target: Tensor,
    beta: number,
    iterations: number,
  ): Direction[] {
    const [k, network] = [this.#k, this.#network];
    const nudged = (beta: number) =>
      network.rates(network.relax(state, drive, iterations, { target, beta: k.constant(beta, 1, 1) }));
    const [s1, s2] = [nudged(-beta), nudged(beta)];
    const [drives, modes] = network.connections;
    const factor = 1 / (2 * beta);
    return [
      inputContrast(k, drives, input, [s1.neurons, s2.neurons], factor),
      hebbianContrast(k, modes, [s1.processes, s2.processes], [s1.modes, s2.modes], factor * network.kappa),
    ];
  }
}
