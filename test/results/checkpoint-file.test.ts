import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, type Test } from 'uvu';
import * as assert from 'uvu/assert';
import { addCheckpoint, newestCheckpoint } from '../../results/index.ts';
import type { Checkpoint } from '../../training/index.ts';

/** The checkpoints in the folder of a run. */
const test: Test<{ folder: string }> = suite('checkpoints', { folder: '' });
test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'dendrite-checkpoints-'));
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

const after = (step: number): Checkpoint => ({
  format: 1,
  run: '0'.repeat(64),
  step,
  epochs: Math.floor(step / 10),
  epochSeconds: 0,
  recordedSeconds: 0,
  bestEpoch: 0,
  bestScore: null,
  states: new Map([['weights 1', { rows: 1, columns: 2, values: Float32Array.of(step, -step) }]]),
  rowStores: new Map(),
});

const add = (folder: string, keep: 'last' | 'every', ...steps: number[]): void => {
  for (const step of steps) addCheckpoint(folder, after(step), keep);
};
const pathOf = (folder: string, step: number): string =>
  join(folder, 'checkpoints', `step-${step}.safetensors`);
const stepOf = (folder: string, mostEpochs?: number): number | null =>
  newestCheckpoint(folder, mostEpochs).found?.checkpoint.step ?? null;

test('the newest two stay, or every one', ({ folder }) => {
  add(folder, 'last', 8, 9, 10, 100);
  assert.equal(readdirSync(join(folder, 'checkpoints')), ['step-10.safetensors', 'step-100.safetensors']);
  assert.is(stepOf(folder), 100);
  add(folder, 'every', 101, 102);
  assert.is(readdirSync(join(folder, 'checkpoints')).length, 4);
  assert.is(stepOf(folder), 102);
});

test('there may be none', ({ folder }) => {
  assert.equal(newestCheckpoint(folder), { found: null, damaged: [] });
});

for (const [what, damage] of [
  ['cut off', (path: string) => truncateSync(path, 100)],
  ['empty', (path: string) => truncateSync(path, 0)],
  [
    'of a flipped bit',
    (path: string) => {
      const bytes = readFileSync(path);
      bytes[bytes.length - 5]! ^= 4;
      writeFileSync(path, bytes);
    },
  ],
] as const)
  test(`one that is ${what} is passed over, with a sentence that names it`, ({ folder }) => {
    add(folder, 'every', 10, 20, 30);
    damage(pathOf(folder, 30));
    const { found, damaged } = newestCheckpoint(folder);
    assert.is(found?.path, pathOf(folder, 20));
    assert.equal(found?.checkpoint, after(20));
    assert.is(damaged.length, 1);
    assert.ok(damaged[0]!.startsWith(pathOf(folder, 30)));
    assert.not.match(damaged[0]!, /\n/);
    damage(pathOf(folder, 20));
    damage(pathOf(folder, 10));
    const none = newestCheckpoint(folder);
    assert.is(none.found, null);
    assert.is(none.damaged.length, 3);
  });

test('one with more epochs behind it than are recorded is passed over', ({ folder }) => {
  add(folder, 'every', 10, 20, 30);
  assert.is(stepOf(folder, 3), 30);
  assert.is(stepOf(folder, 2), 20);
  assert.is(stepOf(folder, 0), null);
});

test('a process that was killed while it wrote leaves a file that is none', ({ folder }) => {
  add(folder, 'last', 10);
  writeFileSync(`${pathOf(folder, 20)}.tmp`, readFileSync(pathOf(folder, 10)).subarray(0, 50));
  assert.is(stepOf(folder), 10);
  add(folder, 'last', 20);
  assert.not(existsSync(`${pathOf(folder, 20)}.tmp`));
});

test.run();
