import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, type Test } from 'uvu';
import * as assert from 'uvu/assert';
import { UserError } from '../../kernels/index.ts';
import { collectProvenance, openRun, type RunProvenance, readRun } from '../../results/index.ts';
import { device, epochRecord, spec as specOf } from './example.ts';

const test: Test<{ folder: string }> = suite('run folder', { folder: '' });
test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'dendrite-run-'));
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

const spec = specOf(7);
const provenance: RunProvenance = { ...collectProvenance(), device };

/** Checks that `action` throws one UserError sentence that matches. */
function assertUserError(action: () => unknown, ...patterns: RegExp[]) {
  try {
    action();
  } catch (error) {
    assert.instance(error, UserError);
    const { message } = error as Error;
    for (const pattern of patterns) assert.match(message, pattern);
    assert.match(message, /^[^\n]+[;:] [^\n]+$/);
    return;
  }
  assert.unreachable('no error');
}

test('a run is read back as it was written', ({ folder }) => {
  const path = join(folder, 'deep', 'run');
  const open = openRun(path, { spec, provenance });
  assert.is(open.folder, path);
  open.append({
    ...epochRecord(1, 9),
    diagnostics: { angle: { 'hidden1.weights': 61.5, 'output.weights': null } },
  });
  open.append(epochRecord(2, 5));
  open.finish({ status: 'finished' });
  const { finishedAt, ...run } = readRun(path);
  assert.equal(run, {
    condition: 'backprop',
    rule: 'backprop',
    seed: 7,
    status: 'finished',
    epochs: [
      { ...epochRecord(1, 9), diagnostics: { angle: { 'hidden1.weights': 61.5, 'output.weights': null } } },
      epochRecord(2, 5),
    ],
    device,
    folder: path,
    spec,
    provenance,
    truncated: false,
  });
  assert.is(new Date(finishedAt!).toISOString(), finishedAt);
});

test('the files are plain JSON, one line an epoch, and nothing temporary stays', ({ folder }) => {
  const open = openRun(folder, { spec, provenance });
  assert.equal(readdirSync(folder).sort(), ['config.json', 'metrics.jsonl', 'provenance.json']);
  open.append(epochRecord(1, 9));
  open.append(epochRecord(2, 5));
  open.finish({ status: 'finished' });
  assert.equal(readdirSync(folder).sort(), [
    'config.json',
    'metrics.jsonl',
    'provenance.json',
    'status.json',
  ]);
  assert.equal(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')), spec);
  const lines = readFileSync(join(folder, 'metrics.jsonl'), 'utf8').split('\n');
  assert.is(lines.length, 3);
  assert.equal(JSON.parse(lines[1]!), epochRecord(2, 5));
  assert.is(lines[2], '');
});

test('a diverged run keeps its reason, and NaN becomes null', ({ folder }) => {
  const open = openRun(folder, { spec, provenance });
  open.append({ ...epochRecord(1, Number.NaN), trainLoss: Number.POSITIVE_INFINITY });
  const measured = { ...device, executorKind: 'fused-encoder' };
  open.finish({ status: 'diverged', reason: 'the loss became NaN in epoch 1', device: measured });
  const run = readRun(folder);
  assert.is(run.status, 'diverged');
  assert.is(run.reason, 'the loss became NaN in epoch 1');
  assert.equal(run.device, measured);
  assert.is(run.epochs[0]!.testScore, null);
  assert.is(run.epochs[0]!.trainLoss, null);
});

test('a killed process leaves what it had appended', ({ folder }) => {
  const path = join(folder, 'run');
  const program = `
    import { openRun } from ${JSON.stringify(new URL('../../results/index.ts', import.meta.url).href)};
    const open = openRun(${JSON.stringify(path)}, ${JSON.stringify({ spec, provenance })});
    for (let epoch = 1; epoch <= 3; epoch++) open.append({ ...${JSON.stringify(epochRecord(1, 5))}, epoch });
    process.kill(process.pid, 'SIGKILL');
  `;
  const child = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program]);
  assert.is(child.signal, 'SIGKILL', child.stderr.toString());
  const run = readRun(path);
  assert.is(run.status, 'unfinished');
  assert.is(run.finishedAt, null);
  assert.equal(
    run.epochs.map(({ epoch }) => epoch),
    [1, 2, 3],
  );
  assert.is(run.truncated, false);
});

test('a last line cut off at any place is left out and reported', ({ folder }) => {
  openRun(folder, { spec, provenance });
  const metrics = join(folder, 'metrics.jsonl');
  const whole = `${JSON.stringify(epochRecord(1, 9))}\n`;
  const last = `${JSON.stringify(epochRecord(2, 5))}\n`;
  for (let kept = 0; kept <= last.length; kept++) {
    writeFileSync(metrics, whole + last.slice(0, kept));
    const { epochs, truncated } = readRun(folder);
    assert.is(epochs.length, kept === last.length ? 2 : 1);
    assert.is(truncated, kept > 0 && kept < last.length);
  }
});

