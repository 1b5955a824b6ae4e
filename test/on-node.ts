import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ComparisonDocument } from '../results/index.ts';
import { rulesFor } from '../rules/index.ts';
import { execute, ROOT } from './cli/dendrite.ts';

/**
 * The built command on another release of Node than the one that runs this file, which npm fetches:
 * `node --import tsx test/on-node.ts 24`. No part of `npm test`, since it needs the network.
 */
const release = process.argv[2];
if (!release) throw new Error('give a release of Node, for instance 24');
const test = suite(`on Node ${release}`);
const folder = mkdtempSync(join(tmpdir(), 'dendrite-on-node-'));
test.after(() => rmSync(folder, { recursive: true }));

const onRelease = (...command: string[]) => execute('npx', ['-y', '-p', `node@${release}`, ...command], ROOT);

/** Writes an IDX file of bytes. */
function writeIdx(name: string, sizes: readonly number[], byteAt: (index: number) => number): void {
  const header = Buffer.alloc(4 + 4 * sizes.length);
  header.set([0, 0, 8, sizes.length]);
  for (const [i, size] of sizes.entries()) header.writeUInt32BE(size, 4 + 4 * i);
  const count = sizes.reduce((product, size) => product * size);
  const bytes = Uint8Array.from({ length: count }, (_, i) => byteAt(i));
  writeFileSync(join(folder, 'tiny', name), Buffer.concat([header, bytes]));
}

/** 60 + 30 images of 8x8 pixels, in three classes: where the bright bar is. */
function writeDataset(): void {
  mkdirSync(join(folder, 'tiny'));
  for (const [name, count] of [['train', 60] as const, ['t10k', 30] as const]) {
    writeIdx(`${name}-labels-idx1-ubyte`, [count], (i) => i % 3);
    writeIdx(`${name}-images-idx3-ubyte`, [count, 8, 8], (i) => {
      const [image, column] = [Math.floor(i / 64), i % 8];
      return Math.floor(column / 3) === image % 3 ? 200 : (image * 7 + column) % 40;
    });
  }
}

const compareArguments = (out: string): string[] => [
  ...[
    'dist/cli/main.js',
    'compare',
    '--rules',
    rulesFor('classify')
      .map(({ name }) => name)
      .join(','),
  ],
  ...['--dataset', `idx:${join(folder, 'tiny')}`, '--layers', '64,20,3', '--batch', '10', '--epochs', '2'],
  ...['--seeds', '1', '--device', 'cpu', '--blas', 'none', '--out', join(folder, out), '--json'],
];

/** What has to be the same on every Node: how a run ended, its metrics but the times, and the bits of what it trained. */
function resultsOf(rule: string, { runs }: ComparisonDocument) {
  const { status, statesHash, ...run } = runs.find((one) => one.rule === rule)!;
  const epochs = run.epochs.map(({ seconds, evaluationSeconds, examplesPerSecond, ...rest }) => rest);
  return { status, statesHash, epochs };
}

let here: ComparisonDocument;
let there: ComparisonDocument;

test.before(async () => {
  writeDataset();
  const [own, other] = [
    await execute(process.execPath, compareArguments('own'), ROOT),
    await onRelease('node', ...compareArguments('other')),
  ];
  assert.is(own.code, 0, own.stderr);
  assert.is(other.code, 0, other.stderr);
  [here, there] = [JSON.parse(own.stdout), JSON.parse(other.stdout)];
});

/** The release that a run was done by, as it recorded. */
const nodeOf = ({ runs }: ComparisonDocument): string =>
  JSON.parse(readFileSync(join(runs[0]!.folder, 'provenance.json'), 'utf8')).node;

test('two releases are compared', () => {
  assert.ok(nodeOf(there).startsWith(`v${release}.`), nodeOf(there));
  assert.is(nodeOf(here), process.version);
  assert.is.not(nodeOf(here), nodeOf(there));
});

/** What is skipped where Node has no relaxed SIMD. */
const FUSED = [
  'test/kernels/cpu-fma.test.ts',
  'test/kernels/devices.test.ts',
  'test/kernels/sparse-input.test.ts',
  'test/training/devices-agree.test.ts',
];

for (const file of FUSED)
  test(`${file} tests fused multiply-add`, async () => {
    const { stdout, stderr, code } = await onRelease('node', '--import', 'tsx', file);
    assert.is(code, 0, stdout + stderr);
    assert.not.match(stdout, /skipped.*fused multiply-add/);
  });

test('npm start', async () => {
  const { stdout, stderr, code } = await onRelease(
    ...['npm', '--silent', 'start', '--', '--override', 'seeds=1', '--override', 'settings.epochs=1'],
    ...['--out', join(folder, 'start'), '--json'],
  );
  assert.is(code, 0, stderr);
  const [document]: [ComparisonDocument] = JSON.parse(stdout);
  assert.ok(nodeOf(document).startsWith(`v${release}.`), nodeOf(document));
  for (const { rule, status } of document.runs) assert.is(status, 'finished', rule);
});

for (const { name } of rulesFor('classify'))
  test(`${name} trains, to the same bits`, () => {
    const results = resultsOf(name, there);
    assert.is(results.status, 'finished');
    assert.ok(results.statesHash);
    assert.equal(results, resultsOf(name, here));
  });

test.run();
