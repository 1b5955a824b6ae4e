import { z } from 'zod';
import { UserError } from '../kernels/index.ts';
import type { Checkpoint, SavedTensor } from './checkpoint.ts';
import { crc32 } from './crc32.ts';

/**
 * Checkpoints in the safetensors format (https://github.com/huggingface/safetensors): the length of the header as 8 bytes, the
 * header in JSON, and the values, so that any program that reads safetensors reads weights and states by name. Flipped bits are
 * noticed by the CRC-32 of the file, which is the first entry of the header's metadata and counts as eight zeros itself.
 */
const STATE = 'state/';
const ROWS = 'rows/';
const LENGTH_BYTES = 8;
/** Values begin at a multiple of this many bytes. */
const ALIGNMENT = 8;
const HEADER_START = '{"__metadata__":{"crc32":"';
const NO_CRC = '00000000';
const CRC_AT = LENGTH_BYTES + HEADER_START.length;

const wholeNumber = z.string().regex(/^\d{1,15}$/);
const isFiniteNumber = (text: string): boolean => Number.isFinite(Number(text));
const seconds = z.string().refine((text) => /^\d/.test(text) && isFiniteNumber(text));
const metadataSchema = z.object({
  crc32: z.string(),
  format: z.literal('dendrite-1'),
  run: z.string(),
  step: wholeNumber,
  epochs: wholeNumber,
  epochSeconds: seconds,
  recordedSeconds: seconds,
  bestEpoch: wholeNumber,
  bestScore: z.string().refine((text) => text === 'null' || (/^-?\d/.test(text) && isFiniteNumber(text))),
  epochStart: z.string().optional(),
});
const checksumsSchema = z.record(z.string(), z.int().nonnegative());
const tensorSchema = z.object({
  dtype: z.literal('F32'),
  shape: z.tuple([z.int().positive(), z.int().positive()]),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
});

type TensorEntry = z.infer<typeof tensorSchema>;

/** The bytes of a safetensors file. */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const parts = checkpointParts(checkpoint);
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/**
 * The bytes of a checkpoint as a safetensors file, in parts, one after the other: the header, and the values of each tensor where
 * they lie, without a copy.
 */
export function checkpointParts(checkpoint: Checkpoint): Uint8Array[] {
  const { run, step, epochs, epochSeconds, recordedSeconds, bestEpoch, bestScore } = checkpoint;
  const { epochStart, states, rowStores } = checkpoint;
  const parts = safetensorsParts([...named(STATE, states), ...named(ROWS, rowStores)], {
    crc32: NO_CRC,
    format: 'dendrite-1',
    run,
    step: String(step),
    epochs: String(epochs),
    epochSeconds: String(epochSeconds),
    recordedSeconds: String(recordedSeconds),
    bestEpoch: String(bestEpoch),
    bestScore: String(bestScore),
    ...(epochStart && { epochStart: JSON.stringify(Object.fromEntries(epochStart)) }),
  });
  const crc = parts.reduce((sum, part) => crc32(part, sum), 0);
  parts[0]!.set(new TextEncoder().encode(hexadecimal(crc)), CRC_AT);
  return parts;
}

/**
 * The bytes of any safetensors file in such parts.
 * @param metadata texts only, as the format has it
 */
export function safetensorsParts(
  tensors: readonly (readonly [name: string, tensor: SavedTensor])[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array[] {
  const entries: [string, TensorEntry][] = [];
  let end = 0;
  for (const [name, { rows, columns, values }] of tensors) {
    const start = end;
    end += values.byteLength;
    entries.push([name, { dtype: 'F32', shape: [rows, columns], data_offsets: [start, end] }]);
  }
  const header = headerOf(JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) }));
  return [header, ...tensors.map(([, { values }]) => bytesOf(values))];
}

