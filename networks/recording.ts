import type { Executable, Tensor } from '../kernels/index.ts';
import type { CompartmentalNetwork } from './compartmental.ts';
import type { Instant } from './presentation.ts';

/** What of one neuron is recorded. */
export interface Electrode {
  /** Name of the population, e.g. 'hidden 1'. */
  readonly population: string;
  readonly neuron: number;
  /** A compartment's potential, the rate in spikes/ms, or the number of spikes in each ms. */
  readonly quantity: 'basal' | 'apical' | 'soma' | 'rate' | 'spikes';
}

/** What the electrodes saw of one image, from the first ms of the forward phase to the last of the target phase. */
export interface Traces {
  /** One for each electrode, a value a ms. */
  readonly traces: readonly Float32Array[];
  /** Plateau potentials sigma(mean apical potential) of every neuron, one pair for each hidden layer (eq. 21). */
  readonly plateaus: readonly { readonly forward: Float32Array; readonly target: Float32Array }[];
}

export interface RecorderOptions {
  readonly electrodes: readonly Electrode[];
  /** ms of the forward and of the target phase. */
  readonly forward: number;
  readonly target: number;
}

/** Shows an image to the network at rest, and a target from the middle on, and records. It does not learn. */
export interface Recorder {
  /**
   * @param image pixels from 0 to 1
   * @param label class of the target phase
   * @param draw chooses the spikes: equal numbers, equal spikes
   */
  record(image: Float32Array, label: number, draw?: number): Promise<Traces>;
  dispose(): void;
}

/**
 * Records any compartment of any neuron, for plots: voltage traces, rates, spikes, plateau potentials. A recorder has
 * neurons of its own, so that training goes on undisturbed; weights are those that the network has at the time.
 * @param feedback weights to each hidden layer, as in `present`
 * @param name of the recorder's states; every recorder of a network needs another one
 * @throws Error when an electrode is where no neuron is, or in a compartment that it lacks
 */
export async function createRecorder(
  network: CompartmentalNetwork,
  feedback: readonly Tensor[],
  options: RecorderOptions,
  name = 'recording',
): Promise<Recorder> {
  const { kernels: k, populations } = network;
  const outputs = populations.at(-1)!.size;
  const image = k.state(`${name}: image`, 1, populations[0]!.size);
  const label = k.state(`${name}: label`, 1, outputs);
  const hidden = populations.slice(1, -1);
  const apical = hidden.map((p) => k.state(`${name}: apical of ${p.name}`, 1, p.size));
  const seen = options.electrodes.map(({ population, quantity }, e) => {
    const at = populations.findIndex((p) => p.name === population);
    if (at < 0) throw new Error(`there is no population '${population}' to put an electrode in`);
    return { at, quantity, state: k.state(`${name}: electrode ${e}`, 1, populations[at]!.size) };
  });
  for (const { population, neuron } of options.electrodes) {
    const { size } = populations.find((p) => p.name === population)!;
    if (!(neuron >= 0 && neuron < size))
      throw new Error(`there is no neuron ${neuron} in '${population}', which has ${size}`);
  }
  const memory = network.memory(1, name);
  const { cells, signal, pendingSignal } = memory;
  const cleared = [...cells.flatMap(({ soma, pending }) => [soma, pending]), signal, pendingSignal];
  const millisecond = (target?: Tensor): Promise<Executable> =>
    k.trace(`${name}: a millisecond`, () => {
      const instant = network.present(image, feedback, memory).step(target, true);
      for (const [l, state] of apical.entries())
        k.mapInto(state, (v) => v, instant.potential(l + 1, 'apical')!);
      for (const { at, quantity, state } of seen) k.mapInto(state, (v) => v, measured(instant, at, quantity));
    });
  const [free, taught] = [await millisecond(), await millisecond(label)];

  return {
    async record(pixels, target, draw = 0) {
      const { device } = k;
      for (const t of cleared) await device.write(t, new Float32Array(t.rows * t.columns));
      await device.write(image, pixels);
      await device.write(
        label,
        Float32Array.from({ length: outputs }, (_, i) => Number(i === target)),
      );
      const total = options.forward + options.target;
      const traces = options.electrodes.map(() => new Float32Array(total));
      const plateaus = hidden.map(({ size }) => ({
        forward: new Float32Array(size),
        target: new Float32Array(size),
      }));
      const rows = new Uint32Array(0);
      for (let ms = 0; ms < total; ms++) {
        const isForward = ms < options.forward;
        await (isForward ? free : taught).run({ steps: 1, firstStep: draw * total + ms, rows });
        for (const [e, { state }] of seen.entries())
          traces[e]![ms] = (await device.read(state))[options.electrodes[e]!.neuron]!;
        const left = isForward ? options.forward - ms : total - ms;
        if (left > network.options.window) continue;
        for (const [l, state] of apical.entries()) {
          const sums = plateaus[l]![isForward ? 'forward' : 'target'];
          for (const [i, v] of (await device.read(state)).entries()) sums[i]! += v / network.options.window;
        }
      }
      for (const plateau of plateaus)
        for (const sums of [plateau.forward, plateau.target])
          for (const [i, mean] of sums.entries()) sums[i] = 1 / (1 + Math.exp(-mean));
      return { traces, plateaus };
    },
    dispose() {
      free.dispose();
      taught.dispose();
    },
  };
}

function measured(instant: Instant, population: number, quantity: Electrode['quantity']): Tensor {
  if (quantity === 'rate') return instant.rates[population]!;
  if (quantity === 'spikes') return instant.spikes[population]!;
  const potential = instant.potential(population, quantity);
  if (!potential) throw new Error(`these neurons have no potential '${quantity}' to record`);
  return potential;
}
