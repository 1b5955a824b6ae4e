import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type ExperimentInput,
  expandExperiment,
  planExperiment,
  readExperimentFile,
  resolveExperiment,
} from '../../experiments/index.ts';
import { UserError } from '../../kernels/index.ts';
import { type ComparisonDocument, readExperiment } from '../../results/index.ts';
import { inThisProcess } from '../cli/dendrite.ts';
import { onTiny, writeTinyIdx } from '../cli/tiny-idx.ts';

/** What is compared with what, from the declaration to the document. */
const test = suite('contrasts');
const folder = mkdtempSync(join(tmpdir(), 'dendrite-contrasts-'));
test.after(() => rmSync(folder, { recursive: true }));
const tiny = writeTinyIdx(join(folder, 'tiny'));
writeTinyIdx(join(folder, 'other'));

const DECLARED = [
  { condition: 'drtp', to: 'backprop' },
  { condition: 'feedback-alignment', to: 'drtp' },
];
const input = (changes: Partial<ExperimentInput> = {}): ExperimentInput => ({
  rules: ['feedback-alignment', 'drtp', 'backprop'],
  ...changes,
});
const contrastsOf = (changes?: Partial<ExperimentInput>) => resolveExperiment(input(changes)).contrasts;

test('left out, every condition is compared with the first of backprop, or else the first', () => {
  assert.equal(contrastsOf(), [
    { condition: 'feedback-alignment', to: 'backprop' },
    { condition: 'drtp', to: 'backprop' },
  ]);
  assert.equal(contrastsOf({ rules: ['drtp', 'feedback-alignment'] }), [
    { condition: 'feedback-alignment', to: 'drtp' },
  ]);
  assert.equal(contrastsOf({ rules: ['drtp'] }), []);
});

test('declared contrasts are those, and none are none', () => {
  assert.equal(contrastsOf({ contrasts: DECLARED }), DECLARED);
  assert.equal(contrastsOf({ contrasts: [] }), []);
  assert.is(resolveExperiment(input({ equivalence: 0.3 })).equivalence, 0.3);
});

const WRONG: [what: string, changes: Partial<ExperimentInput>, pattern: RegExp][] = [
  [
    'an unknown condition',
    { contrasts: [{ condition: 'drpt', to: 'backprop' }] },
    /no condition 'drpt'; did you mean 'drtp'\? there are feedback-alignment, drtp, backprop$/,
  ],
  [
    'an unknown one to compare with',
    { contrasts: [{ condition: 'drtp', to: 'something-else' }] },
    /no condition 'something-else'; there are feedback-alignment, drtp, backprop$/,
  ],
  [
    'a condition with itself',
    { contrasts: [{ condition: 'drtp', to: 'drtp' }] },
    /'drtp' is compared with itself/,
  ],
  [
    'a contrast twice, the second time turned round',
    {
      contrasts: [
        { condition: 'drtp', to: 'backprop' },
        { condition: 'backprop', to: 'drtp' },
      ],
    },
    /'backprop' and 'drtp' is declared twice/,
  ],
  ['no margin', { equivalence: 0 }, /equivalence: must be above 0/],
];
for (const [what, changes, pattern] of WRONG)
  test(`${what} is refused`, () =>
    assert.throws(
      () => resolveExperiment(input(changes)),
      (error: Error) => error instanceof UserError && pattern.test(error.message),
    ));

const FILE = `rules:
  - drtp
  - rule: backprop
    settings: { batch: [10, 20] }
contrasts:
  - { condition: drtp, to: backprop-batch-20 }
  - { condition: backprop-batch-10, to: backprop-batch-20 }
equivalence: 5
dataset: [idx:tiny, idx:other]
seeds: 2
settings: { layers: [64, 5, 3], batch: 10, examples: 20 }
device: cpu
blas: none
`;
const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

test('a file declares them by the ids of its grid, for each of its comparisons', async () => {
  const { definition } = await readExperimentFile(write('experiment.yaml', FILE));
  const parts = expandExperiment(definition);
  assert.is(parts.length, 2);
  for (const { input } of parts) {
    const { contrasts, equivalence } = resolveExperiment(input);
    assert.equal(contrasts, [
      { condition: 'drtp', to: 'backprop-batch-20' },
      { condition: 'backprop-batch-10', to: 'backprop-batch-20' },
    ]);
    assert.is(equivalence, 5);
  }
});