/** The length and the text, filled up with spaces. */
function headerOf(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  const length = Math.ceil(bytes.length / ALIGNMENT) * ALIGNMENT;
  const header = new Uint8Array(LENGTH_BYTES + length).fill(0x20, LENGTH_BYTES);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(bytes, LENGTH_BYTES);
  return header;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

const hexadecimal = (crc: number): string => crc.toString(16).padStart(NO_CRC.length, '0');

const named = (prefix: string, tensors: ReadonlyMap<string, SavedTensor>): [string, SavedTensor][] =>
  [...tensors].map(([name, tensor]) => [prefix + name, tensor]);

/**
 * Tensors lie in `bytes` where they begin at a multiple of four bytes, as in files that `encodeCheckpoint` made.
 * @param where the bytes came from, for the message
 * @throws UserError when they are no whole checkpoint
 */
export function decodeCheckpoint(bytes: Uint8Array, where: string): Checkpoint {
  try {
    return decode(bytes);
  } catch (error) {
    throw new UserError(
      `${where} is no checkpoint of Dendrite, or is damaged (${(error as Error).message.split('\n')[0]}): go on from an older one`,
    );
  }
}

function decode(bytes: Uint8Array): Checkpoint {
  const start = checkedHeader(bytes);
  const { __metadata__, ...entries } = JSON.parse(
    new TextDecoder().decode(bytes.subarray(LENGTH_BYTES, start)),
  );
  const metadata = parsed(metadataSchema, __metadata__, 'its metadata');
  const { run, step, epochs, epochSeconds, recordedSeconds, bestEpoch, bestScore, epochStart } = metadata;
  const states = new Map<string, SavedTensor>();
  const rowStores = new Map<string, SavedTensor>();
  for (const [name, value] of Object.entries(entries)) {
    const { shape, data_offsets } = parsed(tensorSchema, value, `the entry '${name}'`);
    const [from, to] = data_offsets;
    if (start + to > bytes.length || to - from !== 4 * shape[0] * shape[1])
      throw new Error(`'${name}' has other sizes than its values`);
    const into = name.startsWith(STATE) ? states : rowStores;
    into.set(name.slice(name.indexOf('/') + 1), {
      rows: shape[0],
      columns: shape[1],
      values: floatsOf(bytes.subarray(start + from, start + to)),
    });
  }
  return {
    format: 1,
    run,
    step: Number(step),
    epochs: Number(epochs),
    epochSeconds: Number(epochSeconds),
    recordedSeconds: Number(recordedSeconds),
    bestEpoch: Number(bestEpoch),
    bestScore: bestScore === 'null' ? null : Number(bestScore),
    ...(epochStart !== undefined && { epochStart: checksumsOf(epochStart) }),
    states,
    rowStores,
  };
}

const checksumsOf = (text: string): Map<string, number> =>
  new Map(Object.entries(parsed(checksumsSchema, JSON.parse(text), 'its epochStart')));

/** @returns where the values begin @throws Error when a byte is not what was written */
function checkedHeader(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < LENGTH_BYTES) throw new Error('it has no header');
  const start = LENGTH_BYTES + Number(view.getBigUint64(0, true));
  if (start > bytes.length) throw new Error('it ends within its header');
  const text = (from: number, to: number) => new TextDecoder().decode(bytes.subarray(from, to));
  const crcEnd = CRC_AT + NO_CRC.length;
  if (crcEnd > start || text(LENGTH_BYTES, CRC_AT) !== HEADER_START)
    throw new Error('its header does not begin with a checksum');
  const before = crc32(new TextEncoder().encode(NO_CRC), crc32(bytes.subarray(0, CRC_AT)));
  if (text(CRC_AT, crcEnd) !== hexadecimal(crc32(bytes.subarray(crcEnd), before)))
    throw new Error('its checksum is not that of its bytes');
  return start;
}

function parsed<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const { success, data } = schema.safeParse(value);
  if (!success) throw new Error(`${what} is not of the format dendrite-1`);
  return data;
}

const floatsOf = (bytes: Uint8Array): Float32Array =>
  bytes.byteOffset % Float32Array.BYTES_PER_ELEMENT === 0
    ? new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / Float32Array.BYTES_PER_ELEMENT)
    : new Float32Array(new Uint8Array(bytes).buffer);
