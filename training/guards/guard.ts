import type { Population } from '../../networks/index.ts';

/** What a population above the input did when images were shown after an epoch. */
export interface ObservedPopulation extends Pick<Population, 'name' | 'size' | 'activation'> {
  readonly isOutput: boolean;
  /** Neurons that were silent for every one of the images. */
  readonly silent: number;
  /** Share (0 to 1) of its rates, over neurons and images, that lie at an end of their range; null: they have none. */
  readonly atAnEnd: number | null;
  /** Root mean square of ds/dt over neurons and images, in rates a time constant; null: it does not settle. */
  readonly residual: number | null;
}

/** The weights of a connection after an epoch. */
export interface ObservedConnection {
  readonly name: string;
  /** The rule gave a direction for it. */
  readonly isTaught: boolean;
  /** Every bit is what it was before the epoch; null: that is not known. */
  readonly isUnchanged: boolean | null;
  /** Root mean square, and what it is held against. */
  readonly size: number;
  readonly usualSize: number;
}

/** What guards look at after an epoch. */
export interface ObservedEpoch {
  /** From 1. */
  readonly epoch: number;
  /** Mean loss of the training examples of the epoch; null where it is not finite. */
  readonly trainLoss: number | null;
  /** Images that were shown. */
  readonly images: number;
  readonly populations: readonly ObservedPopulation[];
  readonly connections: readonly ObservedConnection[];
}

/** What a guard has found, of one population or connection. */
export interface Finding {
  readonly layer: string;
  /** With the layer and the epoch, without a full stop. */
  readonly sentence: string;
}

/** Something that nearly always is a mistake, and that every run is looked at for after each epoch. */
export interface Guard {
  /** In lower case with hyphens. */
  readonly name: string;
  /** One sentence: when it fires. */
  readonly description: string;
  find(observed: ObservedEpoch): Finding[];
}