for (const [what, text, pattern] of [
  [
    'an unknown condition',
    FILE.replace('condition: drtp', 'condition: backprop'),
    /wrong\.yaml:6: contrasts\[0\]\.condition: there is no condition 'backprop'/,
  ],
  [
    'a misspelt key',
    FILE.replace('to: backprop-batch-20 }\n  - ', 'too: backprop-batch-20 }\n  - '),
    /wrong\.yaml:6: contrasts\[0\]\.too: there is no key 'too'; did you mean 'to'\?/,
  ],
  [
    'a margin below 0',
    FILE.replace('equivalence: 5', 'equivalence: -5'),
    /wrong\.yaml:8: equivalence: must be above 0/,
  ],
] as const)
  test(`${what} in a file is one sentence with its line`, async () => {
    const file = write('wrong.yaml', text);
    try {
      await planExperiment(await readExperimentFile(file), {});
    } catch (error) {
      assert.instance(error, UserError);
      assert.match((error as Error).message, pattern);
      return;
    }
    assert.unreachable();
  });

const compare = (...args: string[]) =>
  inThisProcess([
    ...['compare', '--out', join(folder, 'runs'), ...onTiny(tiny)],
    ...['--rules', 'backprop,drtp,feedback-alignment', '--seeds', '2', '--examples', '20', ...args],
  ]);
const document = (stdout: string): ComparisonDocument => JSON.parse(stdout);

const saved = join(folder, 'saved.yaml');
let declared: ComparisonDocument;
test.before(async () => {
  const { code, stdout, stderr } = await compare(
    ...['--contrast', 'drtp:backprop', '--contrast', 'feedback-alignment:drtp', '--equivalence', '20'],
    ...['--save-as', saved, '--json'],
  );
  assert.is(code, 0, stderr);
  declared = document(stdout);
});
const folderOf = ({ runs }: ComparisonDocument): string => dirname(runs[0]!.folder);

test('the command line declares them; they are recorded, saved, and the same when the folder is read again', async () => {
  const { experiment, contrasts, runs } = declared;
  assert.equal(experiment.contrasts, DECLARED);
  assert.is(experiment.equivalence, 20);
  assert.equal(
    contrasts.map(({ condition, to, n, equivalence }) => [condition, to, n, equivalence?.margin]),
    DECLARED.map(({ condition, to }) => [condition, to, 2, 20]),
  );
  const at = folderOf(declared);
  rmSync(join(runs[1]!.folder, 'status.json'));
  const resumed = await inThisProcess(['resume', at, '--json']);
  assert.equal(document(resumed.stdout).contrasts, contrasts);
  const { definition } = await readExperimentFile(saved, ['equivalence=7', 'contrasts.1.to=backprop']);
  assert.equal(definition.contrasts, [DECLARED[0], { ...DECLARED[1], to: 'backprop' }]);
  assert.is(definition.equivalence, 7);
});

test('contrasts that were changed after the runs began are refused', () => {
  const at = folderOf(declared);
  const file = join(at, 'experiment.json');
  const stored = readFileSync(file, 'utf8');
  for (const change of [{ contrasts: [{ condition: 'drtp', to: 'backprop' }] }, { equivalence: 3 }]) {
    const edited = JSON.parse(stored);
    Object.assign(edited.experiment, change);
    writeFileSync(file, JSON.stringify(edited));
    assert.throws(
      () => readExperiment(at),
      (error: Error) =>
        error instanceof UserError && /contrasts .*after the comparison began/.test(error.message),
    );
  }
  writeFileSync(file, stored);
});

for (const [args, pattern] of [
  [['--contrast', 'drtp'], /--contrast 'drtp' must have the form a:b/],
  [['--contrast', 'drtp:backprop:shallow'], /must have the form a:b/],
  [
    ['--contrast', 'drtp:backprob'],
    /--contrast: there is no condition 'backprob'; did you mean 'backprop'\?/,
  ],
  [['--equivalence', '-1'], /--equivalence '-1' must be a number above 0/],
] as [string[], RegExp][])
  test(`${args.join(' ')} is one sentence`, async () => {
    const { code, stdout, stderr } = await compare(...args);
    assert.is(code, 1);
    assert.is(stdout, '');
    assert.match(stderr, pattern);
    assert.is(stderr.trim().split('\n').length, 1);
  });

test.run();
