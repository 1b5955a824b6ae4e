import type { Dataset } from '../../../data/browser.ts';
import type { Described, ShownNetwork } from '../../../results/figures/index.ts';
import type { Condition, Trainer } from '../../../training/index.ts';

/** A run in a worker, as the views look at it. */
export interface WatchedRun {
  readonly condition: Condition;
  readonly seed: number;
  readonly dataset: Dataset;
  readonly trainer: Trainer;
}

/** What a network is shown to look at it. */
export interface Shown {
  /** Pixels from 0 to 1, row by row. */
  readonly image: Float32Array;
  /** The class of the image, which a teaching signal asks for. */
  readonly label: number;
  /** Its place in the test set; null: it is none of the test images. */
  readonly place: number | null;
  /** Of the population above the input, the neuron that is looked at, from 0; null: the one that the target changes most. */
  readonly neuron: number | null;
}

/** What is special about a family of rules, recorded in the worker that trains. It changes nothing of the run. */
export interface ViewRecorder<Recorded extends ShownNetwork = ShownNetwork> {
  /** Whether the run has what the view shows. */
  isFor(run: WatchedRun): boolean;
  /** The answer can be posted to the page. A run is recorded often, and keeps its recorder. */
  record(run: WatchedRun, shown: Shown): Promise<Recorded>;
}

/** What a figure says of a network beside its title. */
export const describe = ({ condition, dataset: { name, train, test } }: WatchedRun): Described => ({
  experiment: {
    ...{ dataset: name, task: 'classify', validation: 0 },
    ...{ trainExamples: train.images.count, testExamples: test.images.count },
  },
  conditions: [condition],
});

/** The network itself, for the title. */
export const shownNetwork = ({ condition, seed, trainer }: WatchedRun): ShownNetwork => ({
  label: condition.label,
  seed,
  step: trainer.stepsDone,
});
