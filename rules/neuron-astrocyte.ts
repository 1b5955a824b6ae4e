import type { Kernels, Tensor } from '../kernels/index.ts';
import { type AssociativeNetwork, associativeNetwork } from '../networks/index.ts';
import { checkOneShot, HEBBIAN, oneShot, powerOfTwo, RETRIEVAL, storeInNext } from './one-shot.ts';
import type { OptionValues } from './options.ts';
import { defineRule, type Minibatch, type Rule, type RuleContext } from './rule.ts';

const OPTIONS = {
  dynamics: {
    default: 'limit',
    choices: ['limit', 'full'],
    description:
      'Whether synapses and astrocyte are put in as what they come to (limit), or neurons, synapses and processes are followed in time (full).',
  },
  start: {
    default: 'constraint',
    choices: ['constraint', 'zero'],
    description:
      'Where synapses and processes start with full: where the limit has them for the cue, or at zero, the control.',
  },
  beta: {
    default: 5,
    above: 0,
    description:
      'β, with full: rates, conductances and calcium are tanh(β ·) of neurons, synapses and processes.',
  },
  timeStep: {
    default: 0.05,
    above: 0,
    max: 1,
    description: 'Of Euler integration with full, in time constants.',
  },
  duration: {
    default: 20,
    min: 1,
    integer: true,
    description: 'Updates of all neurons with limit, time constants with full, until the pattern is read.',
  },
} as const;

/** The largest conductance that a synapse starts from: what is outside has no potential. */
const LARGEST = 0.999;

export const neuronAstrocyte = defineRule({
  name: 'neuron-astrocyte',
  title: 'Neuron-astrocyte memory',
  family: 'associative memory',
  source: 'Kozachkov, Slotine & Krotov 2025, PNAS, arXiv:2311.08135',
  summary:
    'An astrocyte whose processes each touch one synapse, and act on each other by what is stored, makes a memory of fourth order of neurons that are joined in pairs.',
  equations: `
    ξ_μ: stored patterns of ±1,   T_ijkl = N⁻³ Σ_μ ξ_μi ξ_μj ξ_μk ξ_μl,   φ = tanh(β x),  g = tanh(β s),  ψ = tanh(β p)
    neurons: dx_i/dt = −x_i + Σ_j g_ij φ_j,   synapses: ds_ij/dt = −s_ij + φ_i φ_j + ψ_ij
    processes: dp_ij/dt = −p_ij + Σ_kl T_ijkl ψ_kl + g_ij
    energy: E = x·φ − L(x) + ½ (s·g − L(s)) + ½ (p·ψ − L(p)) − ½ φᵀgφ − ½ ψ·g − ¼ ψ·Tψ,   L(z) = Σ log cosh(β z) / β
    limit: ψ_ij = −φ_i φ_j and g = −T ψ put in:  s ← sign(Σ_μ ξ_μ (ξ_μ · s)³), all neurons at once
    energy of the limit: E = −¼ Σ_μ (ξ_μ · s)⁴ never rises`,
  notes:
    'T is never made: Σ_kl T_ijkl ψ_kl is N⁻³ Σ_μ ξ_μi ξ_μj (ξ_μᵀ ψ ξ_μ). The limit is put in, and not reached in time. With ' +
    'the leak, synapses go to φ φᵀ for any pattern, so that every state comes to hold itself: full recalls only because neurons are quicker than that when all starts from the ' +
    'constraint (start=constraint). With start=zero, the control, nothing is repaired. All neurons of the limit change at once, which cannot end in a cycle, since the energy ' +
    'is concave. The state that full follows has N² synapses and N² processes: choose few neurons, such as patterns:32. The form was read in the authors’ tutorial (kozleo/naam), whose energy was derived here. ' +
    'A memory is scored by `--task retrieval` alone; what it stores and forgets is in docs/memories.md.',
  plausibility: HEBBIAN,
  onlyTask: RETRIEVAL,
  searchSpace: null,
  network: associativeNetwork,
  networkParameters: (_, examples) => ({ memories: examples }),
  options: OPTIONS,
  recipes: [oneShot('Kozachkov, Slotine & Krotov 2025')],
  checkOptions(_, settings) {
    checkOneShot('neuron-astrocyte', settings);
  },
  build: (context) => new NeuronAstrocyte(context),
});

/** N x N²: 1 where the synapse of the column leads to, or comes from, the neuron of the row. */
interface Ends {
  readonly to: Tensor;
  readonly from: Tensor;
}

/** States of the full dynamics, a row an example: neurons (N), synapses and processes (N x N, row by row). */
interface States {
  readonly neurons: Tensor;
  readonly synapses: Tensor;
  readonly processes: Tensor;
}

class NeuronAstrocyte implements Rule {
  readonly evaluationBatchSize = 50;
  readonly #context: RuleContext<typeof OPTIONS, AssociativeNetwork>;
  readonly #options: OptionValues<typeof OPTIONS>;
  /** Null for the limit. */
  readonly #ends: Ends | null;

  constructor(context: RuleContext<typeof OPTIONS, AssociativeNetwork>) {
    const { kernels, network, options } = context;
    this.#context = context;
    this.#options = options;
    this.#ends = options.dynamics === 'full' ? endsOfSynapses(kernels, network.memory.to.size) : null;
  }

