import { crc32 as crc32OfZlib } from 'node:zlib';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UserError } from '../../kernels/index.ts';
import {
  buildTrainer,
  type Checkpoint,
  checkpointParts,
  decodeCheckpoint,
  encodeCheckpoint,
} from '../../training/index.ts';
import { openCpu, partsOf } from './parts.ts';

/** The bytes of a checkpoint. */

const tensor = (rows: number, columns: number, first: number) => ({
  rows,
  columns,
  values: Float32Array.from({ length: rows * columns }, (_, i) => first + i / 3),
});
const checkpoint: Checkpoint = {
  format: 1,
  run: 'ab'.repeat(32),
  step: 40,
  epochs: 2,
  epochSeconds: 0.125,
  recordedSeconds: 2.625,
  bestEpoch: 1,
  bestScore: 1 / 3,
  epochStart: new Map([
    ['input to hidden 1', 0],
    ['hidden 1 to output', 0xffffffff],
  ]),
  states: new Map([
    ['weights 1', tensor(3, 2, 1)],
    ['bias 1', tensor(1, 2, -1)],
  ]),
  rowStores: new Map([['particles of hidden 1', tensor(5, 2, 7)]]),
};
const bytes = encodeCheckpoint(checkpoint);

/** Says so in one sentence, whatever the bytes are. */
function isRefused(damaged: Uint8Array): boolean {
  try {
    decodeCheckpoint(damaged, 'run/step-40.safetensors');
    return false;
  } catch (error) {
    assert.instance(error, UserError);
    assert.match(
      (error as Error).message,
      /^run\/step-40\.safetensors is no checkpoint of Dendrite, or is damaged \([^\n]+\): [^\n]+$/,
    );
    return true;
  }
}

test('a checkpoint is decoded as it was encoded, wherever its bytes lie', () => {
  assert.equal(decodeCheckpoint(bytes, 'x'), checkpoint);
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  assert.equal(decodeCheckpoint(shifted.subarray(3), 'x'), checkpoint);
});

test('its checksum is that of zip, over the file with zeros in its place', () => {
  const text = new TextDecoder('latin1').decode(bytes);
  const at = text.indexOf('"crc32":"') + 9;
  const zeros = bytes.slice().fill(0x30, at, at + 8);
  assert.is(Number.parseInt(text.slice(at, at + 8), 16), crc32OfZlib(zeros));
});

test('every flipped bit is noticed', () => {
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const damaged = bytes.slice();
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    assert.ok(isRefused(damaged), `bit ${bit}`);
  }
});

test('whatever the bytes are, it is one sentence', () => {
  for (let length = 0; length < bytes.length; length++) assert.ok(isRefused(bytes.subarray(0, length)));
  const longer = new Uint8Array(bytes.length + 4);
  longer.set(bytes);
  assert.ok(isRefused(longer));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), isRefused));
  // A header that can be read, with any JSON in it.
  fc.assert(
    fc.property(fc.json(), fc.uint8Array({ maxLength: 40 }), (json, data) => {
      const header = new TextEncoder().encode(json);
      const file = new Uint8Array(8 + header.length + data.length);
      new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
      file.set(header, 8);
      file.set(data, 8 + header.length);
      return isRefused(file);
    }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1 }), (changes) => {
      const damaged = bytes.slice();
      for (const [at, byte] of changes) damaged[at] = byte;
      return damaged.every((byte, i) => byte === bytes[i]) || isRefused(damaged);
    }),
  );
});

test('what is kept of each example is written from where it lies, and saved as a copy', async () => {
  const trainer = await buildTrainer(
    await partsOf('equilibrium-propagation', { device: await openCpu(), settings: { epochs: 1 } }),
  );
  const [view, again, saved] = [await trainer.view(), await trainer.view(), await trainer.save()];
  const buffers = ({ rowStores }: Checkpoint) => [...rowStores.values()].map(({ values }) => values.buffer);
  assert.ok(buffers(view).length > 0);
  const parts = checkpointParts(view).map((part) => part.buffer);
  for (const [i, buffer] of buffers(view).entries()) {
    assert.is(buffers(again)[i], buffer);
    assert.ok(parts.includes(buffer as ArrayBuffer));
    assert.is.not(buffers(saved)[i], buffer);
  }
  await trainer.dispose();
});

test.run();
