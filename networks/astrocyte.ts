import { type Kernels, RandomStream, type Tensor, UserError } from '../kernels/index.ts';
import type { Nudge } from './energy.ts';
import { INITIAL_WEIGHTS } from './initial.ts';
import { drawLayers, hasSigmoidRates } from './layers.ts';
import { squaredError } from './loss.ts';
import type { Connection, Network, NetworkKind, NetworkSettings, Population } from './network.ts';

/** What an astrocyte network has to know of its rule. */
export interface AstrocyteOptions {
  /** M: T = A Aᵀ, where A has a column for each mode. */
  readonly modes: number;
  /** β of φ, g and ψ, which are tanh(β ·). */
  readonly gain: number;
  /** κ N: what synapses count in the current of a neuron, beside its input. 0: they do not. */
  readonly strength: number;
  /** Size of a step of the dynamics, in time constants. */
  readonly epsilon: number;
}

/** Potentials, a row an example. */
export interface AstrocyteState {
  /** x, batch x N */
  readonly neurons: Tensor;
  /** s, batch x pairs of neurons */
  readonly synapses: Tensor;
  /** p, batch x pairs of neurons */
  readonly processes: Tensor;
}

/** What follows from potentials. */
export interface AstrocyteRates {
  /** φ, batch x N */
  readonly neurons: Tensor;
  /** g, batch x pairs: conductances */
  readonly synapses: Tensor;
  /** ψ, batch x pairs: calcium in the processes */
  readonly processes: Tensor;
  /** o = ψ A, batch x M */
  readonly modes: Tensor;
}

const POTENTIALS = ['neurons', 'synapses', 'processes'] as const;

/**
 * Neurons that are joined in pairs, a synapse for each pair, and an astrocyte whose processes touch one synapse each and act on each
 * other by a symmetric matrix T that is learned (Kozachkov, Slotine & Krotov 2025, arXiv:2311.08135). The input is a current I = x W + b.
 * With a = ij the pairs of neurons i < j, rates φ = tanh(β x), conductances g = tanh(β s), calcium ψ = tanh(β p), o = ψ A and T = A Aᵀ, all move
 * down the energy
 *
 *   E = Σ_i [x_i φ_i − L(x_i) − I_i φ_i] + κ { Σ_a [s_a g_a − L(s_a) + p_a ψ_a − L(p_a) − φ_i φ_j g_a − ψ_a g_a] − ½ Σ_μ o_μ² },
 *
 * L(z) = log cosh(β z) / β. With κ = 1 it is the energy of the full dynamics of rules/neuron-astrocyte.ts, but for synapses of a neuron onto
 * itself, which only hold it where it is, and pairs that are counted once. κ weighs synapses and processes against the input, and leaves
 * their own equations as they are. T has pairs² entries in the paper's form, and here so many modes of pairs weights.
 *
 * The output of a neuron is (1 + φ) / 2, a sigmoid rate from 0 to 1.
 */
export class AstrocyteNetwork implements Network {
  readonly populations: readonly Population[];
  /** W, with the biases b, then A. */
  readonly connections: readonly [Connection, Connection];
  readonly hasEnergy = true;
  /** κ: dE/dA = −κ ψᵀ o. */
  readonly kappa: number;
  readonly #kernels: Kernels;
  readonly #options: AstrocyteOptions;
  /** Numbers of the first and the second neuron of each pair, 1 x pairs. */
  readonly #first: Tensor;
  readonly #second: Tensor;
  /** The pair of each two neurons, row by row, and -1 for a neuron with itself; 1 x N². */
  readonly #pairs: Tensor;
  #settlingSteps = 0;

