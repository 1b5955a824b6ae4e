import type { Tensor } from '../kernels/index.ts';
import type { CompartmentalNetwork } from './compartmental.ts';
import type { Population } from './network.ts';
import { createRecorder, type Electrode } from './recorder.ts';

/** Potentials of a neuron, a value for each ms, relative to rest. */
export interface RecordedPotentials {
  readonly population: string;
  readonly neuron: number;
  readonly basal: Float32Array;
  readonly soma: Float32Array;
}

/** One presentation of an image, seen from a hidden neuron and from the output neuron of the class that is taught. */
export interface NeuronRecording {
  /** Lengths of the phases, and of the end of each that plateau potentials are averaged over, ms. */
  readonly forward: number;
  readonly target: number;
  readonly window: number;
  /** Of the first hidden population, with its plateau potentials alpha from 0 to 1. */
  readonly hidden: RecordedPotentials & {
    readonly apical: Float32Array;
    readonly plateaus: { readonly forward: number; readonly target: number };
  };
  readonly output: RecordedPotentials;
  /** Numbers of spikes in each ms, of some neurons of both populations. */
  readonly spikes: readonly { readonly population: string; readonly counts: Float32Array }[];
  /** Reversal potential of the teaching current, which says in what unit potentials are. */
  readonly excitation: number;
}

/** Records one hidden neuron after the other of a network that may learn in between. */
export interface NeuronRecorder {
  /**
   * Shows an image as in training, without its target and from then on with it. The network does not learn, and its neurons are not those
   * of training.
   * @param image pixels from 0 to 1
   * @param label class of the target phase
   * @param neuron of the first hidden population; null: the one whose plateau potential differs most between the phases
   * @throws Error when there is no such neuron
   */
  record(image: Float32Array, label: number, neuron: number | null): Promise<NeuronRecording>;
  /** Releases its buffers. */
  dispose(): void;
}

/** Neurons of each population whose spikes are recorded; of smaller populations all. */
const SPIKING = 30;

/**
 * @param feedback weights to each hidden layer, outputs x size of the layer
 * @throws Error when the neurons have no time
 */
export async function createNeuronRecorder(
  network: CompartmentalNetwork,
  feedback: readonly Tensor[],
): Promise<NeuronRecorder> {
  const { shortestPhase: duration, window } = network.options;
  const [hidden, output] = [network.populations[1]!, network.populations.at(-1)!];
  const traced = tracedElectrodes(hidden, output);
  const spiking = [hidden, output].flatMap(spikeElectrodes);
  const recorder = await createRecorder(network, feedback, {
    electrodes: [...traced, ...spiking],
    ...{ forward: duration, target: duration },
  });
  return {
    async record(image, label, chosen) {
      const neuron = chosen ?? mostChanged((await recorder.record(image, label)).plateaus[0]!);
      const neurons = [neuron, neuron, neuron, label, label, ...spiking.map((one) => one.neuron)];
      // The same spikes as before: they do not depend on where electrodes are.
      const { signals, plateaus } = await recorder.record(image, label, { neurons });
      const [apical, basal, soma, outputBasal, outputSoma] = signals;
      const { forward, target } = plateaus[0]!;
      return {
        ...{ forward: duration, target: duration, window },
        hidden: {
          ...{ population: hidden.name, neuron, apical: apical!, basal: basal!, soma: soma! },
          plateaus: { forward: forward[neuron]!, target: target[neuron]! },
        },
        output: { population: output.name, neuron: label, basal: outputBasal!, soma: outputSoma! },
        spikes: signals
          .slice(traced.length)
          .map((counts, i) => ({ population: spiking[i]!.population, counts })),
        excitation: network.constants.excitation,
      };
    },
    dispose: () => recorder.dispose(),
  };
}

/** The neuron whose value differs most between the phases. */
export const mostChanged = ({ forward, target }: { forward: Float32Array; target: Float32Array }): number => {
  const changes = forward.map((alpha, i) => Math.abs(target[i]! - alpha));
  return changes.indexOf(Math.max(...changes));
};

/** Apical, basal and somatic potential of a hidden neuron, and the last two of an output neuron. */
const tracedElectrodes = (hidden: Population, output: Population): Electrode[] => [
  ...(['apical', 'basal', 'soma'] as const).map((quantity) => ({
    ...{ population: hidden.name, neuron: 0, quantity },
  })),
  ...(['basal', 'soma'] as const).map((quantity) => ({
    ...{ population: output.name, neuron: 0, quantity },
  })),
];

const spikeElectrodes = ({ name, size }: Population): Electrode[] =>
  Array.from({ length: Math.min(size, SPIKING) }, (_, neuron) => ({
    ...{ population: name, neuron, quantity: 'spikes' as const },
  }));
