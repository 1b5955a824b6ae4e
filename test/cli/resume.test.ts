import { spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ComparisonDocument, lockFolder, newestCheckpoint } from '../../results/index.ts';
import { AT_WORK, dendrite, inThisProcess, ROOT } from './dendrite.ts';
import { onTiny, writeTinyIdx } from './tiny-idx.ts';

const test = suite('resume');
const folder = mkdtempSync(join(tmpdir(), 'dendrite-resume-'));
test.after(() => rmSync(folder, { recursive: true }));

const data = writeTinyIdx(join(folder, 'tiny'));
const plugin = join(folder, 'own.ts');
writeFileSync(
  plugin,
  `import { defineRule, RULES } from 'dendrite';
const { build, ...rule } = RULES.find((rule) => rule.name === 'feedback-alignment');
export const own = defineRule({ ...rule, name: 'own', build });`,
);
const tiny = ['compare', ...onTiny(data), '--plugin', plugin, '--rules', 'own', '--seeds', '2'];

/** A comparison of two runs, of which the second has been begun and has no status. */
async function unfinished(name: string, ...args: string[]): Promise<{ at: string; whole: string }> {
  const { stdout, code, stderr } = await inThisProcess([
    ...tiny,
    ...['--epochs', '3', '--out', join(folder, name), '--json', ...args],
  ]);
  assert.is(code, 0, stderr);
  const { runs } = JSON.parse(stdout) as ComparisonDocument;
  rmSync(join(runs[1]!.folder, 'status.json'));
  return { at: dirname(runs[0]!.folder), whole: stdout };
}

/** What does not depend on the clock. */
const outcomes = (json: string) =>
  (JSON.parse(json) as ComparisonDocument).runs.map(({ condition, seed, status, statesHash, epochs }) => ({
    ...{ condition, seed, status, statesHash },
    epochs: epochs.map(({ seconds, evaluationSeconds, examplesPerSecond, ...rest }) => rest),
  }));

async function refuses(at: string, pattern: RegExp): Promise<void> {
  const { code, stdout, stderr } = await inThisProcess(['resume', at]);
  assert.is(code, 1);
  assert.is(stdout, '');
  assert.match(stderr, pattern);
  assert.match(stderr, /^dendrite: [^\n]+\n$/);
  assert.equal(
    existsSync(at) ? readdirSync(at).filter((name) => /^lock|\.tmp$/.test(name)) : [],
    [],
    'nothing is left behind',
  );
}

test('goes on, prints the table of all runs, and has nothing to do the next time', async () => {
  const { at, whole } = await unfinished('goes-on');
  const resumed = await inThisProcess(['resume', at, '--json', '--jobs', '2']);
  assert.is(resumed.code, 0, resumed.stderr);
  assert.equal(outcomes(resumed.stdout), outcomes(whole));
  assert.is(readFileSync(join(at, 'comparison.json'), 'utf8'), resumed.stdout);
  const again = await inThisProcess(['resume', at]);
  assert.is(again.code, 0);
  assert.match(again.stdout, /^own +2 /m);
  assert.is((await inThisProcess(['table', at])).stdout, again.stdout);
});

test('a folder that holds no comparison is refused', async () => {
  await refuses(join(folder, 'nothing'), /holds no experiment\.json; name the folder of a comparison/);
  await refuses(data, /holds no experiment\.json/);
  const { at } = await unfinished('a-run');
  await refuses(join(at, 'own-seed-1'), /holds no experiment\.json/);
});

test('an experiment.json that is damaged is refused', async () => {
  const { at } = await unfinished('damaged');
  const path = join(at, 'experiment.json');
  const whole = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify({ ...whole, checkpoints: { keep: 'some', seconds: null } }));
  await refuses(at, /experiment\.json is damaged or of another version \(checkpoints\.keep: /);
  writeFileSync(path, '{"format": 1,');
  await refuses(at, /experiment\.json is damaged, not JSON/);
});

test('a dataset that has changed is refused, with both hashes', async () => {
  const { at } = await unfinished('dataset');
  const labels = join(data, 't10k-labels-idx1-ubyte');
  const before = readFileSync(labels);
  const other = Buffer.from(before);
  other[other.length - 1] = (other.at(-1)! + 1) % 3;
  writeFileSync(labels, other);
  try {
    await refuses(
      at,
      /the dataset 'idx:\S+' is not the one that \S+ was trained on \(SHA-256 [0-9a-f]{12}\.\.\., not [0-9a-f]{12}\.\.\.\): bring/,
    );
  } finally {
    writeFileSync(labels, before);
  }
});

