import { appendFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { EpochRecord } from '../../training/index.ts';
import { makeFolder, writeWhole, writingTo } from '../files.ts';
import { readRun, type StoredRun } from '../run-folder.ts';

// TensorBoard's event files: TFRecord frames (tensorflow/core/lib/io/record_writer.h), each with a protocol buffer `Event`
// (tensorflow/core/util/event.proto) that holds scalars as a `Summary` (tensorflow/core/framework/summary.proto).

/** CRC-32C of bytes. */
type Checksum = (bytes: Uint8Array) => number;

// The package is read only where event files are written.
const loadChecksum = async (): Promise<Checksum> => (await import('crc-32/crc32c.js')).default.buf;

/**
 * Event files of runs, a folder each: where they lie in the folder of logs, and what is in them. A scalar's step is the number
 * of training examples shown, its wall time the start of the run and the seconds of training and evaluation since.
 */
export async function encodeEventFiles(runs: readonly StoredRun[]): Promise<Map<string, Uint8Array[]>> {
  const checksum = await loadChecksum();
  return new Map(runs.map((run) => [eventFileOf(run), [encodeRun(run, checksum)]]));
}

/** Event files that grow while their runs go on. */
export class GrowingEventFiles {
  readonly #logs: string;
  readonly #checksum: Checksum;
  /** Epochs in the event file of a run folder. */
  readonly #written = new Map<string, number>();

  private constructor(logs: string, checksum: Checksum) {
    this.#logs = logs;
    this.#checksum = checksum;
  }

  /** @returns what opens a folder of logs, which TensorBoard is given with --logdir */
  static async prepare(): Promise<(logs: string) => GrowingEventFiles> {
    const checksum = await loadChecksum();
    return (logs) => new GrowingEventFiles(logs, checksum);
  }

  /**
   * Adds the epochs that a run has recorded since the last time.
   * @throws UserError when the run cannot be read or the file not be written
   */
  update(runFolder: string): void {
    const run = readRun(runFolder);
    const path = join(this.#logs, eventFileOf(run));
    const written = this.#written.get(runFolder);
    if (written === undefined) {
      makeFolder(join(path, '..'));
      writingTo(this.#logs, () => writeWhole(path, [encodeRun(run, this.#checksum)]));
    } else {
      const added = eventsOf(run).slice(written);
      writingTo(this.#logs, () => appendFileSync(path, encodeEvents(added, this.#checksum), { flush: true }));
    }
    this.#written.set(runFolder, run.epochs.length);
  }
}

/** Its name has to hold 'tfevents' for TensorBoard. */
const eventFileOf = (run: StoredRun): string =>
  join(basename(resolve(run.folder)), `events.out.tfevents.${Math.floor(startOf(run))}.dendrite`);

/** Seconds since 1970. */
const startOf = ({ provenance }: StoredRun): number => Date.parse(provenance.date) / 1000;

const encodeRun = (run: StoredRun, checksum: Checksum): Buffer =>
  Buffer.concat([
    frame(encodeEvent(startOf(run), [text(EVENT_FILE_VERSION, 'brain.Event:2')]), checksum),
    encodeEvents(eventsOf(run), checksum),
  ]);

interface ScalarEvent {
  readonly wallTime: number;
  readonly step: number;
  readonly scalars: readonly (readonly [tag: string, value: number])[];
}

function eventsOf(run: StoredRun): ScalarEvent[] {
  let wallTime = startOf(run);
  return run.epochs.map((epoch) => {
    wallTime += epoch.seconds + epoch.evaluationSeconds;
    return { wallTime, step: epoch.examples, scalars: scalarsOf(epoch) };
  });
}

/** What is not a finite number has no point in a curve. */
function scalarsOf(epoch: EpochRecord): [tag: string, value: number][] {
  const { trainLoss, trainScore, validationScore, testScore, examplesPerSecond, diagnostics = {} } = epoch;
  const scalars: [string, number | null | undefined][] = [
    ['loss/train', trainLoss],
    ['score/train', trainScore],
    ['score/validation', validationScore],
    ['score/test', testScore],
    ['speed/examples per second', examplesPerSecond],
    ['speed/epoch', epoch.epoch],
    ...Object.entries(diagnostics).flatMap(([name, values]) =>
      Object.entries(values).map(([where, value]): [string, number | null] => [`${name}/${where}`, value]),
    ),
  ];
  return scalars.filter((scalar): scalar is [string, number] => typeof scalar[1] === 'number');
}

const encodeEvents = (events: readonly ScalarEvent[], checksum: Checksum): Buffer =>
  Buffer.concat(
    events.map(({ wallTime, step, scalars }) => {
      const values = scalars.map(([tag, value]) =>
        message(SUMMARY_VALUE, [text(VALUE_TAG, tag), float(VALUE_SIMPLE_VALUE, value)]),
      );
      const fields = [integer(EVENT_STEP, step), message(EVENT_SUMMARY, values)];
      return frame(encodeEvent(wallTime, fields), checksum);
    }),
  );

const encodeEvent = (wallTime: number, fields: readonly Buffer[]): Buffer =>
  Buffer.concat([double(EVENT_WALL_TIME, wallTime), ...fields]);

/** Numbers of the fields. */
const EVENT_WALL_TIME = 1;
const EVENT_STEP = 2;
const EVENT_FILE_VERSION = 3;
const EVENT_SUMMARY = 5;
const SUMMARY_VALUE = 1;
const VALUE_TAG = 1;
const VALUE_SIMPLE_VALUE = 2;

/** Wire types of protocol buffers. */
const VARINT = 0;
const BITS_64 = 1;
const BYTES = 2;
const BITS_32 = 5;

const key = (field: number, wireType: number): Buffer => varint(field * 8 + wireType);

/** Seven bits a byte, the low ones first. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

const integer = (field: number, value: number): Buffer => Buffer.concat([key(field, VARINT), varint(value)]);

function double(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([key(field, BITS_64), bytes]);
}

function float(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([key(field, BITS_32), bytes]);
}

const lengthDelimited = (field: number, bytes: Buffer): Buffer =>
  Buffer.concat([key(field, BYTES), varint(bytes.length), bytes]);

const text = (field: number, value: string): Buffer => lengthDelimited(field, Buffer.from(value));

const message = (field: number, fields: readonly Buffer[]): Buffer =>
  lengthDelimited(field, Buffer.concat(fields));

/** A TFRecord: length, its checksum, the data, their checksum. */
function frame(data: Buffer, checksum: Checksum): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(data.length));
  return Buffer.concat([length, masked(checksum(length)), data, masked(checksum(data))]);
}

/** A checksum is turned and shifted, since that of data which hold their own checksum is no good one. */
function masked(crc: number): Buffer {
  const turned = ((crc >>> 15) | (crc << 17)) >>> 0;
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE((turned + 0xa282ead8) % 2 ** 32);
  return bytes;
}