  /** @throws UserError when the settings make no such network */
  constructor(kernels: Kernels, seed: number, settings: NetworkSettings, options: AstrocyteOptions) {
    checkAstrocyte(settings);
    const { populations, connections } = drawLayers(kernels, seed, settings);
    const size = settings.layers[1]!;
    const pairs = (size * (size - 1)) / 2;
    this.#kernels = kernels;
    this.#options = options;
    this.kappa = options.strength / size;
    this.populations = populations;
    this.connections = [connections[0]!, modes(kernels, seed, settings, pairs, options.modes)];
    const [first, second, numbers] = [[], [], new Float32Array(size ** 2).fill(-1)] as [
      number[],
      number[],
      Float32Array,
    ];
    for (let i = 0; i < size; i++)
      for (let j = i + 1; j < size; j++) {
        numbers[i * size + j] = numbers[j * size + i] = first.length;
        first.push(i);
        second.push(j);
      }
    this.#first = kernels.state('first neurons of pairs', 1, pairs, Float32Array.from(first));
    this.#second = kernels.state('second neurons of pairs', 1, pairs, Float32Array.from(second));
    this.#pairs = kernels.state('pairs of neurons', 1, size ** 2, numbers);
  }

  get settlingSteps(): number {
    return this.#settlingSteps;
  }

  /** I = x W + b. */
  drive(input: Tensor): Tensor {
    const [{ weights, bias }] = this.connections;
    const current = this.#kernels.matmul(input, weights);
    return this.#kernels.mapInto(current, (i, b) => i + b, current, bias!);
  }