test('a plug-in that has changed is refused, with both hashes', async () => {
  const { at } = await unfinished('plug-in');
  const before = readFileSync(plugin);
  appendFileSync(plugin, '\n');
  try {
    await refuses(
      at,
      /the plug-in \S+own\.ts has changed since the run \(SHA-256 [0-9a-f]{12}\.\.\., not [0-9a-f]{12}\.\.\.\)/,
    );
  } finally {
    writeFileSync(plugin, before);
  }
});

test('an option that this version does not have is refused, with its name', async () => {
  const { at } = await unfinished('options');
  const path = join(at, 'experiment.json');
  const stored = JSON.parse(readFileSync(path, 'utf8'));
  stored.conditions[0].options.gone = 1;
  writeFileSync(path, JSON.stringify({ ...stored, dendrite: '0.0.9' }));
  await refuses(at, /the rule 'own' has no option 'gone'/);
});

test('an option that another version did not have is refused, with the value that it has now', async () => {
  const { at } = await unfinished('settings');
  const path = join(at, 'experiment.json');
  const stored = JSON.parse(readFileSync(path, 'utf8'));
  const [name] = Object.keys(stored.conditions[0].options);
  delete stored.conditions[0].options[name!];
  writeFileSync(path, JSON.stringify({ ...stored, dendrite: '0.0.9' }));
  await refuses(
    at,
    new RegExp(
      `the comparison in Dendrite \\S+, which 0\\.0\\.9 made, is not that of \\S+ \\(conditions\\.0\\.options\\.${name}: .+ as there\\)`,
    ),
  );
});

test('a device other than the folder says is refused', async () => {
  const { at } = await unfinished('device');
  const path = join(at, 'experiment.json');
  const stored = JSON.parse(readFileSync(path, 'utf8'));
  stored.device.settled.backend = 'wasm-other';
  writeFileSync(path, JSON.stringify(stored));
  await refuses(at, /the device is not that of \S+ \(backend: "wasm-simd", not "wasm-other" as there\)/);
});

test('the config.json of another run fails that run alone', async () => {
  const { at } = await unfinished('config');
  const path = join(at, 'own-seed-2', 'config.json');
  const config = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify({ ...config, task: 'probe:hidden 1' }));
  const { code, stderr } = await inThisProcess(['resume', at]);
  assert.is(code, 1);
  assert.match(
    stderr,
    /^own seed 2 failed: \S+config\.json is of another run \(task: "probe:hidden 1", not "classify"\)/m,
  );
});

test('a folder that another process works on is refused, with who it is', async () => {
  const { at } = await unfinished('locked');
  const lock = await lockFolder(at);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  try {
    const { code, stderr } = await inThisProcess(['resume', at]);
    assert.is(code, 1);
    assert.match(
      stderr,
      new RegExp(`^dendrite: the folder \\S+ is being worked on by process ${process.pid} on `),
    );
  } finally {
    lock.release();
  }
  assert.is((await inThisProcess(['resume', at])).code, 0);
});

test('a failed run stays as it is, which is said, until --retry-failed', async () => {
  const { at, whole } = await unfinished('failed');
  const status = join(at, 'own-seed-2', 'status.json');
  writeFileSync(status, JSON.stringify({ status: 'failed', reason: 'there was no room', finishedAt: '' }));
  const left = await inThisProcess(['resume', at]);
  assert.is(left.code, 1);
  assert.match(left.stdout, /own: 1 of 2 runs failed, not in the mean \(seed 2: there was no room\)/);
  assert.match(left.stderr, /^dendrite: 1 of 2 runs failed; --retry-failed tries them again$/m);
  const retried = await inThisProcess(['resume', at, '--retry-failed', '--json']);
  assert.is(retried.code, 0, retried.stderr);
  assert.equal(outcomes(retried.stdout), outcomes(whole));
});

test('checkpoint options that make no sense are one sentence', async () => {
  for (const [args, pattern] of [
    [['--checkpoint', 'some'], /--checkpoint 'some' must be one of last, every, none/],
    [['--checkpoint-every', 'often'], /--checkpoint-every 'often' must be a number of seconds above 0/],
    [['--checkpoint-every', '0'], /--checkpoint-every '0' must be a number of seconds above 0/],
    [['--checkpoint', 'none', '--checkpoint-every', '5'], /has no meaning with checkpoint 'none'/],
  ] as const) {
    const { code, stderr } = await inThisProcess([...tiny, '--out', join(folder, 'none'), ...args]);
    assert.ok(code === 1 || code === 2);
    assert.match(stderr, pattern);
  }
  assert.not(existsSync(join(folder, 'none')));
});