test('a damaged line before the last is an error that names it', ({ folder }) => {
  openRun(folder, { spec, provenance }).append(epochRecord(1, 9));
  for (const damaged of ['{"epoch":', '{"epoch":2}', 'null']) {
    appendFileSync(join(folder, 'metrics.jsonl'), `${damaged}\n${JSON.stringify(epochRecord(3, 5))}\n`);
    assertUserError(() => readRun(folder), /line 2 of .*metrics\.jsonl is damaged/);
    writeFileSync(join(folder, 'metrics.jsonl'), `${JSON.stringify(epochRecord(1, 9))}\n`);
  }
});

test('a folder that holds a run is refused and left as it is', ({ folder }) => {
  openRun(folder, { spec, provenance }).append(epochRecord(1, 9));
  assertUserError(() => openRun(folder, { spec: specOf(8), provenance }), /holds a run already/);
  assert.is(readRun(folder).seed, 7);
  assert.is(readRun(folder).epochs.length, 1);
});

test('other files in the folder do not matter', ({ folder }) => {
  writeFileSync(join(folder, 'notes.txt'), 'mine');
  openRun(folder, { spec, provenance });
  assert.is(readFileSync(join(folder, 'notes.txt'), 'utf8'), 'mine');
});

test('a folder that cannot be made is one sentence', ({ folder }) => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  assertUserError(() => openRun(file, { spec, provenance }), /cannot be made because a file has its name/);
  assertUserError(
    () => openRun(join(file, 'run'), { spec, provenance }),
    /cannot be made because a part of its path is a file/,
  );
  assertUserError(
    () => openRun(join(folder, 'x'.repeat(300)), { spec, provenance }),
    /cannot be made because its name is too long/,
  );
});

const proc = existsSync('/proc/self');
if (!proc) console.log('skipped: a folder that refuses folders (no /proc on this system)');
(proc ? test : test.skip)('a folder that exists and refuses to hold another is one sentence', () => {
  for (const path of ['/proc/nope', '/proc/nope/deep/run'])
    assertUserError(
      () => openRun(path, { spec, provenance }),
      /cannot be made because the folder above it cannot hold one/,
    );
});

test('a folder removed during the run is one sentence', ({ folder }) => {
  const path = join(folder, 'run');
  const open = openRun(path, { spec, provenance });
  rmSync(path, { recursive: true });
  assertUserError(() => open.append(epochRecord(1, 9)), /cannot be written because it does not exist/);
  assertUserError(() => open.finish({ status: 'finished' }), /cannot be written because it does not exist/);
});

const root = process.getuid?.() === 0;
if (root) console.log('skipped: the unwritable folder (a superuser may write everywhere)');
(root ? test.skip : test)('a folder without permission is one sentence', ({ folder }) => {
  const path = join(folder, 'locked');
  mkdirSync(path, { mode: 0o500 });
  assertUserError(
    () => openRun(path, { spec, provenance }),
    /cannot be written because permission is denied/,
  );
});

const full = existsSync('/dev/full');
if (!full) console.log('skipped: the full disk (no /dev/full on this system)');
(full ? test : test.skip)('a full disk is one sentence', ({ folder }) => {
  const open = openRun(folder, { spec, provenance });
  rmSync(join(folder, 'metrics.jsonl'));
  symlinkSync('/dev/full', join(folder, 'metrics.jsonl'));
  assertUserError(() => open.append(epochRecord(1, 9)), /cannot be written because the disk is full/);
});

(full ? test : test.skip)('a run that could not be opened leaves its folder free', ({ folder }) => {
  symlinkSync('/dev/full', join(folder, 'config.json.tmp'));
  assertUserError(() => openRun(folder, { spec, provenance }), /the disk is full/);
  assert.equal(readdirSync(folder), []);
  openRun(folder, { spec, provenance });
});

(full ? test : test.skip)('a status that cannot be written leaves the old one', ({ folder }) => {
  const open = openRun(folder, { spec, provenance });
  open.finish({ status: 'finished' });
  symlinkSync('/dev/full', join(folder, 'status.json.tmp'));
  assertUserError(() => open.finish({ status: 'failed' }), /the disk is full/);
  assert.is(readRun(folder).status, 'finished');
});

test('reading what is no run is one sentence', ({ folder }) => {
  assertUserError(
    () => readRun(join(folder, 'nothing')),
    /config\.json cannot be read because it does not exist/,
  );
  openRun(join(folder, 'run'), { spec, provenance });
  writeFileSync(join(folder, 'run', 'config.json'), '{"format"');
  assertUserError(() => readRun(join(folder, 'run')), /config\.json is damaged/);
});

test('a spec of another format, or without a part, is one sentence', ({ folder }) => {
  openRun(folder, { spec, provenance });
  const write = (value: object) => writeFileSync(join(folder, 'config.json'), JSON.stringify(value));
  write({ ...spec, format: 2 });
  assertUserError(() => readRun(folder), /has the format 2, and this version of Dendrite reads format 1/);
  write({ ...spec, seed: '7' });
  assertUserError(() => readRun(folder), /config\.json is damaged: seed: /);
});

test.run();
