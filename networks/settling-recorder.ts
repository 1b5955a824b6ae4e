import type { Executable, Tensor } from '../kernels/index.ts';
import type { EnergyNetwork, Nudge, SettlingState } from './energy.ts';

/** How long a network settles, and how its outputs are nudged. */
export interface SettlingPhases {
  /** Steps without a nudge, and with it. */
  readonly free: number;
  readonly nudged: number;
  /** Strength of the nudge, in the unit of the network's cost. */
  readonly beta: number;
}

/** Those of a rule whose options have the names of equilibrium propagation; null where they have not. */
export function settlingPhases(options: Readonly<Record<string, unknown>>): SettlingPhases | null {
  const { freeIterations: free, nudgedIterations: nudged, beta } = options;
  const isNumber = (value: unknown): value is number => typeof value === 'number';
  return isNumber(free) && isNumber(nudged) && isNumber(beta) ? { free, nudged, beta } : null;
}

/** A network that settles without a target, and goes on from there with one. */
export interface SettlingRecording extends SettlingPhases {
  /** E at rest and after each step; null where the dynamics descend none. */
  readonly energy: Float32Array | null;
  /** The cost C of the outputs at rest and after each step, without a factor 1/2: with a nudge E + beta C falls. */
  readonly cost: Float32Array;
  /** Rates of each population above the input, lowest first, where the free and the nudged phase end. */
  readonly populations: readonly {
    readonly name: string;
    readonly free: Float32Array;
    readonly nudged: Float32Array;
  }[];
}

/** Records how a network settles that may learn in between. */
export interface SettlingRecorder {
  /**
   * Shows an image to the network at rest, and a target from the end of the free phase on. It changes nothing of the network.
   * @param image pixels from 0 to 1
   * @param label class that the outputs are nudged towards
   */
  record(image: Float32Array, label: number): Promise<SettlingRecording>;
  /** Releases its buffers. */
  dispose(): void;
}

/** What the recorder's step reads and writes, all of one row. */
interface Setup {
  readonly image: Tensor;
  readonly target: Tensor;
  /** Potentials of the populations that settle. */
  readonly potentials: readonly Tensor[];
  /** Rates of all populations above the input. */
  readonly rates: readonly Tensor[];
  readonly energy: Tensor;
}

/**
 * Traces the steps of a recorder of single images.
 * @param phases how long it settles, and how it is nudged
 */
export async function createSettlingRecorder(
  network: EnergyNetwork,
  phases: SettlingPhases,
): Promise<SettlingRecorder> {
  const { kernels: k, populations, settlingConnections } = network;
  const result = (name: string, columns: number) => k.result(`recorder: ${name}`, 1, columns);
  const setup: Setup = {
    image: result('image', populations[0]!.size),
    target: result('target', populations.at(-1)!.size),
    potentials: settlingConnections.map(({ to }) => result(`potential of ${to.name}`, to.size)),
    rates: populations.slice(1).map(({ name, size }) => result(`rate of ${name}`, size)),
    energy: result('energy', 1),
  };
  const rest = await k.trace('a recorded state of rest', () => see(network, setup, network.rest(1)));
  const trace = (beta: number | null): Promise<Executable> =>
    k.trace('a recorded step', () => {
      const nudge: Nudge | null =
        beta === null ? null : { target: setup.target, beta: k.constant(beta, 1, 1) };
      const before = network.stateAt(setup.potentials);
      see(network, setup, network.step(before, network.drive(setup.image), nudge ? { nudge } : {}));
    });
  const [free, nudged] = [await trace(null), await trace(phases.beta)];
  return {
    record: (image, label) => record(network, phases, setup, { rest, free, nudged }, image, label),
    dispose() {
      for (const executable of [rest, free, nudged]) executable.dispose();
    },
  };
}

/** Keeps a state for the next step and for the host. */
function see(
  network: EnergyNetwork,
  { image, potentials, rates, energy }: Setup,
  state: SettlingState,
): void {
  const k = network.kernels;
  const copy = (into: Tensor, from: Tensor) => k.mapInto(into, (v) => v, from);
  if (network.hasEnergy) copy(energy, network.energy(state, network.drive(image)));
  for (const [l, rate] of network.firingRates(state).entries()) copy(rates[l]!, rate);
  for (const [l, { potential }] of state.entries()) copy(potentials[l]!, potential);
}

async function record(
  network: EnergyNetwork,
  phases: SettlingPhases,
  { image, target, rates, energy }: Setup,
  steps: { readonly [name in 'rest' | 'free' | 'nudged']: Executable },
  pixels: Float32Array,
  label: number,
): Promise<SettlingRecording> {
  const { device } = network.kernels;
  const oneHot = Float32Array.from({ length: target.columns }, (_, i) => Number(i === label));
  await device.write(image, pixels);
  await device.write(target, oneHot);
  const energies: number[] = [];
  const costs: number[] = [];
  const run = async (step: Executable, times: number) => {
    for (let i = 0; i < times; i++) {
      await step.run({ steps: 1, firstStep: 0, rows: new Uint32Array(0) });
      energies.push((await device.read(energy))[0]!);
      costs.push(costOf(network, await device.read(rates.at(-1)!), oneHot));
    }
    return Promise.all(rates.map((rate) => device.read(rate)));
  };
  await run(steps.rest, 1);
  const free = await run(steps.free, phases.free);
  const nudged = await run(steps.nudged, phases.nudged);
  return {
    ...phases,
    energy: network.hasEnergy ? Float32Array.from(energies) : null,
    cost: Float32Array.from(costs),
    populations: network.populations
      .slice(1)
      .map(({ name }, l) => ({ name, free: free[l]!, nudged: nudged[l]! })),
  };
}

/** C = |y - t|^2, or the cross-entropy of a softmax readout: what `Nudge` pulls at. */
const costOf = ({ readout }: EnergyNetwork, rates: Float32Array, target: Float32Array): number =>
  rates.reduce((sum, y, i) => {
    const t = target[i]!;
    if (!readout) return sum + (y - t) ** 2;
    return t > 0 ? sum - Math.log(y) : sum;
  }, 0);
