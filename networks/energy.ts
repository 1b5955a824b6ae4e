import { type Kernels, type RowStore, type Tensor, UserError } from '../kernels/index.ts';
import { ACTIVATIONS, type Activation } from './activation.ts';
import { KeptCurrents } from './kept-currents.ts';
import { drawLayers } from './layers.ts';
import { crossEntropy, type Readout, squaredError } from './loss.ts';
import type { Activity, Connection, Network, NetworkKind, NetworkSettings, Population } from './network.ts';

/** How neurons settle: by descent of the energy, or by s <- rho(W s) (Ernoult et al. 2019). */
export const DYNAMICS = ['energy-based', 'prototypical'] as const;

/** What an energy network has to know of its rule. */
export interface SettlingOptions {
  readonly dynamics: (typeof DYNAMICS)[number];
  /** Size of a step of the dynamics, in time constants of the neurons. */
  readonly epsilon: number;
}

/** The activity of the populations that settle, lowest first. */
export type SettlingState = readonly Activity[];

/** The pull of the target: the force -beta dC/d(rate), with C = |y - t|^2, or the cross-entropy of a softmax readout. */
export interface Nudge {
  readonly target: Tensor;
  /** 1 x 1 */
  readonly beta: Tensor;
}

/** Derivatives of the rates after a step, each batch x size. */
export interface StepDerivative {
  /** By the rates before it. */
  readonly own: Tensor;
  /** By the currents that arrive. */
  readonly current: Tensor;
}

/** The part of a connection that currents are computed from. */
export type Synapses = Pick<Connection, 'weights' | 'bias'>;

/** What holds while the network settles. */
export interface SettlingPhase {
  readonly nudge?: Nudge;
  /** The output population keeps the rates that it has. */
  readonly clamped?: boolean;
  /** In place of those of the connections, one each. */
  readonly synapses?: readonly Synapses[];
  /** Those of another state under the same drive and synapses; they follow while the network settles. */
  readonly currents?: KeptCurrents | null | undefined;
}

/** What a minibatch leaves in a row store: a row for each of its examples. */
export interface RowWrite {
  readonly store: RowStore;
  /** batch x columns of the store */
  readonly values: Tensor;
}

/** A stored state for each training example, at rest until the first one is kept (Scellier & Bengio 2017, section 5.2). */
export interface Particles {
  /** The stored states of the minibatch at hand. */
  recall(batch: number): SettlingState;
  /** What stores a state of the minibatch at hand. */
  keep(state: SettlingState): RowWrite[];
}

/**
 * Layers whose connections act in both directions, and whose neurons settle to a minimum of the energy
 *
 *   E = 1/2 sum s_i^2 - sum_{i<j} W_ij rho(s_i) rho(s_j) - sum b_i rho(s_i)     (Scellier & Bengio 2017, eq. 1)
 *
 * for potentials s, rates rho(s) and an input that is given. Everything here is dynamics; what is learned from the states
 * is up to the rules. All populations move at once, each from the old state of the others.
 *
 * With cross-entropy the output layer is a softmax readout of the last population that settles, and no part of the
 * dynamics (Laborieux et al. 2021).
 */
export class EnergyNetwork implements Network {
  readonly populations: readonly Population[];
  readonly connections: readonly Connection[];
  /** The connections of the energy: `settlingConnections[l]` leads into the l-th population that settles, lowest first. */
  readonly settlingConnections: readonly Connection[];
  /** From the last settling population to the softmax outputs, if there are some. */
  readonly readout: Connection | null;
  readonly kernels: Kernels;
  readonly #options: SettlingOptions;
  readonly #loss: Readout['loss'];
  readonly #last: number;
  #settlingSteps = 0;