  /** While it is stored, the pattern is what the outputs do. */
  learn({ input }: Minibatch) {
    const { kernels: k, network } = this.#context;
    return { output: input, directions: [storeInNext(k, network, network.signs(input))] };
  }

  respond(input: Tensor) {
    return this.settle(input).firingRates;
  }

  settle(input: Tensor) {
    const { kernels: k, network } = this.#context;
    const { duration, timeStep } = this.#options;
    if (this.#ends === null)
      return network.recall(input, duration, (states, steps) => this.#limit(states, steps));
    const full = new FullDynamics(k, network.memory.weights, this.#ends, this.#options);
    const states = full.begin(network.signs(input));
    full.run(states, Math.max(1, Math.round(duration / timeStep) - 1));
    const before = k.map((x) => x, states.neurons);
    full.run(states, 1);
    return {
      firingRates: [k.map((x) => (x > 0 ? 1 : 0), states.neurons)],
      residuals: [k.map((x, b, dt) => (x - b) / dt, states.neurons, before, timeStep)],
    };
  }

  /** @param states batch x N of -1 and 1, which change */
  #limit(states: Tensor, steps: number): void {
    const { kernels: k, network } = this.#context;
    const { weights } = network.memory;
    // A power of two, so that nothing is rounded and no cube overflows.
    const scale = powerOfTwo(weights.columns);
    k.repeat(steps, () => {
      const overlap = k.matmul(states, weights, { transposeB: true, scale });
      const field = k.matmul(
        k.map((o) => o * o * o, overlap),
        weights,
      );
      network.takeSigns(states, field);
    });
  }
}

/** Neurons, synapses and astrocyte processes in time. */
export class FullDynamics {
  readonly #k: Kernels;
  readonly #ends: Ends;
  readonly #options: OptionValues<typeof OPTIONS>;
  readonly #size: number;
  /** ξ_i ξ_j of each stored pattern, a row each. */
  readonly #pairs: Tensor;

  constructor(k: Kernels, patterns: Tensor, ends: Ends, options: OptionValues<typeof OPTIONS>) {
    this.#k = k;
    this.#ends = ends;
    this.#options = options;
    this.#size = patterns.columns;
    this.#pairs = this.#outer(patterns);
  }

  /** @param cue batch x N of -1 and 1 */
  begin(cue: Tensor): States {
    const k = this.#k;
    const { beta, start } = this.#options;
    const neurons = k.map((s) => s, cue);
    const pairs = this.#outer(this.#rate(neurons));
    if (start === 'zero') {
      const zeros = () => k.map((x) => 0 * x, pairs);
      return { neurons, synapses: zeros(), processes: zeros() };
    }
    // Where psi = -phi phi and g = -T psi: the inverse of tanh(beta z).
    const inverse = (values: Tensor) =>
      k.map(
        (v, most, beta) =>
          Math.log((1 + Math.min(most, Math.max(-most, v))) / (1 - Math.min(most, Math.max(-most, v)))) /
          (2 * beta),
        values,
        LARGEST,
        beta,
      );
    const calcium = k.map((x) => -x, pairs);
    return {
      neurons,
      synapses: inverse(k.map((x) => -x, this.#spread(calcium))),
      processes: inverse(calcium),
    };
  }

  /** Changes the states by so many Euler steps. */
  run({ neurons, synapses, processes }: States, steps: number): void {
    const k = this.#k;
    const { timeStep } = this.#options;
    k.repeat(steps, () => {
      const [phi, g, psi] = [this.#rate(neurons), this.#rate(synapses), this.#rate(processes)];
      const sent = k.map((g, phi) => g * phi, g, k.matmul(phi, this.#ends.from));
      const current = k.matmul(sent, this.#ends.to, { transposeB: true });
      const spread = this.#spread(psi);
      k.mapInto(neurons, (x, i, dt) => x + dt * (i - x), neurons, current, timeStep);
      k.mapInto(
        synapses,
        (s, pair, psi, dt) => s + dt * (pair + psi - s),
        synapses,
        this.#outer(phi),
        psi,
        timeStep,
      );
      k.mapInto(processes, (p, spread, g, dt) => p + dt * (spread + g - p), processes, spread, g, timeStep);
    });
  }

  /** T psi. */
  #spread(psi: Tensor): Tensor {
    const k = this.#k;
    const overlap = k.matmul(psi, this.#pairs, { transposeB: true, scale: this.#size ** -3 });
    return k.matmul(overlap, this.#pairs);
  }

  #rate(potential: Tensor): Tensor {
    return this.#k.map((z, beta) => Math.tanh(beta * z), potential, this.#options.beta);
  }

  /** v_i v_j of each row, i before j. */
  #outer(rows: Tensor): Tensor {
    const k = this.#k;
    return k.map((a, b) => a * b, k.matmul(rows, this.#ends.to), k.matmul(rows, this.#ends.from));
  }
}

export function endsOfSynapses(k: Kernels, size: number): Ends {
  const [to, from] = [new Float32Array(size ** 3), new Float32Array(size ** 3)];
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) {
      to[i * size ** 2 + i * size + j] = 1;
      from[j * size ** 2 + i * size + j] = 1;
    }
  return {
    to: k.state('ends of synapses', size, size ** 2, to),
    from: k.state('starts of synapses', size, size ** 2, from),
  };
}
