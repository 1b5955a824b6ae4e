import { sigmoid, type Tensor } from '../kernels/index.ts';
import type { MicrocircuitNetwork, MicrocircuitTime } from './microcircuit.ts';
import type { Connection, Population } from './network.ts';
import type { Allocate } from './neuron-state.ts';

/** What lasts of the somata of one population from one step to the next; batch x size, zeros at rest. */
interface Somata {
  /** u */
  readonly potential: Tensor;
  /** What their rates follow: u itself, or the prospective potential. */
  readonly seen: Tensor;
}

/** Neurons of one population at an instant; batch x size. Good until the next step. */
export interface NeuronsInTime {
  /** v_B of pyramidal neurons, v_I of interneurons. */
  readonly basal: Tensor;
  /** v_A; null where there is no apical dendrite. */
  readonly apical: Tensor | null;
  /** u, of the somata. */
  readonly soma: Tensor;
  /** What rates and plasticity follow: u, or with latent equilibrium the prospective u + τ du/dt. */
  readonly seen: Tensor;
  /** du/dt, 1/ms. */
  readonly derivative: Tensor;
  /** τ = 1 / (sum of the conductances), ms. */
  readonly timeConstant: number;
}

/** A microcircuit at an instant. */
export interface MicrocircuitInstant {
  /** Rates of the pyramidal neurons that the dendrites feel, input first. */
  readonly rates: readonly Tensor[];
  /** Rates of the interneurons beside each hidden layer that apical dendrites feel, lowest first. */
  readonly interneuronRates: readonly Tensor[];
  /** Pyramidal neurons above the input, lowest first. */
  readonly pyramidal: readonly NeuronsInTime[];
  /** Interneurons beside each hidden layer, lowest first. */
  readonly interneurons: readonly NeuronsInTime[];
}

/** What happens in a phase. */
export interface MicrocircuitPhase {
  /** Targets of the output neurons, from 0 to 1; left out: nobody teaches them. */
  readonly target?: Tensor;
  /** Looks at each instant before the neurons go on. */
  observe?(instant: MicrocircuitInstant): void;
}

/**
 * A microcircuit in time, from rest on, while a minibatch is shown (Sacramento et al. 2018, eq. 1 to 5, without their noise). Dendrites
 * follow the rates of the step before at once, somata by explicit Euler steps, all at the same time:
 *
 * - pyramidal: du/dt = -g_l u + g_B (v_B - u) + g_A (v_A - u) (eq. 1), in outputs g_som (u_target - u) in place of the apical current;
 * - interneurons: du_I/dt = -g_l u_I + g_D (v_I - u_I) + g_som (u_above - u_I) (eq. 2), taught in every phase.
 *
 * With latent equilibrium (Haider et al. 2021) everything that others see of a soma is prospective, u + τ du/dt with the derivative at hand:
 * that is where its inputs would bring it, so that a layer takes a step and not several time constants.
 */
export class MicrocircuitSimulation {
  readonly #network: MicrocircuitNetwork;
  readonly #time: MicrocircuitTime;
  readonly #input: Tensor;
  /** v_B of the first layer: the input does not change. */
  readonly #drive: Tensor;
  readonly #pyramidal: readonly Somata[];
  readonly #interneurons: readonly Somata[];

  /**
   * @param input rates, batch x inputs
   * @param allocate makes what lasts, with zeros at rest; left out: the neurons last as long as a step of training does
   * @throws Error when the network has no time
   */
  constructor(network: MicrocircuitNetwork, input: Tensor, allocate?: Allocate) {
    if (!network.time) throw new Error('a microcircuit with steady potentials cannot be simulated in time');
    this.#network = network;
    this.#time = network.time;
    this.#input = input;
    this.#drive = this.#dendrite(network.connections[0]!, input);
    const { kernels: k } = network;
    const make = allocate ?? ((_: string, rows: number, columns: number) => k.constant(0, rows, columns));
    const somata = ({ name, size }: Population): Somata => {
      const potential = make(`soma of ${name}`, input.rows, size);
      const isProspective = this.#time.dynamics === 'latent-equilibrium';
      const seen = isProspective ? make(`prospective soma of ${name}`, input.rows, size) : potential;
      return { potential, seen };
    };
    this.#pyramidal = network.populations.slice(1).map(somata);
    this.#interneurons = network.circuits.map(({ interneurons }) => somata(interneurons));
  }