  /** @throws UserError when the sizes do not make a network, or nothing settles */
  constructor(k: Kernels, seed: number, settings: NetworkSettings, options: SettlingOptions) {
    const { populations, connections } = drawLayers(k, seed, settings);
    if (settings.loss === 'binary-cross-entropy')
      throw new UserError(
        'a network that settles has the loss squared-error, or cross-entropy with a softmax readout, not binary-cross-entropy; choose one of them',
      );
    const hasReadout = settings.loss === 'cross-entropy';
    if (hasReadout && connections.length < 2)
      throw new UserError(
        `layer sizes '${settings.layers.join(',')}' leave nothing that settles below a softmax readout; add a hidden layer, or choose the loss squared-error`,
      );
    this.kernels = k;
    this.#options = options;
    this.#loss = (hasReadout ? crossEntropy : squaredError(settings.outputActivation)).loss;
    this.populations = populations;
    this.connections = connections;
    this.settlingConnections = hasReadout ? connections.slice(0, -1) : connections;
    this.readout = hasReadout ? connections.at(-1)! : null;
    this.#last = this.settlingConnections.length - 1;
  }

  get settlingSteps(): number {
    return this.#settlingSteps;
  }

  /** Takes steps of the dynamics into account that are traced elsewhere. */
  countSteps(steps: number): void {
    this.#settlingSteps += steps;
  }

  /** The current of the input, which stays the same while the network settles: x W_1 + b_1. */
  drive(input: Tensor, synapses: Synapses = this.settlingConnections[0]!): Tensor {
    return this.#arriving(input, synapses);
  }

  /** All potentials at zero. */
  rest(batch: number): SettlingState {
    return this.stateAt(this.settlingConnections.map(({ to }) => this.kernels.constant(0, batch, to.size)));
  }

