import type { Checkpoint, SavedTensor } from '../../training/index.ts';

export type NamedTensor = readonly [name: string, tensor: SavedTensor];

/** Row stores stand apart from the states, as in a checkpoint. */
export const ROWS = 'rows/';

/** Weights and other states of a checkpoint by name; with `all` row stores too, named 'rows/<name>'. */
export const tensorsOf = ({ states, rowStores }: Checkpoint, all: boolean): NamedTensor[] => [
  ...states,
  ...(all ? [...rowStores].map(([name, tensor]): NamedTensor => [ROWS + name, tensor]) : []),
];

/** The values as they lie in memory: float32, little-endian, row by row. */
export const bytesOf = ({ values }: SavedTensor): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
