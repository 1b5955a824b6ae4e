import type { Dataset } from '../../data/browser.ts';
import type { Device } from '../../kernels/index.ts';

/** What a baseline answers. */
export interface BaselineContext {
  /** With labels, or of sequences, as the task needs them. */
  readonly dataset: Dataset;
  /** What followed the task's name and a colon, or ''. */
  readonly argument: string;
  /** On which it computes; it stays open. */
  readonly device: Device;
  /** Of what is drawn at random; 0 where `perWidth` is left out. */
  readonly seed: number;
  /** Neurons of the hidden layer that it stands beside; 0 where `perWidth` is left out. */
  readonly width: number;
}

/** What a baseline says of the test images. */
export interface Answers {
  /** A class for each of them. */
  readonly classes: ArrayLike<number>;
  /** What it chose on the way, in words; left out where it chose nothing. */
  readonly detail?: string;
}

interface Described {
  /** In lower case with hyphens. */
  readonly name: string;
  /** One sentence. */
  readonly description: string;
  /** It draws as many random features as a condition has neurons in its last hidden layer, anew for each seed. */
  readonly perWidth?: true;
}

/** One that names the class of an image. */
export interface Classifier extends Described {
  classify(context: BaselineContext): Promise<Answers>;
}

/** One that predicts the last frame of a sequence. */
export interface Predictor extends Described {
  /** @returns the mean squared error of a pixel of the test images */
  predict(context: BaselineContext): Promise<number>;
}

/** Something simple that does a task without a learning rule: what a rule has to beat, or what the pixels alone are worth. */
export type Baseline = Classifier | Predictor;