  /**
   * The state with these potentials.
   * @param potentials of the populations that settle, lowest first, each batch x size
   */
  stateAt(potentials: readonly Tensor[]): SettlingState {
    return potentials.map((potential, l) => this.#activity(this.settlingConnections[l]!.to, potential));
  }

  /**
   * @param drive of the input
   * @returns the state after `iterations` steps
   */
  relax(start: SettlingState, drive: Tensor, iterations: number, phase: SettlingPhase = {}): SettlingState {
    const kept = phase.currents ?? this.keepCurrents(drive, phase.synapses);
    let state = start;
    for (let i = 0; i < iterations; i++) {
      kept?.follow(state);
      state = this.step(state, drive, phase, kept?.currents);
    }
    return state;
  }

  /**
   * Currents of the network at rest, to be kept from step to step. Null where an activation lets every neuron move at
   * every step, so that nothing would be gained.
   */
  keepCurrents(drive: Tensor, synapses: readonly Synapses[] = this.connections): KeptCurrents | null {
    if (this.settlingConnections.some(({ to }) => to.activation !== 'hard-sigmoid')) return null;
    return KeptCurrents.atRest(this.kernels, drive, synapses.slice(0, this.#last + 1));
  }

  /**
   * One step of the dynamics.
   * @param currents all that a population receives but for the nudge, where that is known already
   */
  step(
    state: SettlingState,
    drive: Tensor,
    phase: SettlingPhase = {},
    currents: readonly (Tensor | null)[] = [],
  ): SettlingState {
    this.#settlingSteps++;
    const synapses = phase.synapses ?? this.connections;
    const force = phase.nudge ? this.#force(state, phase.nudge, synapses.at(-1)!) : null;
    return state.map((activity, l) => {
      if (l === this.#last && phase.clamped) return activity;
      const current = currents[l] ?? this.#current(l, state, drive, synapses);
      return this.#move(l, activity, current, l === this.#last ? force : null);
    });
  }

  /** ds/dt of every population that settles, lowest first, each batch x size: 0 where the network is at rest. */
  residuals(state: SettlingState, drive: Tensor): Tensor[] {
    const next = this.step(state, drive);
    return state.map(({ potential }, l) =>
      this.kernels.map((s, n, e) => (n - s) / e, potential, next[l]!.potential, this.#options.epsilon),
    );
  }

  /**
   * Derivatives of a step without a nudge, of each population that settles. Null where potentials are not rates: with energy-based
   * dynamics and an activation other than the hard sigmoid.
   */
  stepDerivatives(state: SettlingState, drive: Tensor): StepDerivative[] | null {
    const k = this.kernels;
    const { dynamics, epsilon } = this.#options;
    if (
      dynamics === 'energy-based' &&
      this.settlingConnections.some(({ to }) => to.activation !== 'hard-sigmoid')
    )
      return null;
    return state.map(({ rate }, l) => {
      if (dynamics === 'energy-based') {
        const isFree = k.map((s) => (s > 0 && s < 1 ? 1 : 0), rate);
        return {
          own: k.map((m, e) => (1 - e) * m, isFree, epsilon),
          current: k.map((m, e) => e * m, isFree, epsilon),
        };
      }
      const { rate: f, backward } = rho(this.settlingConnections[l]!.to);
      const current = this.#current(l, state, drive, this.connections);
      const steps = k.constant(epsilon, rate.rows, rate.columns);
      return {
        own: k.constant(1 - epsilon, rate.rows, rate.columns),
        current: k.map(backward, steps, current, k.map(f, current)),
      };
    });
  }

  /** dC/d(rate) of each population that settles, without a sum over examples: C is the squared error, or the cross-entropy of the readout. */
  costErrors(state: SettlingState, target: Tensor): Tensor[] {
    const k = this.kernels;
    const against = { target, beta: k.constant(-1, 1, 1) };
    return state.map(({ rate: { rows, columns } }, l) =>
      l === this.#last ? this.#force(state, against, this.connections.at(-1)!) : k.constant(0, rows, columns),
    );
  }

  /** Firing rates of every population above the input, lowest first: of those that settle, and of the softmax readout. */
  firingRates(state: SettlingState): Tensor[] {
    const rates = state.map(({ rate }) => rate);
    return this.readout ? [...rates, this.output(state)] : rates;
  }

  /** Output rates, batch x outputs: those of the output population, or of the softmax readout. */
  output(state: SettlingState, readout: Synapses | null = this.readout): Tensor {
    const { rate } = state.at(-1)!;
    return this.readout && readout ? this.kernels.softmax(this.#arriving(rate, readout)) : rate;
  }

  loss(output: Tensor, target: Tensor): Tensor {
    return this.#loss(this.kernels, output, target);
  }

  /** Whether the dynamics descend the energy; the prototypical ones do not. */
  get hasEnergy(): boolean {
    return this.#options.dynamics === 'energy-based';
  }

  /** The energy of each example, batch x 1. */
  energy(state: SettlingState, drive: Tensor): Tensor {
    const k = this.kernels;
    const energy = k.constant(0, drive.rows, 1);
    for (const [l, { potential, rate }] of state.entries()) {
      const external = l === 0 ? drive : (this.settlingConnections[l]!.bias ?? 0);
      const own = k.map((s, r, b) => 0.5 * s * s - b * r, potential, rate, external);
      k.sum(own, { over: 'columns', into: energy, accumulate: true });
      if (l === 0) continue;
      const bottomUp = k.matmul(state[l - 1]!.rate, this.settlingConnections[l]!.weights);
      const pair = k.map((current, r) => -current * r, bottomUp, rate);
      k.sum(pair, { over: 'columns', into: energy, accumulate: true });
    }
    return energy;
  }

  /** Room for where the neurons settled for each training example, to go on from. @param examples of the training set */
  particles(examples: number): Particles {
    const k = this.kernels;
    const populations = this.settlingConnections.map(({ to }) => to);
    const stores = populations.map(({ name, size }) => k.rowStore(`particles of ${name}`, examples, size));
    return {
      recall: (batch) => this.stateAt(stores.map((store) => k.gather(store, batch))),
      keep: (state) => stores.map((store, l) => ({ store, values: state[l]!.potential })),
    };
  }

  #arriving(rate: Tensor, { weights, bias }: Synapses): Tensor {
    const current = this.kernels.matmul(rate, weights);
    return bias ? this.kernels.mapInto(current, (c, b) => c + b, current, bias) : current;
  }

  /** All that a population receives but for the nudge. */
  #current(l: number, state: SettlingState, drive: Tensor, synapses: readonly Synapses[]): Tensor {
    const received = this.#received(l, state, synapses);
    const constant = l === 0 ? drive : synapses[l]!.bias;
    if (!received) return drive;
    return constant ? this.kernels.map((c, b) => c + b, received, constant) : received;
  }

  /** The currents from the populations above and below that settle too; null for the only population. */
  #received(l: number, state: SettlingState, synapses: readonly Synapses[]): Tensor | null {
    const k = this.kernels;
    const below = l > 0 ? k.matmul(state[l - 1]!.rate, synapses[l]!.weights) : null;
    if (l === this.#last) return below;
    // Back through the same synapses: the weights are symmetric.
    return k.matmul(state[l + 1]!.rate, synapses[l + 1]!.weights, {
      transposeB: true,
      ...(below && { into: below, accumulate: true }),
    });
  }

  /** -beta dC/d(rate) for the last population that settles. `top`: the synapses onto the outputs. */
  #force(state: SettlingState, { target, beta }: Nudge, top: Synapses): Tensor {
    const k = this.kernels;
    const rates = this.output(state, top);
    // C = |y - t|^2, without the factor 1/2 of the paper's eq. 2, as in the authors' code
    if (!this.readout) return k.map((t, y, b) => 2 * b * (t - y), target, rates, beta);
    const pull = k.map((t, y, b) => b * (t - y), target, rates, beta);
    return k.matmul(pull, top.weights, { transposeB: true });
  }

  #move(l: number, state: Activity, current: Tensor, force: Tensor | null): Activity {
    const k = this.kernels;
    const { epsilon, dynamics } = this.#options;
    const { to: population } = this.settlingConnections[l]!;
    // The authors of the prototypical form let the target pull an output outside of rho; a readout's is a current.
    const outside = dynamics === 'prototypical' && !this.readout ? force : null;
    const total = force && !outside ? k.map((c, f) => c + f, current, force) : current;
    if (dynamics === 'energy-based') return this.#descend(population, state, total);
    // s <- s + epsilon (rho(dPhi/ds) + f - s); Ernoult et al. 2019 has epsilon = 1, and their code 0.2 by default
    const aim = k.map(rho(population).rate, total);
    const rate = k.map((s, r, f, e) => s + e * (r + f - s), state.rate, aim, outside ?? 0, epsilon);
    return { potential: rate, rate };
  }

  /** s <- s - epsilon dF/ds: eq. 4 of Scellier & Bengio 2017 in steps. */
  #descend(population: Population, { potential, rate }: Activity, current: Tensor): Activity {
    const k = this.kernels;
    const { epsilon } = this.#options;
    if (population.activation === 'hard-sigmoid') {
      // eq. 43: the potential itself is clipped, so that rho(s) = s, and rho' = 1 at the bounds too
      const clipped = k.map(
        (s, c, e) => Math.min(Math.max(s + e * (c - s), 0), 1),
        potential,
        current,
        epsilon,
      );
      return { potential: clipped, rate: clipped };
    }
    // eq. 8: ds/dt = rho'(s) (current + b) - s
    const pull = k.map(rho(population).backward, current, potential, rate);
    return this.#activity(
      population,
      k.map((s, p, e) => s + e * (p - s), potential, pull, epsilon),
    );
  }

  /** The prototypical state is a rate already, and a clipped potential is its own rate. */
  #activity(population: Population, potential: Tensor): Activity {
    const isRate = this.#options.dynamics === 'prototypical' || population.activation === 'hard-sigmoid';
    return { potential, rate: isRate ? potential : this.kernels.map(rho(population).rate, potential) };
  }
}

function rho({ name, activation }: Population): Activation {
  if (activation === null || activation === 'softmax')
    throw new Error(`the ${name} population does not settle`);
  return ACTIVATIONS[activation];
}

/** Point neurons that settle, with connections that act in both directions. */
export const energyNetwork: NetworkKind<EnergyNetwork, SettlingOptions> = {
  name: 'energy',
  description:
    'Layers whose connections act in both directions, and whose neurons settle to a minimum of an energy.',
  build: (kernels, seed, settings, options) => new EnergyNetwork(kernels, seed, settings, options),
};
