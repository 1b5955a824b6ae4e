import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ComparisonDocument } from '../../results/index.ts';
import { type CommandResult, inThisProcess, ROOT } from './dendrite.ts';
import { onTiny, writeTinyIdx } from './tiny-idx.ts';

const test = suite('tune');
const folder = mkdtempSync(join(tmpdir(), 'dendrite-tune-'));
test.after(() => rmSync(folder, { recursive: true }));
const data = writeTinyIdx(join(folder, 'tiny'));

const compare = (out: string, ...args: string[]) => [
  ...['compare', ...onTiny(data), '--rules', 'backprop', '--seeds', '1', '--learning-rate', '0.003'],
  ...['--out', join(folder, out), ...args],
];
const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const onlyFolderIn = (out: string): string => join(folder, out, readdirSync(join(folder, out))[0]!);

test('--tune prints what was chosen, and --json holds all trials', async () => {
  const printed = await inThisProcess(compare('table', '--epochs', '9', '--tune', '3', '--tune-seed', '4'));
  assert.is(printed.code, 0, printed.stderr);
  assert.match(
    printed.stdout,
    /^Tuning +3 trials of each condition \(3 for 3 epochs and 2 for 9 epochs\), chosen on/m,
  );
  assert.match(
    printed.stdout,
    /^ +backprop: learning rate [0-9.]+ \(trial \d.*: validation error [0-9.]+ %\)$/m,
  );
  assert.match(printed.stderr, /^tuning: 3 trials of rung 1 of 2$/m);
  assert.match(printed.stderr, /trial \d seed 4 finished, validation error [0-9.]+ %/);
  const at = onlyFolderIn('table');
  const again = await inThisProcess(['table', at]);
  assert.is(again.stdout, printed.stdout);
  const { tuning } = JSON.parse((await inThisProcess(['table', at, '--json'])).stdout) as ComparisonDocument;
  assert.is(tuning!.conditions[0]!.trials.length, 3);
  assert.is(tuning!.seed, 4);
  const rung = await inThisProcess(['table', join(at, 'tuning', 'rung-1')]);
  assert.match(rung.stdout, /Validation error, %/);
  assert.match(rung.stdout, /^backprop trial 3 +1 /m);
  const repeated = await inThisProcess([
    'repeat',
    join(at, 'tuning', 'rung-1', 'backprop-trial-2-seed-4'),
    '--check',
    '--out',
    join(folder, 'repeated'),
  ]);
  assert.is(repeated.code, 0, repeated.stdout);
  assert.match(repeated.stdout, /validation error [0-9.]+ %; all bits are the same/);
});

test('--dry-run counts the trials, and writes nothing', async () => {
  const { code, stdout } = await inThisProcess(compare('dry', '--epochs', '9', '--tune', '9', '--dry-run'));
  assert.is(code, 0);
  assert.match(stdout, /1 condition x 1 seed = 1 runs, after 13 trainings of trials/);
  assert.match(stdout, /all seeds +its trials$/m);
  assert.match(stdout, /13 trainings of trials and 1 runs/);
  assert.is(existsSync(join(folder, 'dry')), false);
});

test('--save-as and a file say the same as the options', async () => {
  const file = join(folder, 'saved.yaml');
  const first = await inThisProcess(
    compare('saved', '--epochs', '3', '--tune', '3', '--save-as', file, '--json'),
  );
  assert.is(first.code, 0, first.stderr);
  assert.match(readFileSync(file, 'utf8'), /^tune: 3$/m);
  const again = await inThisProcess(['run', file, '--json', '--jobs', '1', '--out', join(folder, 'again')]);
  const choices = ({ tuning, runs }: ComparisonDocument) => [
    tuning!.conditions.map(({ chosen, trials }) => [chosen, trials.map(({ values }) => values)]),
    runs.map(({ statesHash }) => statesHash),
  ];
  assert.equal(choices(JSON.parse(again.stdout)[0]), choices(JSON.parse(first.stdout)));
});

const SMALL = `dataset: idx:tiny
seeds: 1
settings: { layers: [64, 5, 3], batch: 10, epochs: 3 }
device: cpu
blas: none
`;

