import type { Tensor } from '../kernels/index.ts';
import type { FeedbackPath, Network } from '../networks/index.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { EpochRecord } from './epoch.ts';
import type { StartHashes } from './start-hashes.ts';

/** How training is watched and stopped. */
export interface EpochsOptions {
  /**
   * Stops training and evaluation after the minibatches at hand; `epochs` then throws the signal's reason, and the trainer can be
   * saved.
   */
  readonly signal?: AbortSignal;
  /** After each call of the device, every few minibatches: the trainer can be saved. Training waits for what it returns. */
  progress?(stepsDone: number, stepsTotal: number): unknown;
  /**
   * Records that the run gave in earlier processes, by epoch. With a budget of seconds, one of these epochs that is trained again is as long
   * as it was, and counts with the seconds of its record.
   */
  readonly recorded?: readonly EpochRecord[];
}

/** What is measured of a network as it is: the parts of an `EpochRecord` that do not depend on what the epoch was. */
export type Measurement = Pick<EpochRecord, 'testScore' | 'validationScore' | 'diagnostics'>;

/** One run that can be stepped, saved and loaded. The same seed gives the same run whatever else is looked at. */
export interface Trainer {
  /**
   * Trains on from where the trainer is, and yields a record after each epoch, which is cut short where the budget is used up. It
   * ends there, or after a record with `stoppedEarly` or `diverged`.
   */
  epochs(options?: EpochsOptions): AsyncIterable<EpochRecord>;
  /**
   * Scores and diagnostics as they are now: what the record of an epoch that ended here would hold of them. It moves no bits of the run, and
   * may be called before training, or while `progress` is waited for.
   * @throws the signal's reason once it is aborted
   */
  measure(signal?: AbortSignal): Promise<Measurement>;
  /** Hashes of what the run began with, as in its first record. */
  readonly start: StartHashes;
  /** A copy of everything that training goes on from, after any epoch or minibatch. */
  save(): Promise<Checkpoint>;
  /**
   * As `save`, with what is kept of each training example as it lies in memory, which may be large: to be written or
   * looked at before training goes on.
   */
  view(): Promise<Checkpoint>;
  /**
   * Goes on from a checkpoint.
   * @throws UserError when it belongs to another run: another rule, option, setting, seed, task or dataset
   */
  load(checkpoint: Checkpoint): Promise<void>;
  /** Every state by name, such as 'weights 1'; `read` gives the values. */
  readonly states: ReadonlyMap<string, Tensor>;
  /** Values of a state, row by row. */
  read(state: Tensor): Promise<Float32Array>;
  /** Bytes of all states, and of what is kept of each training example: of the values in a checkpoint. */
  readonly stateBytes: number;
  /** SHA-256 of the bits of all states. */
  hashStates(): Promise<string>;
  /**
   * Output rates for images, row by row.
   * @param images as many rows of pixels from 0 to 1 as there are images
   */
  predict(images: Float32Array): Promise<Float32Array>;
  /**
   * Firing rates of every population above the input for images, lowest first, each row by row; those of the output are what
   * `predict` gives.
   */
  respond(images: Float32Array): Promise<readonly Float32Array[]>;
  /** Which pixels of an image the network is shown: so many from the first one on. */
  readonly shown: { readonly first: number; readonly count: number };
  /** What is trained. */
  readonly network: Network;
  /** Feedback weights of the rule that stand beside the forward ones; none where it has none, or they follow the forward ones. */
  readonly feedback: readonly FeedbackPath[];
  /** What was asked for and cannot be measured, and why. */
  readonly notes: readonly string[];
  /** Minibatches done. */
  readonly stepsDone: number;
  /** Minibatches in all. With a budget of seconds an estimate, from the speed so far; with `patience` there may be fewer. */
  readonly stepsTotal: number;
  /** Epochs whose record was given, and in all. */
  readonly epochsDone: number;
  readonly epochsTotal: number;
  /** Training examples a second in the epoch at hand, evaluation excluded; null before its first minibatches. */
  readonly examplesPerSecond: number | null;
  /** Releases the device. */
  dispose(): Promise<void>;
}
