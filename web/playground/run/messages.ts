import type { Condition, EpochRecord, Measurement, StartHashes } from '../../../training/index.ts';
import type { Recording, ViewName } from '../views/recorders.ts';
import type { Shown } from '../views/view.ts';
import type { RuleAbout } from './about.ts';

/** `exact` has the same bits on every machine; `fastest` is fused multiply-add where the browser has relaxed SIMD. */
export type KernelChoice = 'fastest' | 'exact';

/** Bytes that every worker is handed. */
export interface Resources {
  /**
   * As they lie in the site: see `unpackDataset`. A worker unpacks them itself, for the page's thread has to draw; and a blob is not
   * copied when it is sent.
   */
  readonly digits: Blob;
  /** The kernels: with the same bits on every machine, and with fused multiply-add. */
  readonly exact: ArrayBuffer;
  readonly fused: ArrayBuffer;
}

/** What a worker trains. */
export interface RunOrder {
  /** Name of a built-in rule, or a rule file of the user's own, compiled to JavaScript. */
  readonly rule: { readonly name: string } | { readonly code: string };
  readonly layers: readonly number[];
  readonly epochs: number;
  readonly seed: number;
  /** Null: as the rule's recipe has it. */
  readonly batch: number | null;
  /** One for all connections or one for each; null: as the rule's recipe has it. */
  readonly learningRate: readonly number[] | null;
  readonly kernels: KernelChoice;
}

/** What the page asks of a worker. What has an `id` is answered under it. */
export type Request =
  /** The rules that there are. */
  | { readonly kind: 'catalogue'; readonly id: number }
  | { readonly kind: 'open'; readonly order: RunOrder; readonly resources: Resources }
  | { readonly kind: 'train' }
  | { readonly kind: 'pause' }
  /** One minibatch. */
  | { readonly kind: 'step' }
  /** Examples a second at most; null: as many as there can be. */
  | { readonly kind: 'limit'; readonly examplesPerSecond: number | null }
  /** What the network says to an image of pixels from 0 to 1. */
  | { readonly kind: 'ask'; readonly id: number; readonly image: Float32Array }
  /** One of the test digits. */
  | { readonly kind: 'digit'; readonly id: number; readonly index: number }
  /** What a view shows. */
  | { readonly kind: 'record'; readonly id: number; readonly view: ViewName; readonly shown: Shown };

/** A digit of the test set. */
export interface TestDigit {
  readonly image: Float32Array;
  readonly label: number;
}

/** A run that is ready to be trained. */
export interface Opened {
  readonly about: RuleAbout;
  readonly condition: Condition;
  /** What computes, e.g. 'wasm-simd+fma'. */
  readonly backend: string;
  readonly start: StartHashes;
  /** Names of the views of its family. */
  readonly views: readonly ViewName[];
  /** What cannot be measured, and why. */
  readonly notes: readonly string[];
  /** Training examples of the whole run. */
  readonly examples: number;
}

/** The network after so many training examples. */
export interface Look extends Measurement {
  readonly examples: number;
  /** The record of the epoch that ended here, without its times; null within an epoch and before the first. */
  readonly epoch: EpochRecord | null;
  /** After an epoch, the SHA-256 of the bits of all states. */
  readonly states: string | null;
}

/** Weights from the input to some neurons above it. */
export interface Fields {
  /** Numbers of the neurons, from 0. */
  readonly neurons: readonly number[];
  /** Of one neuron after the other, pixel by pixel. */
  readonly weights: Float32Array;
}

/** What a worker tells. */
export type Told =
  | { readonly kind: 'catalogue'; readonly id: number; readonly rules: readonly RuleAbout[] }
  | { readonly kind: 'opened'; readonly opened: Opened }
  | { readonly kind: 'look'; readonly look: Look; readonly fields: Fields | null }
  | { readonly kind: 'progress'; readonly examples: number; readonly examplesPerSecond: number | null }
  | { readonly kind: 'finished'; readonly reason: string | null }
  /** The output rates, one for each class. */
  | { readonly kind: 'answer'; readonly id: number; readonly rates: Float32Array }
  | { readonly kind: 'digit'; readonly id: number; readonly digit: TestDigit }
  | { readonly kind: 'recorded'; readonly id: number; readonly recorded: Recording }
  /** @param line of the user's own rule, from 1, where it is known */
  | { readonly kind: 'failed'; readonly sentence: string; readonly line: number | null };
