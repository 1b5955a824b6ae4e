import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runsPerTaskOf, type SlurmOptions } from '../../experiments/slurm/options.ts';
import { type ScriptedJob, scriptOf, shellQuoted } from '../../experiments/slurm/script.ts';
import { UserError } from '../../kernels/index.ts';

const test = suite('the script for sbatch');

const JOB: ScriptedJob = { name: 'dendrite-0', folder: 'runs/x', number: 3, runs: 10, runsPerTask: 4 };
const script = (options: SlurmOptions = {}, job: Partial<ScriptedJob> = {}, cwd = '/home/me'): string =>
  scriptOf({ ...JOB, ...job }, options, ['/usr/bin/node', '/opt/dendrite/main.js'], cwd);

test('all of it, with nothing asked for', () => {
  assert.is(
    script(),
    `#!/bin/bash
#SBATCH --job-name=dendrite-0
#SBATCH --array=1-3
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1
#SBATCH --chdir=/home/me
#SBATCH --output=/home/me/runs/x/slurm/submission-3-%a.log
#SBATCH --open-mode=append
#SBATCH --signal=B:TERM@60

# Submission 3 of a comparison: 10 runs, 4 to a task.
set -euo pipefail
# "exec", so that the signal before the end of the time reaches Dendrite, which then writes checkpoints and ends.
exec /usr/bin/node /opt/dendrite/main.js work /home/me/runs/x \\
  --submission 3 --task "$SLURM_ARRAY_TASK_ID" --jobs "$SLURM_CPUS_PER_TASK"
`,
  );
});

for (const [what, options, line] of [
  ['the partition', { partition: 'gpu' }, '#SBATCH --partition=gpu'],
  ['the account', { account: 'lab-1' }, '#SBATCH --account=lab-1'],
  ['the time', { time: '1-12:00:00' }, '#SBATCH --time=1-12:00:00'],
  ['cores', { cpusPerTask: 8 }, '#SBATCH --cpus-per-task=8'],
  ['GPUs', { gpusPerTask: 'a100:1' }, '#SBATCH --gpus-per-task=a100:1'],
  ['how many at once', { atOnce: 2 }, '#SBATCH --array=1-3%2'],
  ['a value with a space', { account: 'my "lab"' }, '#SBATCH --account="my \\"lab\\""'],
] as [string, SlurmOptions, string][])
  test(`${what} stands in a line of its own, and nothing else changes`, () => {
    const [lines, plain] = [script(options), script()].map((text) => text.split('\n'));
    const name = /--[\w-]+=/.exec(line)![0];
    assert.equal(
      lines!.filter((one) => one.includes(`#SBATCH ${name}`)),
      [line],
    );
    const others = (all: string[]) => all.filter((one) => !one.includes(`#SBATCH ${name}`));
    assert.equal(others(lines!), others(plain!));
  });

test('modules are loaded by a login shell, before the first mistake ends it, and one that is missing ends it', () => {
  const lines = script({ modules: ['nodejs/22', 'openblas'] }).split('\n');
  assert.is(lines[0], '#!/bin/bash -l');
  const at = lines.indexOf('module load nodejs/22 openblas || exit');
  assert.ok(at > 0);
  assert.is(lines[at + 1], 'set -euo pipefail');
});

test('a path with all that a shell or sbatch would read is quoted for each', () => {
  const text = script({}, { folder: "it's 100 %, #1 $HOME" }, '/a b');
  assert.match(text, /^#SBATCH --chdir="\/a b"$/m);
  assert.match(text, /^#SBATCH --output="\/a b\/it's 100 %%, #1 \$HOME\/slurm\/submission-3-%a\.log"$/m);
  assert.match(text, /^exec .* work '\/a b\/it'\\''s 100 %, #1 \$HOME' \\$/m);
});

test('what would begin a line of its own is refused in one sentence', () => {
  for (const make of [
    () => script({ partition: 'a\n#SBATCH --uid=0' }),
    () => script({ modules: ['a\nrm -r /'] }),
    () => script({ account: 'a\\' }),
    () => script({}, { folder: 'a\nb' }),
    () => script({}, {}, '/a\\b'),
  ])
    try {
      make();
      assert.unreachable();
    } catch (error) {
      assert.instance(error, UserError);
      assert.match((error as Error).message, /^[^\n]*holds a line break or a backslash[^\n]*$/);
    }
});

test('numbers that are none are refused', () => {
  for (const options of [{ atOnce: 0 }, { cpusPerTask: 1.5 }, { runsPerTask: -1 }])
    assert.throws(() => script(options), /must be a whole number above 0/);
});

test('every text comes out of a shell as it went in', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !text.includes('\0')),
      (text) => {
        const { stdout } = spawnSync('sh', ['-c', `printf %s ${shellQuoted(text)}`], { encoding: 'utf8' });
        assert.is(stdout, text);
      },
    ),
    { numRuns: 50 },
  );
});

test('the script is one that bash can read', () => {
  const folder = mkdtempSync(join(tmpdir(), "dendrite it's "));
  const options = { modules: ['a b'], partition: 'p', atOnce: 1 };
  const { status, stderr } = spawnSync('bash', ['-n'], {
    input: script(options, { folder }),
    encoding: 'utf8',
  });
  rmSync(folder, { recursive: true });
  assert.is(status, 0, stderr);
});

for (const [what, options, runs, together, expected] of [
  ['one run a task', {}, 10, 1, 1],
  ['as many as there are cores', { cpusPerTask: 4 }, 10, 1, 4],
  ['the seeds that a GPU trains together', { cpusPerTask: 2 }, 10, 5, 5],
  ['no more than 1,000 tasks', {}, 2001, 1, 3],
  ['what is asked for', { runsPerTask: 2, cpusPerTask: 4 }, 5000, 5, 2],
] as [string, SlurmOptions, number, number, number][])
  test(`runs of a task: ${what}`, () => {
    assert.is(runsPerTaskOf(options, runs, together), expected);
  });

test.run();