  /** All potentials at zero. */
  rest(batch: number): AstrocyteState {
    const [k, pairs] = [this.#kernels, this.#first.columns];
    return {
      neurons: k.constant(0, batch, this.populations[1]!.size),
      synapses: k.constant(0, batch, pairs),
      processes: k.constant(0, batch, pairs),
    };
  }

  /** What neurons, synapses and processes pass on at their potentials. */
  rates({ neurons, synapses, processes }: AstrocyteState): AstrocyteRates {
    const psi = this.#rate(processes);
    return {
      neurons: this.#rate(neurons),
      synapses: this.#rate(synapses),
      processes: psi,
      modes: this.#kernels.matmul(psi, this.connections[1].weights),
    };
  }

  /** (1 + φ) / 2, batch x N. */
  output({ neurons }: AstrocyteState): Tensor {
    return this.#kernels.map((phi) => 0.5 + 0.5 * phi, this.#rate(neurons));
  }

  loss(output: Tensor, target: Tensor): Tensor {
    return squaredError('sigmoid').loss(this.#kernels, output, target);
  }

  /**
   * @param drive of the input
   * @param nudge with C = ½ |y − t|², the loss
   * @returns another state, after so many steps
   */
  relax(start: AstrocyteState, drive: Tensor, steps: number, nudge?: Nudge): AstrocyteState {
    const k = this.#kernels;
    const state = Object.fromEntries(
      POTENTIALS.map((name) => [name, k.map((z) => z, start[name])]),
    ) as unknown as AstrocyteState;
    this.#settlingSteps += steps;
    k.repeat(steps, () => {
      const change = this.derivatives(state, drive, nudge);
      for (const name of POTENTIALS)
        k.mapInto(state[name], (z, dz, dt) => z + dt * dz, state[name], change[name], this.#options.epsilon);
    });
    return state;
  }

  /** dx/dt, ds/dt and dp/dt: all zero where the network is at rest. */
  derivatives(state: AstrocyteState, drive: Tensor, nudge?: Nudge): AstrocyteState {
    const k = this.#kernels;
    const { neurons: phi, synapses: g, processes: psi, modes } = this.rates(state);
    const neurons = k.map(
      (i, s, x, kappa) => i + kappa * s - x,
      drive,
      this.#synapticCurrent(phi, g),
      state.neurons,
      this.kappa,
    );
    // −β dC/dφ, with y = (1 + φ) / 2
    if (nudge)
      k.mapInto(
        neurons,
        (dx, phi, t, beta) => dx + 0.5 * beta * (t - 0.5 - 0.5 * phi),
        neurons,
        phi,
        nudge.target,
        nudge.beta,
      );
    // Σ_b T_ab ψ_b
    const spread = k.matmul(modes, this.connections[1].weights, { transposeB: true });
    return {
      neurons,
      synapses: k.map(
        (a, b, psi, s) => a * b + psi - s,
        ...[k.select(phi, this.#first), k.select(phi, this.#second)],
        ...[psi, state.synapses],
      ),
      processes: k.map((spread, g, p) => spread + g - p, spread, g, state.processes),
    };
  }

  /** The energy of each example, batch x 1. */
  energy(state: AstrocyteState, drive: Tensor): Tensor {
    const k = this.#kernels;
    const { neurons: phi, synapses: g, processes: psi, modes } = this.rates(state);
    const energy = k.sum(
      k.map(
        (x, phi, l, i) => x * phi - l - i * phi,
        state.neurons,
        phi,
        this.#lagrangian(state.neurons),
        drive,
      ),
      { over: 'columns' },
    );
    const pairs = k.map(
      (s, g, ls, p, psi, lp) => s * g - ls + p * psi - lp - psi * g,
      ...[state.synapses, g, this.#lagrangian(state.synapses)],
      ...[state.processes, psi, this.#lagrangian(state.processes)],
    );
    const excited = k.map(
      (g, a, b) => -g * a * b,
      g,
      k.select(phi, this.#first),
      k.select(phi, this.#second),
    );
    const spread = k.map((o) => -0.5 * o * o, modes);
    for (const part of [pairs, excited, spread])
      k.sum(part, { over: 'columns', scale: this.kappa, into: energy, accumulate: true });
    return energy;
  }

  /** Σ_j g_ij φ_j */
  #synapticCurrent(phi: Tensor, g: Tensor): Tensor {
    const k = this.#kernels;
    const { rows: batch, columns: size } = phi;
    const conductances = k.reshape(k.select(g, this.#pairs), batch * size, size);
    const current = k.matmul(conductances, k.reshape(phi, batch * size, 1), { groups: batch });
    return k.reshape(current, batch, size);
  }

  #rate(potential: Tensor): Tensor {
    return this.#kernels.map((z, beta) => Math.tanh(beta * z), potential, this.#options.gain);
  }

  /** L(z) = log cosh(β z) / β, whose derivative is tanh(β z). */
  #lagrangian(potential: Tensor): Tensor {
    return this.#kernels.map(
      (z, beta) => (Math.abs(beta * z) + Math.log((1 + Math.exp(-2 * Math.abs(beta * z))) / 2)) / beta,
      potential,
      this.#options.gain,
    );
  }
}

/** A: what each process gives to each mode, and gets from it. */
function modes(
  kernels: Kernels,
  seed: number,
  { initial }: NetworkSettings,
  pairs: number,
  count: number,
): Connection {
  const point = (name: string, size: number): Population => ({
    ...{ name, size, compartments: [], activation: null },
  });
  const values = INITIAL_WEIGHTS[initial](new RandomStream(seed, 'weights 2'), pairs, count);
  return {
    name: 'processes to modes',
    from: point('processes', pairs),
    to: point('modes', count),
    compartment: 'soma',
    weights: kernels.state('weights 2', pairs, count, values),
    bias: null,
  };
}

/** @throws UserError when the layers or the outputs do not go with neurons and an astrocyte */
export function checkAstrocyte(settings: NetworkSettings): void {
  const { layers } = settings;
  if (layers.length !== 2 || layers[1]! < 2)
    throw new UserError(
      `layers: neurons with an astrocyte have inputs and at least two outputs, which are joined to each other, and nothing between, e.g. 64,48, not ${layers.join(',')}`,
    );
  if (!hasSigmoidRates(settings))
    throw new UserError(
      'outputs of neurons with an astrocyte are sigmoid rates, with the loss squared-error; choose --loss squared-error --output-activation sigmoid',
    );
}

/** Neurons, synapses and an astrocyte that settle together. */
export const astrocyteNetwork: NetworkKind<AstrocyteNetwork, AstrocyteOptions> = {
  name: 'astrocyte',
  description:
    'Outputs that are joined in pairs, with an astrocyte whose processes act on each other, which settle to a minimum of an energy.',
  build: (kernels, seed, settings, options) => new AstrocyteNetwork(kernels, seed, settings, options),
  connectionCount: () => 2,
};