test('a file may say where to look, and what is varied is not searched', async () => {
  const file = write(
    'space.yaml',
    `rules:
  - rule: feedback-alignment
    search: { learningRate: { logUniform: [0.01, 1] }, feedbackScale: null, momentum: { choices: [0, 0.5, 0.9] } }
  - rule: drtp
    options: { feedbackScale: [0.5, 1] }
tune: { trials: 3, seed: 8, validation: 20 }
${SMALL}`,
  );
  const { code, stdout, stderr } = await inThisProcess([
    'run',
    file,
    '--json',
    '--jobs',
    '1',
    '--out',
    join(folder, 'space'),
  ]);
  assert.is(code, 0, stderr);
  const [{ tuning }] = JSON.parse(stdout) as [ComparisonDocument];
  assert.equal(
    tuning!.conditions.map(({ condition, space }) => [condition, space]),
    [
      [
        'feedback-alignment',
        { learningRate: { logUniform: [0.01, 1] }, momentum: { choices: [0, 0.5, 0.9] } },
      ],
      ['drtp-feedback-scale-0.5', { learningRate: { factor: [0.1, 10] } }],
      ['drtp-feedback-scale-1', { learningRate: { factor: [0.1, 10] } }],
    ],
  );
  assert.equal([tuning!.seed, tuning!.validation], [8, 20]);
});

test('--tune and --tune-seed take the place of what a file says', async () => {
  const file = write(
    'more.yaml',
    `rules: [backprop]\ntune: { trials: 3, seed: 8, validation: 20 }\n${SMALL}`,
  );
  const { stdout } = await inThisProcess([
    'run',
    file,
    '--tune',
    '4',
    '--tune-seed',
    '2',
    '--json',
    '--jobs',
    '1',
    '--out',
    join(folder, 'more'),
  ]);
  const [{ tuning }] = JSON.parse(stdout) as [ComparisonDocument];
  assert.equal([tuning!.conditions[0]!.trials.length, tuning!.seed, tuning!.validation], [4, 2, 20]);
});

const rules = (search: string) =>
  `rules:\n  - backprop\n  - rule: equilibrium-propagation\n    search:\n      ${search}\n`;
for (const [what, text, pattern] of [
  [
    'a name that is none',
    rules('bta: { logUniform: [0.1, 1] }'),
    /:5: rules\[1\]\.search\.bta: there is no option .* did you mean 'beta'\?/,
  ],
  [
    'a form that is none',
    rules('beta: { logUnifrom: [0.1, 1] }'),
    /:5: rules\[1\]\.search\.beta\.logUnifrom: there is no key 'logUnifrom'; did you mean 'logUniform'\?/,
  ],
  [
    'a value out of bounds',
    rules('beta: { logUniform: [0.1, 1] }\n      momentum: { uniform: [0, 2] }'),
    /:6: rules\[1\]\.search\.momentum: the search of 'momentum' for the condition 'equilibrium-propagation' reaches 2, but it must be below 1/,
  ],
  [
    'ends in the wrong order',
    rules('beta: { logUniform: [1, 0.1] }'),
    /:5: rules\[1\]\.search\.beta: .* the smaller one first/,
  ],
  [
    'no form',
    rules('beta: {}'),
    /:5: rules\[1\]\.search\.beta: .*must have one of logUniform, uniform, factor, choices/,
  ],
  ['a number', rules('beta: 0.5'), /:5: rules\[1\]\.search\.beta: must be keys with values, but is 0\.5/],
  [
    'a search of what is varied',
    'rules:\n  - rule: backprop\n    settings: { learningRate: [0.1, 0.2] }\n    search: { learningRate: { factor: [0.1, 10] } }\n',
    /:4: rules\[0\]\.search\.learningRate: learningRate is varied, .* search it or vary it/,
  ],
  [
    'nothing left to search',
    'rules:\n  - rule: backprop\n    settings: { learningRate: [0.1, 0.2] }\n',
    /:2: rules\[0\]\.search: nothing of the condition 'backprop-learning-rate-0\.1' is searched/,
  ],
  ['too few trials', 'rules: [backprop]\n', /:2: tune: must be at least 2, but is 1/],
  [
    'a key that is none',
    'rules: [backprop]\n',
    /:2: tune\.trails: there is no key 'trails'; did you mean 'trials'\?/,
  ],
  [
    'a seed of the runs',
    'rules: [backprop]\n',
    /:2: tune\.seed: the seed 1 of the tuning is one of the seeds of the runs/,
  ],
] as const)
  test(`${what} is one sentence with file, line and key`, async () => {
    const tune = {
      'too few trials': '1',
      'a key that is none': '{ trails: 9 }',
      'a seed of the runs': '{ trials: 9, seed: 1 }',
    };
    const file = write('wrong.yaml', `${text}tune: ${tune[what as keyof typeof tune] ?? 3}\n${SMALL}`);
    const { code, stdout, stderr } = await inThisProcess(['run', file, '--out', join(folder, 'wrong')]);
    assert.match(stderr, pattern);
    assert.match(stderr, /^dendrite: [^\n]+\n$/);
    assert.is(stdout, '');
    assert.is(code, 1);
    assert.is(existsSync(join(folder, 'wrong')), false);
  });

