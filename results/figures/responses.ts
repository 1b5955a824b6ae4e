import type { Described } from './words.ts';

/** The network that a figure shows. */
export interface ShownNetwork {
  /** Label of its condition. */
  readonly label: string;
  readonly seed: number;
  /** Minibatches that it was trained for. */
  readonly step: number;
}

/** Firing rates of a population above the input for every test example. */
export interface PopulationRates {
  readonly name: string;
  /** Neurons. */
  readonly size: number;
  /** e.g. 'spikes/ms'; '' for the rates of an activation function, which have none. */
  readonly unit: string;
  /** The ends of the range of a rate; null where there is none. */
  readonly range: readonly [low: number, high: number] | null;
  /** Row by row, examples x neurons. */
  readonly rates: Float32Array;
}

/** What a trained network answers to the test set. */
export interface TestResponses extends ShownNetwork {
  /** Lowest first, the output last. */
  readonly populations: readonly PopulationRates[];
  /** Class of each test example, from 0; null where outputs are no classes. */
  readonly classes: Uint8Array | null;
}

/** Networks of a comparison, with what a figure shows of each. */
export interface OfNetworks<Shown extends ShownNetwork> {
  readonly document: Described;
  /** In the order of the conditions. */
  readonly networks: readonly Shown[];
}

/** Title of a panel: the condition, and the seed where the panels show several. */
export function networkTitle({ label, seed }: ShownNetwork, networks: readonly ShownNetwork[]): string {
  const isOneSeed = networks.every((other) => other.seed === networks[0]!.seed);
  return isOneSeed ? label : `${label}, seed ${seed}`;
}