  /** Firing rates of the pyramidal neurons as they are now, input first. */
  rates(): Tensor[] {
    return [this.#input, ...this.#pyramidal.map(({ seen }) => this.#network.rate(seen))];
  }

  /** Steps of a phase of so many ms. */
  stepsOf(ms: number): number {
    return stepsOf(ms, this.#time);
  }

  /** Goes on for a phase of so many ms, in whole steps. */
  phase(ms: number, { target, observe }: MicrocircuitPhase = {}): void {
    const { kernels: k } = this.#network;
    const aim = target && this.#network.targetPotential(target);
    k.repeat(this.stepsOf(ms), () => {
      const instant = this.#instant(aim);
      observe?.(instant);
      this.#move(instant);
    });
  }

  /**
   * How far the rates of the pyramidal neurons above the input, lowest first, are from those where what they feel would bring them:
   * φ(u + τ du/dt) - r. Zero where the network rests.
   */
  residuals(): Tensor[] {
    const { kernels: k } = this.#network;
    const { rates, pyramidal } = this.#instant();
    return pyramidal.map(({ soma, derivative, timeConstant }, p) =>
      k.map((u, d, tau, r) => sigmoid(u + tau * d) - r, soma, derivative, timeConstant, rates[p + 1]!),
    );
  }

  /** @param aim u_target */
  #instant(aim?: Tensor): MicrocircuitInstant {
    const { connections, circuits, constants } = this.#network;
    const rates = this.rates();
    const interneuronRates = this.#interneurons.map(({ seen }) => this.#network.rate(seen));
    const pyramidal = connections.map((connection, l) => {
      // eq. 3
      const basal = l === 0 ? this.#drive : this.#dendrite(connection, rates[l]!);
      const inhibition = interneuronRates[l];
      const apical = inhibition && this.#network.apicalPotential(l + 1, rates[l + 2]!, inhibition);
      const [conductance, potential] = apical
        ? [constants.apical, apical]
        : [aim ? constants.teaching : 0, aim ?? basal];
      const felt = this.#feel(this.#pyramidal[l]!, basal, constants.basal, potential, conductance);
      return { basal, apical: apical ?? null, ...felt };
    });
    const interneurons = circuits.map(({ excitation }, h) => {
      // eq. 5
      const basal = this.#dendrite(excitation, rates[h + 1]!);
      const above = pyramidal[h + 1]!.seen;
      const felt = this.#feel(this.#interneurons[h]!, basal, constants.dendritic, above, constants.teaching);
      return { basal, apical: null, ...felt };
    });
    return { rates, interneuronRates, pyramidal, interneurons };
  }

  #dendrite({ weights, bias }: Connection, rate: Tensor): Tensor {
    const { kernels: k } = this.#network;
    const current = k.matmul(rate, weights);
    return k.mapInto(current, (i, b) => i + b, current, bias!);
  }

  /** Eq. 1 and 2: a soma between its basal dendrite and a second potential, that of its apical dendrite or of its teacher. */
  #feel(
    { potential: soma }: Somata,
    basal: Tensor,
    basalConductance: number,
    second: Tensor,
    secondConductance: number,
  ): Omit<NeuronsInTime, 'basal' | 'apical'> {
    const {
      kernels: k,
      constants: { leak },
    } = this.#network;
    const derivative = k.map(
      (u, v, w, gl, g, h) => g * (v - u) + h * (w - u) - gl * u,
      soma,
      basal,
      second,
      leak,
      basalConductance,
      secondConductance,
    );
    const timeConstant = 1 / (leak + basalConductance + secondConductance);
    const seen =
      this.#time.dynamics === 'full'
        ? soma
        : k.map((u, d, tau) => u + tau * d, soma, derivative, timeConstant);
    return { soma, seen, derivative, timeConstant };
  }

  /** An Euler step of every soma. */
  #move({ pyramidal, interneurons }: MicrocircuitInstant): void {
    const { kernels: k } = this.#network;
    const somata = [...this.#pyramidal, ...this.#interneurons];
    for (const [i, instant] of [...pyramidal, ...interneurons].entries()) {
      const { potential, seen } = somata[i]!;
      if (seen !== potential) k.mapInto(seen, (u) => u, instant.seen);
      k.mapInto(potential, (u, d, dt) => u + dt * d, potential, instant.derivative, this.#time.step);
    }
  }
}

/** Steps of a phase of so many ms. */
export const stepsOf = (ms: number, { step }: Pick<MicrocircuitTime, 'step'>): number =>
  Math.round(ms / step);
