import { z } from 'zod';
import { UserError } from '../kernels/index.ts';
import type { Checkpoint, SavedTensor } from './checkpoint.ts';

/**
 * Checkpoints in the safetensors format (https://github.com/huggingface/safetensors): the length of the header as 8 bytes, the
 * header in JSON, and the values, so that any program that reads safetensors reads weights and states by name.
 */
const STATE = 'state/';
const ROWS = 'rows/';
const LENGTH_BYTES = 8;
/** Values begin at a multiple of this many bytes. */
const ALIGNMENT = 8;

const metadataSchema = z.object({
  format: z.literal('dendrite-1'),
  run: z.string(),
  step: z.string(),
  epochSeconds: z.string(),
});
const tensorSchema = z.object({
  dtype: z.literal('F32'),
  shape: z.tuple([z.int().positive(), z.int().positive()]),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
});

type TensorEntry = z.infer<typeof tensorSchema>;

/** The bytes of a safetensors file. */
export function encodeCheckpoint({ run, step, epochSeconds, states, rowStores }: Checkpoint): Uint8Array {
  const tensors = [...named(STATE, states), ...named(ROWS, rowStores)];
  const entries: [string, TensorEntry][] = [];
  let end = 0;
  for (const [name, { rows, columns, values }] of tensors) {
    const start = end;
    end += values.byteLength;
    entries.push([name, { dtype: 'F32', shape: [rows, columns], data_offsets: [start, end] }]);
  }
  const metadata = { format: 'dendrite-1', run, step: String(step), epochSeconds: String(epochSeconds) };
  const text = JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) });
  const header = new TextEncoder().encode(text);
  const length = Math.ceil(header.length / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(LENGTH_BYTES + length + end).fill(0x20, LENGTH_BYTES, LENGTH_BYTES + length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(header, LENGTH_BYTES);
  for (const [i, [, { values }]] of tensors.entries())
    bytes.set(
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
      LENGTH_BYTES + length + entries[i]![1].data_offsets[0],
    );
  return bytes;
}

const named = (prefix: string, tensors: ReadonlyMap<string, SavedTensor>): [string, SavedTensor][] =>
  [...tensors].map(([name, tensor]) => [prefix + name, tensor]);

/**
 * @param where the bytes came from, for the message
 * @throws UserError when they are no whole checkpoint
 */
export function decodeCheckpoint(bytes: Uint8Array, where: string): Checkpoint {
  try {
    return decode(bytes);
  } catch (error) {
    throw new UserError(
      `${where} is no checkpoint of Dendrite, or is damaged (${(error as Error).message.split('\n')[0]}); save it again`,
    );
  }
}

function decode(bytes: Uint8Array): Checkpoint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < LENGTH_BYTES) throw new Error('it has no header');
  const start = LENGTH_BYTES + Number(view.getBigUint64(0, true));
  if (start > bytes.length) throw new Error('it ends within its header');
  const { __metadata__, ...entries } = JSON.parse(
    new TextDecoder().decode(bytes.subarray(LENGTH_BYTES, start)),
  );
  const { run, step, epochSeconds } = metadataSchema.parse(__metadata__);
  const states = new Map<string, SavedTensor>();
  const rowStores = new Map<string, SavedTensor>();
  for (const [name, value] of Object.entries(entries)) {
    const { shape, data_offsets } = tensorSchema.parse(value);
    const [from, to] = data_offsets;
    if (start + to > bytes.length || to - from !== 4 * shape[0] * shape[1])
      throw new Error(`'${name}' has other sizes than its values`);
    // A copy, which begins at a multiple of four bytes.
    const values = new Float32Array(new Uint8Array(bytes.subarray(start + from, start + to)).buffer);
    const into = name.startsWith(STATE) ? states : rowStores;
    into.set(name.slice(name.indexOf('/') + 1), { rows: shape[0], columns: shape[1], values });
  }
  return { format: 1, run, step: Number(step), epochSeconds: Number(epochSeconds), states, rowStores };
}
