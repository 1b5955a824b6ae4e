import { sha256 } from '../kernels/index.ts';
import type { Checksums } from './guards/index.ts';

/** Float32 values, row by row. */
export interface SavedTensor {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

/**
 * Everything that a run needs to go on: no random state, because every random number follows from the seed, a name and the
 * number of the step.
 */
export interface Checkpoint {
  readonly format: 1;
  /** Which run it belongs to: see `identify`. */
  readonly run: string;
  /** Minibatches done. */
  readonly step: number;
  /** Epochs whose record was given. A run may be saved after the last minibatch of an epoch and before its record. */
  readonly epochs: number;
  /** Seconds spent training in the epoch that is not finished; 0 between epochs. */
  readonly epochSeconds: number;
  /** Seconds spent training in the epochs whose record was given. */
  readonly recordedSeconds: number;
  /** The epoch with the best validation score so far, and this score; 0 and null where there is none. */
  readonly bestEpoch: number;
  readonly bestScore: number | null;
  /**
   * Within an epoch: checksums of the weights as it began, by connection, so that guards can tell whether they change in it. Null or
   * left out: not known.
   */
  readonly epochStart?: Checksums | null;
  /** Weights, feedback, moments of the optimizer, neurons that go on, totals of the epoch: by name. */
  readonly states: ReadonlyMap<string, SavedTensor>;
  /** What is kept of each training example: by name. */
  readonly rowStores: ReadonlyMap<string, SavedTensor>;
}

/** What a run is, as far as its weights depend on it. */
export interface RunIdentity {
  readonly rule: string;
  readonly settings: object;
  readonly options: object;
  readonly seed: number;
  readonly task: string;
  /** Hash of the dataset. */
  readonly dataset: string;
}

/** The SHA-256 of a run's identity. Diagnostics, labels and devices do not enter: weights do not depend on them. */
export async function identify(identity: RunIdentity): Promise<string> {
  const { rule, settings, options, seed, task, dataset } = identity;
  return sha256(
    new TextEncoder().encode(JSON.stringify([rule, sorted(settings), sorted(options), seed, task, dataset])),
  );
}

const sorted = (table: object): unknown[] =>
  Object.entries(table).sort(([a], [b]) => (a < b ? -1 : Number(a > b)));

/** The SHA-256 of all states by name: equal hashes, equal bits. */
export async function hashStates(states: ReadonlyMap<string, SavedTensor>): Promise<string> {
  const names = [...states.keys()].sort();
  const hashes = await Promise.all(
    names.map(async (name) => {
      const { values } = states.get(name)!;
      return `${name} ${await sha256(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))}`;
    }),
  );
  return sha256(new TextEncoder().encode(hashes.join('\n')));
}
