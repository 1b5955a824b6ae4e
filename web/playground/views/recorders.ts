import type { Tensor } from '../../../kernels/index.ts';
import {
  CompartmentalNetwork,
  createNeuronRecorder,
  createSettlingRecorder,
  EnergyNetwork,
  type NeuronRecorder,
  type SettlingRecorder,
  settlingPhases,
} from '../../../networks/index.ts';
import type {
  Described,
  FeedbackWeights,
  SettlingTraces,
  VoltageTraces,
} from '../../../results/figures/index.ts';
import { compareFeedback, type Trainer } from '../../../training/index.ts';
import { describe, type Shown, shownNetwork, type ViewRecorder, type WatchedRun } from './view.ts';

/** Voltages, with the constants that a synapse learns by: k_B, and the highest firing rate in spikes/ms. */
export interface NeuronTraces extends VoltageTraces {
  readonly kB: number;
  readonly maximalRate: number;
}

/** By the name of the figure that shows it. */
export const RECORDERS = {
  voltages: {
    isFor: ({ trainer: { network, feedback } }) =>
      network instanceof CompartmentalNetwork &&
      network.options.neurons === 'spiking' &&
      network.populations.length > 2 &&
      feedback.length > 0,
    async record(run, { image, label, place, neuron }) {
      const recorder = await neuronRecorders.of(run);
      const recording = await recorder.record(image, label, neuron);
      const { kB, constants } = run.trainer.network as CompartmentalNetwork;
      const { maximalRate } = constants;
      return { ...shownNetwork(run), image: place, answer: label, ...recording, kB, maximalRate };
    },
  } satisfies ViewRecorder<NeuronTraces>,
  settling: {
    isFor: ({ trainer: { network }, condition: { options } }) =>
      network instanceof EnergyNetwork && settlingPhases(options) !== null,
    async record(run, { image, label, place }) {
      const recorder = await settlingRecorders.of(run);
      return { ...shownNetwork(run), image: place, answer: label, ...(await recorder.record(image, label)) };
    },
  } satisfies ViewRecorder<SettlingTraces>,
  'feedback-weights': {
    isFor: ({ trainer }) => trainer.feedback.length > 0,
    async record(run) {
      const { trainer } = run;
      const read = (state: Tensor) => trainer.read(state);
      const paths = [];
      for (const path of trainer.feedback)
        paths.push({ name: path.connection.name, ...(await compareFeedback(read, path)) });
      return { ...shownNetwork(run), paths };
    },
  } satisfies ViewRecorder<FeedbackWeights>,
} as const;

/** The name of a view. */
export type ViewName = keyof typeof RECORDERS;

/** What the page gets to show. */
export type Recording = {
  [View in ViewName]: {
    readonly view: View;
    readonly described: Described;
    readonly recorded: Awaited<ReturnType<(typeof RECORDERS)[View]['record']>>;
  };
}[ViewName];

/** The views that a run has something for. */
export const viewsOf = (run: WatchedRun): ViewName[] =>
  (Object.keys(RECORDERS) as ViewName[]).filter((view) => RECORDERS[view].isFor(run));

/** Records a run for one of its views. It learns nothing from it. */
export const recordView = async (run: WatchedRun, view: ViewName, shown: Shown): Promise<Recording> =>
  ({ view, described: describe(run), recorded: await RECORDERS[view].record(run, shown) }) as Recording;

/** One recorder for each run: its tensors stay with the device until the run ends. */
class PerRun<R> {
  readonly #made = new WeakMap<Trainer, Promise<R>>();
  readonly #make: (run: WatchedRun) => Promise<R>;

  constructor(make: (run: WatchedRun) => Promise<R>) {
    this.#make = make;
  }

  of(run: WatchedRun): Promise<R> {
    const known = this.#made.get(run.trainer);
    if (known) return known;
    const made = this.#make(run);
    this.#made.set(run.trainer, made);
    return made;
  }
}

const neuronRecorders = new PerRun<NeuronRecorder>(({ trainer: { network, feedback } }) =>
  createNeuronRecorder(
    network as CompartmentalNetwork,
    feedback.map(({ connection }) => connection.weights),
  ),
);

const settlingRecorders = new PerRun<SettlingRecorder>(({ trainer, condition }) =>
  createSettlingRecorder(trainer.network as EnergyNetwork, settlingPhases(condition.options)!),
);
