import type { Dataset } from '../../data/browser.ts';
import type { Device } from '../../kernels/index.ts';

/** What a baseline classifies. */
export interface BaselineContext {
  /** With labels. */
  readonly dataset: Dataset;
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

/** Something simple that classifies without a learning rule: what a rule has to beat, or what the pixels alone are worth. */
export interface Baseline {
  /** In lower case with hyphens. */
  readonly name: string;
  /** One sentence. */
  readonly description: string;
  /** It draws as many random features as a condition has neurons in its last hidden layer, anew for each seed. */
  readonly perWidth?: true;
  classify(context: BaselineContext): Promise<Answers>;
}