test('--tune-seed without --tune, and one trial, are refused', async () => {
  const alone = await inThisProcess(compare('refused', '--tune-seed', '4'));
  assert.match(alone.stderr, /^dendrite: --tune-seed '4' is of no use without --tune/);
  const one = await inThisProcess(compare('refused', '--tune', '1'));
  assert.match(one.stderr, /^dendrite: --tune '1' must be a whole number, 2 or more/);
});

test('dendrite rule prints where a tuning looks', async () => {
  const { stdout } = await inThisProcess(['rule', 'equilibrium-propagation']);
  assert.match(
    stdout,
    /searched by --tune.*:\n {2}learningRate +its own value times 0\.1 to 10, log-uniform\n {2}beta +log-uniform from 0\.05 to 1\n/,
  );
});

/** What must be the same however often the process was stopped. */
const outcomes = (json: string) => {
  const { tuning, runs } = JSON.parse(json) as ComparisonDocument;
  return JSON.parse(
    JSON.stringify(
      [tuning, runs.map(({ condition, seed, status, statesHash }) => [condition, seed, status, statesHash])],
      (key, value) => (key === 'seconds' ? undefined : value),
    ),
  );
};

const LONG = ['--epochs', '180', '--tune', '9'];

/** Whether a trial of the second rung has recorded an epoch. */
function hasEpochsOfRung2(out: string): boolean {
  if (!existsSync(join(folder, out)) || readdirSync(join(folder, out)).length === 0) return false;
  const rung = join(onlyFolderIn(out), 'tuning', 'rung-2');
  if (!existsSync(rung)) return false;
  const metrics = readdirSync(rung).map((run) => join(rung, run, 'metrics.jsonl'));
  return metrics.some((file) => existsSync(file) && readFileSync(file).length > 0);
}
let whole: Promise<CommandResult> | null = null;

for (const signal of ['SIGKILL', 'SIGINT'] as const)
  test(`a tuning that ends by ${signal} in its second rung goes on to the same choices and bits`, async () => {
    whole ??= inThisProcess(compare('whole', ...LONG, '--json'));
    const undisturbed = await whole;
    assert.is(undisturbed.code, 0, undisturbed.stderr);
    const out = `ended-${signal}`;
    const child = spawn(process.execPath, ['--import', 'tsx', 'cli/main.ts', ...compare(out, ...LONG)], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    const closed = new Promise<number | null>((done) => child.on('close', done));
    child.stderr.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
    while (!hasEpochsOfRung2(out)) {
      assert.is(child.exitCode, null, said);
      await new Promise((next) => setTimeout(next, 2));
    }
    child.kill(signal);
    assert.is(await closed, signal === 'SIGKILL' ? null : 130);
    const at = onlyFolderIn(out);
    if (signal === 'SIGINT') {
      assert.match(said, /stopped after \d of 4 trials of rung 2 of 3; /);
      assert.ok(said.includes(`  dendrite resume ${at}\n`), said);
    }
    assert.ok(!existsSync(join(at, 'tuning', 'rung-3')));
    const table = await inThisProcess(['table', at]);
    assert.match(table.stdout, /^Note +the tuning has not ended/m);
    const resumed = await inThisProcess(['resume', at, '--json', '--jobs', '1']);
    assert.is(resumed.code, 0, resumed.stderr);
    assert.equal(outcomes(resumed.stdout), outcomes(undisturbed.stdout));
  });

test.run();
