import type { Executable, Tensor } from '../kernels/index.ts';
import type { CompartmentalNetwork } from './compartmental.ts';
import type { Instant } from './millisecond.ts';
import { Presentation } from './presentation.ts';

/** What of one neuron is recorded. */
export interface Electrode {
  /** Name of the population, e.g. 'hidden 1'. */
  readonly population: string;
  readonly neuron: number;
  /** A compartment's potential, the firing rate in spikes/ms, or the number of spikes in each ms. */
  readonly quantity: 'basal' | 'apical' | 'soma' | 'firing rate' | 'spikes';
}

/** What the electrodes saw of one image, from the first ms of the forward phase to the last of the target phase. */
export interface Recording {
  /** One for each electrode, a value a ms. */
  readonly signals: readonly Float32Array[];
  /** Plateau potentials alpha = sigma(mean V_a) of every neuron, one pair for each hidden layer (eq. 21). */
  readonly plateaus: readonly { readonly forward: Float32Array; readonly target: Float32Array }[];
}

/** What is recorded, and for how long. */
export interface RecorderOptions {
  readonly electrodes: readonly Electrode[];
  /** ms of the forward and of the target phase. */
  readonly forward: number;
  readonly target: number;
}

/** What one presentation may differ in. */
export interface RecordOptions {
  /** Chooses the spikes: equal numbers, equal spikes. 0 when left out. */
  readonly draw?: number;
  /** Neuron that each electrode is moved to within its population; where they were placed when left out. */
  readonly neurons?: readonly number[];
}

/** Shows an image to the network at rest, and a target from the middle on, and records. It does not learn. */
export interface Recorder {
  /**
   * Records one presentation of an image.
   * @param image pixels from 0 to 1
   * @param label class of the target phase
   */
  record(image: Float32Array, label: number, options?: RecordOptions): Promise<Recording>;
  /** Releases its buffers. */
  dispose(): void;
}

/**
 * Records any compartment of any neuron, for plots: potentials, firing rates, spikes, plateau potentials. A recorder has
 * neurons of its own, so that training goes on undisturbed; weights are those that the network has at the time.
 * @param feedback weights to each hidden layer, outputs x size of the layer
 * @throws Error when an electrode is where no neuron is, or in a compartment that it lacks
 */
export async function createRecorder(
  network: CompartmentalNetwork,
  feedback: readonly Tensor[],
  options: RecorderOptions,
): Promise<Recorder> {
  const { electrodes } = options;
  for (const electrode of electrodes) checkPlace(network, electrode);
  const { kernels: k, populations } = network;
  const result = (name: string, columns: number) => k.result(`recorder: ${name}`, 1, columns);
  const setup: Setup = {
    image: result('image', populations[0]!.size),
    label: result('label', populations.at(-1)!.size),
    lasting: [],
    apical: populations.slice(1, -1).map(({ name, size }) => result(`apical of ${name}`, size)),
    seen: electrodes.map((electrode, e) =>
      result(`electrode ${e}`, populations[indexOf(network, electrode)]!.size),
    ),
  };
  const state = network.neuronState(1, (name, rows, columns) => {
    const tensor = k.result(`recorder: ${name}`, rows, columns);
    setup.lasting.push(tensor);
    return tensor;
  });
  const trace = (target?: Tensor): Promise<Executable> =>
    k.trace('a recorded millisecond', () => {
      const instant = new Presentation(network, setup.image, feedback, state).step(target);
      for (const [l, into] of setup.apical.entries())
        k.mapInto(into, (v) => v, instant.potential(l + 1, 'apical')!);
      for (const [e, electrode] of electrodes.entries())
        k.mapInto(setup.seen[e]!, (v) => v, measured(instant, indexOf(network, electrode), electrode));
    });
  const [free, taught] = [await trace(), await trace(setup.label)];
  return {
    record: (image, label, { draw = 0, neurons } = {}) => {
      const moved = electrodes.map((one, e) => ({ ...one, neuron: neurons?.[e] ?? one.neuron }));
      for (const electrode of moved) checkPlace(network, electrode);
      const placed = { ...options, electrodes: moved };
      return record(network, placed, setup, { free, taught }, image, label, draw);
    },
    dispose() {
      free.dispose();
      taught.dispose();
    },
  };
}

/** What a recorder writes and reads, all of one row. */
interface Setup {
  readonly image: Tensor;
  readonly label: Tensor;
  /** What its neurons keep from one millisecond to the next. */
  readonly lasting: Tensor[];
  /** Apical potentials of each hidden layer. */
  readonly apical: readonly Tensor[];
  /** What each electrode sees of the population that it is in. */
  readonly seen: readonly Tensor[];
}

async function record(
  { kernels: { device }, options: { window } }: CompartmentalNetwork,
  { electrodes, forward, target }: RecorderOptions,
  { image, label, lasting, apical, seen }: Setup,
  { free, taught }: { free: Executable; taught: Executable },
  pixels: Float32Array,
  answer: number,
  draw: number,
): Promise<Recording> {
  for (const t of lasting) await device.write(t, new Float32Array(t.rows * t.columns));
  await device.write(image, pixels);
  await device.write(
    label,
    Float32Array.from({ length: label.columns }, (_, i) => Number(i === answer)),
  );
  const total = forward + target;
  const signals = electrodes.map(() => new Float32Array(total));
  const plateaus = apical.map(({ columns }) => ({
    forward: new Float32Array(columns),
    target: new Float32Array(columns),
  }));
  for (let ms = 0; ms < total; ms++) {
    const phase = ms < forward ? 'forward' : 'target';
    const executable = phase === 'forward' ? free : taught;
    await executable.run({ steps: 1, firstStep: draw * total + ms, rows: new Uint32Array(0) });
    for (const [e, tensor] of seen.entries())
      signals[e]![ms] = (await device.read(tensor))[electrodes[e]!.neuron]!;
    const left = phase === 'forward' ? forward - ms : total - ms;
    if (left > window) continue;
    for (const [l, tensor] of apical.entries())
      for (const [i, v] of (await device.read(tensor)).entries()) plateaus[l]![phase][i]! += v / window;
  }
  for (const plateau of plateaus)
    for (const means of [plateau.forward, plateau.target])
      for (const [i, mean] of means.entries()) means[i] = 1 / (1 + Math.exp(-mean));
  return { signals, plateaus };
}

const indexOf = ({ populations }: CompartmentalNetwork, { population }: Electrode): number =>
  populations.findIndex(({ name }) => name === population);

function checkPlace(network: CompartmentalNetwork, electrode: Electrode): void {
  const { population, neuron } = electrode;
  const found = network.populations[indexOf(network, electrode)];
  if (!found) throw new Error(`there is no population '${population}' to put an electrode in`);
  if (!(neuron >= 0 && neuron < found.size))
    throw new Error(`there is no neuron ${neuron} in '${population}', which has ${found.size}`);
}

function measured(instant: Instant, population: number, { quantity }: Electrode): Tensor {
  if (quantity === 'firing rate') return instant.firingRates[population]!;
  if (quantity === 'spikes') return instant.spikes[population]!;
  const potential = instant.potential(population, quantity);
  if (!potential) throw new Error(`these neurons have no potential '${quantity}' to record`);
  return potential;
}
