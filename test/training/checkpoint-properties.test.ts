import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UserError } from '../../kernels/index.ts';
import {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  type SavedTensor,
} from '../../training/index.ts';

/** Files with the right checksum, written by a program that is not ours. */

const METADATA = {
  format: 'dendrite-1',
  run: 'ab'.repeat(32),
  step: '40',
  epochs: '2',
  epochSeconds: '0.125',
  recordedSeconds: '2.5',
  bestEpoch: '1',
  bestScore: '-3.5',
};
const ENTRY = { dtype: 'F32', shape: [1, 2], data_offsets: [0, 8] };

function fileOf(metadata: object, entries: object, data: Uint8Array): Uint8Array {
  const text = JSON.stringify({ __metadata__: { crc32: '00000000', ...metadata }, ...entries });
  const header = new TextEncoder().encode(text);
  const file = new Uint8Array(8 + header.length + data.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, 8);
  file.set(data, 8 + header.length);
  const sum = crc32(file).toString(16).padStart(8, '0');
  file.set(new TextEncoder().encode(sum), 8 + '{"__metadata__":{"crc32":"'.length);
  return file;
}

const isWhole = ({ rows, columns, values }: SavedTensor): boolean => values.length === rows * columns;

/** Null if it is refused, which has to be one sentence. */
function decoded(file: Uint8Array): Checkpoint | null {
  try {
    return decodeCheckpoint(file, 'x.safetensors');
  } catch (error) {
    assert.instance(error, UserError, (error as Error).stack);
    assert.match(
      (error as Error).message,
      /^x\.safetensors is no checkpoint of Dendrite, or is damaged \([^\n]+$/,
    );
    return null;
  }
}

/** Some texts that are numbers to JavaScript and none to a reader of checkpoints. */
const text = fc.oneof(
  fc.constantFrom('', ' ', '-1', '1.5', '1e3', '0x10', 'NaN', 'Infinity', '1'.repeat(20)),
  fc.double({ noNaN: true }).map(String),
  fc.string(),
);
const anything = fc.oneof(text, fc.jsonValue({ maxDepth: 1 }));
const metadata = fc.record(
  {
    format: fc.oneof(fc.constant('dendrite-1'), anything),
    run: anything,
    step: anything,
    epochs: anything,
    epochSeconds: anything,
    recordedSeconds: anything,
    bestEpoch: anything,
    bestScore: fc.oneof(fc.constant('null'), anything),
    epochStart: fc.oneof(fc.constantFrom('{"a":1}', '{"a":-1}', '{"a":"1"}', '[1]', '{'), anything),
  },
  { requiredKeys: [], noNullPrototype: true },
);
/** Right but for one entry. */
const oneEntry = fc
  .tuple(fc.constantFrom(...Object.keys(METADATA)), anything)
  .map(([name, value]) => ({ [name]: value }));
const size = fc.oneof(fc.nat(5), fc.integer(), fc.double());
const entry = fc.record(
  {
    dtype: fc.constantFrom('F32', 'F64', 'BF16'),
    shape: fc.array(size, { maxLength: 3 }),
    data_offsets: fc.tuple(size, size),
  },
  { requiredKeys: [], noNullPrototype: true },
);
const entries = fc.dictionary(
  fc.oneof(fc.constantFrom('state/a', 'state/', 'rows/b', 'state', '__proto__', ''), fc.string()),
  fc.oneof(
    entry.map((one) => ({ ...ENTRY, ...one })),
    entry,
    fc.jsonValue({ maxDepth: 1 }),
  ),
  { maxKeys: 3, noNullPrototype: true },
);

test('with the right checksum, too, a file is a checkpoint or one sentence', () => {
  let [taken, refused] = [0, 0];
  fc.assert(
    fc.property(
      fc.oneof(fc.constant({}), oneEntry, metadata),
      fc.oneof(fc.constant({ 'state/a': ENTRY }), entries),
      fc.oneof(fc.uint8Array({ minLength: 8, maxLength: 8 }), fc.uint8Array({ maxLength: 40 })),
      (changes, tensors, data) => {
        const checkpoint = decoded(fileOf({ ...METADATA, ...changes }, tensors, data));
        if (checkpoint === null) {
          refused++;
          return;
        }
        taken++;
        const { step, epochs, epochSeconds, recordedSeconds, bestEpoch, bestScore } = checkpoint;
        const { states, rowStores } = checkpoint;
        assert.ok(Number.isSafeInteger(step) && step >= 0);
        assert.ok(Number.isSafeInteger(epochs) && epochs >= 0);
        assert.ok(Number.isSafeInteger(bestEpoch) && bestEpoch >= 0);
        assert.ok(bestScore === null || Number.isFinite(bestScore), String(bestScore));
        for (const seconds of [epochSeconds, recordedSeconds])
          assert.ok(Number.isFinite(seconds) && seconds >= 0, String(seconds));
        assert.ok([...states.values(), ...rowStores.values()].every(isWhole));
        // It is what its own file says.
        const again = encodeCheckpoint(checkpoint);
        assert.equal(encodeCheckpoint(decoded(again)!), again);
      },
    ),
    { numRuns: 1000 },
  );
  assert.ok(taken > 30 && refused > 200, `${taken} ${refused}`);
});

test.run();