for (const [signal, exitCode] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  test(`${signal} leaves checkpoints, and prints the command that goes on`, async () => {
    // As long as it takes for the signal to come.
    const epochs = ['--epochs', '3000', '--batch', '2', '--checkpoint-every', '1000'];
    const out = join(folder, `with a space ${signal}`);
    const child = spawn(
      process.execPath,
      [
        '--import',
        'tsx',
        'cli/main.ts',
        ...tiny.filter((one) => !/^--batch$|^10$/.test(one)),
        ...epochs,
        '--out',
        out,
      ],
      { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      if (!AT_WORK.test(stderr) && AT_WORK.test(`${stderr}${text}`)) child.kill(signal);
      stderr += text;
    });
    const code = await new Promise((done) => child.on('close', done));
    assert.is(code, exitCode, stderr);
    const [, made] = /^ {2}dendrite resume '(.+)'$/m.exec(stderr)!;
    const { found } = newestCheckpoint(join(made!, 'own-seed-1'));
    const lines = readFileSync(join(made!, 'own-seed-1', 'metrics.jsonl'), 'utf8').split('\n');
    assert.is(found!.checkpoint.epochs, lines.length - 1);
    assert.ok(found!.checkpoint.epochs >= 2);
    assert.equal(
      readdirSync(made!).filter((name) => /^lock|\.tmp$/.test(name)),
      [],
    );
  });

/** Fills what holds the runs, so that a checkpoint or a record has no room. */
const full = 'a full disk ends the run with a sentence, loses nothing recorded, and can be gone on from';
const disk = join(folder, 'disk');
mkdirSync(disk);
if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=200k', 'tmpfs', disk]).status === 0)
  test(full, async () => {
    try {
      const args = [...tiny.slice(0, -1), '1', '--epochs', '200', '--json'];
      const whole = await inThisProcess([...args, '--out', join(folder, 'not-full')]);
      const { code, stderr } = await dendrite(...args, '--out', disk, '--checkpoint', 'every');
      assert.is(code, 1);
      assert.match(
        stderr,
        /^own seed 1 failed: the folder \S+ cannot be written because the disk is full; make room/m,
      );
      const at = join(disk, readdirSync(disk).find((name) => name.endsWith('compare'))!);
      const metrics = join(at, 'own-seed-1', 'metrics.jsonl');
      const before = readFileSync(metrics, 'utf8');
      const recorded = before.slice(0, before.lastIndexOf('\n') + 1);
      assert.ok(recorded.length > 0);
      assert.is(spawnSync('mount', ['-o', 'remount,size=20m', disk]).status, 0);
      const resumed = await inThisProcess(['resume', at, '--retry-failed', '--json']);
      assert.is(resumed.code, 0, resumed.stderr);
      assert.ok(readFileSync(metrics, 'utf8').startsWith(recorded));
      assert.equal(outcomes(resumed.stdout), outcomes(whole.stdout));
    } finally {
      spawnSync('umount', [disk]);
    }
  });
else {
  console.log(`skipped, ${full}: only root can make a small disk`);
  test.skip(full);
}

const limited = 'a checkpoint above the limit for files ends the run as failed, and what is recorded stays';
if (process.platform !== 'win32')
  test(limited, async () => {
    const out = join(folder, 'limited');
    const args = [...tiny.slice(0, -1), '1', '--epochs', '3', '--out', out]
      .map((one) => `'${one}'`)
      .join(' ');
    // Files of 8 blocks of 512 bytes: more than any other file of the run needs, less than a checkpoint of 64-50-3 does.
    const child = spawnSync(
      'sh',
      [
        '-c',
        `ulimit -f 8; exec '${process.execPath}' --import tsx cli/main.ts ${args.replace("'64,5,3'", "'64,50,3'")}`,
      ],
      { cwd: ROOT, encoding: 'utf8' },
    );
    assert.is(child.status, 1, child.stderr);
    assert.match(
      child.stderr,
      /^own seed 1 failed: the folder \S+checkpoints cannot be written because a file would be larger than the limit/m,
    );
    const at = join(out, readdirSync(out)[0]!);
    const run = (await inThisProcess(['table', at, '--json'])).stdout;
    const [stored] = (JSON.parse(run) as ComparisonDocument).runs;
    assert.is(stored!.status, 'failed');
    assert.is(stored!.epochs.length, 1);
    const resumed = await inThisProcess(['resume', at, '--retry-failed', '--json']);
    assert.is(resumed.code, 0, resumed.stderr);
    assert.is((JSON.parse(resumed.stdout) as ComparisonDocument).runs[0]!.epochs.length, 3);
  });
else test.skip(limited);

test.run();
