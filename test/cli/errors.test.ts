import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type CommandResult, dendrite, inThisProcess } from './dendrite.ts';
import { onTiny, writeTinyIdx } from './tiny-idx.ts';

/** What a user can get wrong: each is one sentence on stderr and an exit code, without a stack trace. */
const folder = mkdtempSync(join(tmpdir(), 'dendrite-errors-'));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
/** A comparison that would be short if it did begin. */
const compare = (...args: string[]) => [
  ...['compare', '--out', join(folder, 'runs')],
  ...(args.includes('--epochs') ? [] : ['--epochs', '1']),
  ...(args.includes('--seeds') ? [] : ['--seeds', '1']),
  ...args,
];

const tiny = writeTinyIdx(join(folder, 'tiny'));
/** As `compare`, on a dataset that is there at once. */
const small = (...args: string[]) => {
  const usual = [
    ...['--out', join(folder, 'runs'), '--epochs', '1', '--seeds', '1', '--rules', 'backprop'],
    ...onTiny(tiny),
  ];
  return ['compare', ...usual.filter((_, i) => !args.includes(usual[i - (i % 2)]!)), ...args];
};
const idx = join(folder, 'idx');
mkdirSync(idx);
writeFileSync(join(idx, 'train-images-idx3-ubyte'), Buffer.from([0, 0, 8, 3, 0, 0, 0, 9]));

const DATASET =
  "export const d = { name: 'd', title: 't', source: 's', licence: 'l', train: 1, test: 1, load() {} };";

const MISTAKES: [string, string[], number, RegExp][] = [
  [
    'forward-forward without a hidden layer',
    compare('--rules', 'forward-forward', '--layers', '784,10'),
    1,
    /no hidden layer, but a forward-forward network needs one/,
  ],
  [
    'microcircuits of tanh neurons',
    compare('--rules', 'dendritic-microcircuit', '--activation', 'tanh'),
    1,
    /have sigmoid rates: leave out/,
  ],
  [
    'microcircuits in steps that are too long',
    compare(
      ...['--rules', 'dendritic-microcircuit', '--set', 'dendritic-microcircuit.dynamics=full'],
      ...['--set', 'dendritic-microcircuit.timeStep=2'],
    ),
    1,
    /timeStep=2 makes the potentials .* unstable: choose less than 1\.27 ms/,
  ],
  ['no command', [], 2, /give a command/],
  ['an unknown command', ['compear'], 2, /compare/],
  ['an unknown option', compare('--epoch', '3'), 2, /epoch.*did you mean --epochs\?/],
  ['an option twice', compare('--batch', '10', '--batch', '20'), 2, /--batch is given more than once/],
  [
    'names of baselines',
    small('--baselines=nearest-neighbour', '--dry-run'),
    2,
    /--baselines 'nearest-neighbour' must be true or false; names of baselines go in an experiment file\n$/,
  ],
  [
    'an option that is on or off with another value',
    small('--dry-run=yes'),
    2,
    /--dry-run 'yes' must be true or false; write --dry-run, or leave it out\n$/,
  ],
  ['the same without a hyphen', small('--dryRun='), 2, /--dryRun '' must be true or false/],
  ['a choice that is none', compare('--activation', 'tan'), 2, /activation/],
  ['an unknown rule', compare('--rules', 'bakprop'), 1, /no rule 'bakprop'; did you mean 'backprop'\?/],
  ['a rule twice', compare('--rules', 'backprop,backprop'), 1, /condition backprop is named twice/],
  ['no rules', compare('--rules', ''), 1, /--rules/],
  [
    'an option that the rule lacks',
    compare('--set', 'backprop.x=1'),
    1,
    /'backprop' has no option 'x'.*options are none; the settings are layers, /,
  ],
  ['a setting of another form', compare('--set', 'x=1'), 1, /must have the form rule\.name=value/],
  ['a setting of a rule not compared', compare('--set', 'drtp.x=1'), 1, /'drtp' is not among --rules/],
  ['an unknown dataset', compare('--dataset', 'mnits'), 1, /'mnits'.*did you mean 'mnist'\?/],
  ['a missing folder', compare('--dataset', `idx:${folder}/none`), 1, /none/],
  ['a truncated file', compare('--dataset', `idx:${idx}`), 1, /train-images-idx3-ubyte/],
  [
    'a wrong input size',
    compare('--layers', '785,10'),
    1,
    /first size is 785, but an image of 'mnist' has 784 pixels/,
  ],
  ['a wrong output size', compare('--layers', '784,9'), 1, /last size is 9, but 'mnist' has 10 classes/],
  [
    'a size that is no number',
    compare('--layers', '784,x,10'),
    1,
    /--layers '784,x,10' must be a number.*'x' is none/,
  ],
  ['a size of zero', compare('--layers', '784,0,10'), 1, /layers \(entry 2\): must be at least 1/],
  ['negative epochs', compare('--epochs', '-1'), 1, /epochs: must be at least 1/],
  ['half an epoch', compare('--epochs', '0.5'), 1, /epochs: must be a whole number/],
  ['epochs that are no number', compare('--epochs', 'many'), 1, /--epochs 'many' must be a number/],
  ['a batch larger than the dataset', compare('--batch', '9000'), 1, /batch: 9000 is more than the 8000/],
  ['a rate of zero', compare('--learning-rate', '0'), 1, /learning-rate: must be above 0, but is 0/],
  ['too many rates', compare('--learning-rate', '1,2,3'), 1, /3 learning rates do not fit the 2 connections/],
  ['no seeds', compare('--seeds', '0'), 1, /--seeds '0'/],
  ['a seed twice', compare('--seeds', '1,1'), 1, /seed 1 is named twice/],
  ['an unknown device', compare('--device', 'tpu'), 2, /device/],
  ['options of two devices', compare('--device', 'cpu', '--backend', 'webasm'), 1, /webasm/],
  ['a BLAS that is none', compare('--blas', '/no/such/blas.so'), 1, /\/no\/such\/blas\.so/],
  ['no workers', compare('--jobs', '0'), 1, /--jobs '0' must be a whole number, 1 or more/],
  [
    'an output folder that is a file',
    ['compare', '--epochs', '1', '--seeds', '1', '--out', file('taken', '')],
    1,
    /taken/,
  ],
  ['a plug-in that is missing', compare('--plugin', `${folder}/none.ts`), 1, /none\.ts does not exist/],
  [
    'a plug-in that throws',
    compare('--plugin', file('throws.ts', "throw new Error('out of order');")),
    1,
    /throws\.ts.*out of order/,
  ],
  [
    'a plug-in without a rule',
    compare('--plugin', file('empty.ts', 'export const x = 1;')),
    1,
    /empty\.ts exports no rule/,
  ],
  [
    'a plug-in with half a rule',
    ['check', file('half.ts', "export const r = { name: 'r', title: 't', options: {}, build() {} };")],
    1,
    /lacks the text 'source'/,
  ],
  [
    'a plug-in that takes a name',
    compare('--plugin', file('taken.ts', TAKEN())),
    1,
    /'backprop', which is the name of a built-in/,
  ],
  [
    'a plug-in with a dataset alone, to check',
    ['check', file('data.ts', DATASET)],
    1,
    /data\.ts exports no rule to check/,
  ],
  ['rule without a name', ['rule'], 2, /name|argument/],
  ['rule of an unknown name', ['rule', 'feedbackalignment'], 1, /did you mean 'feedback-alignment'/],

  // Tasks, recipes and what is varied.
  ['an unknown task', small('--task', 'clasify'), 1, /no task 'clasify'; did you mean 'classify'\?/],
  [
    'a probe of nothing',
    small('--task', 'probe'),
    1,
    /needs <population> after its name: write probe:<population>/,
  ],
  ['a probe of a population that is not there', small('--task', 'probe:hidden 2'), 1, /probe:hidden-1/],
  [
    'a recipe of a rule that has none',
    small('--recipe', 'backprop=published'),
    1,
    /'backprop' has no recipe 'published'; it has none/,
  ],
  [
    'an unknown recipe',
    small('--rules', 'equilibrium-propagation', '--recipe', 'equilibrium-propagation=x'),
    1,
    /no recipe 'x'; it has \S+/,
  ],
  ['a recipe of another form', small('--recipe', 'published'), 1, /must have the form rule=name/],
  ['a recipe of a rule not compared', small('--recipe', 'drtp=x'), 1, /'drtp' is not among --rules/],
  [
    'a second recipe',
    small('--rules', 'drtp', '--recipe', 'drtp=a', 'drtp=b'),
    1,
    /'drtp=b'.*has a recipe already/,
  ],
  ['an option set twice', small('--set', 'backprop.batch=5', 'backprop.batch=6'), 1, /batch is set twice/],
  [
    'something to vary of another form',
    small('--vary', 'epochs'),
    1,
    /must have the form rule\.option=a,b,c/,
  ],
  [
    'a setting to vary that is none',
    small('--vary', 'epoch=1|2'),
    1,
    /no setting 'epoch'; did you mean 'epochs'/,
  ],
  ['an option to vary without its rule', small('--vary', 'beta=1|2'), 1, /is written rule\.beta=a,b,c/],
  [
    'a rule to vary that is not compared',
    small('--vary', 'drtp.x=1,2'),
    1,
    /'drtp' is not among --rules backprop/,
  ],
  ['a varied value twice', small('--vary', 'epochs=1|1'), 1, /has the value '1' twice/],
  [
    'a varied value that is empty',
    small('--vary', 'epochs=1|'),
    1,
    /has an empty value; write epochs=a\|b\|c/,
  ],
  ['settings varied by commas', small('--vary', 'epochs=1,2'), 1, /between bars; write 'epochs=1\|2'/],
  ['a varied recipe that is unknown', small('--vary', 'backprop.recipe=a,b'), 1, /has no recipe 'a'/],

  // One name for a setting everywhere.
  [
    'a setting of a rule by half its name',
    small('--set', 'backprop.rate=0.01'),
    1,
    /did you mean 'learningRate'\?/,
  ],
  ['a choice of a rule that is none', small('--set', 'backprop.activation=tan'), 1, /one of linear, .*'tan'/],
  [
    'a batch of a rule that is larger than the dataset',
    small('--set', 'backprop.batch=61'),
    1,
    /batch: 61 is more than the 60/,
  ],

  // Options out of range, before anything starts.
  ...(
    [
      ['segregated-dendrite', 'apicalConductance', '-1', /'apicalConductance'.*0 or more, not '-1'/],
      ['equilibrium-propagation', 'beta', '-1', /'beta'.*above 0, not '-1'/],
      ['segregated-dendrite', 'testTime', '3', /testTime/],
    ] as const
  ).map(([rule, option, value, pattern]): [string, string[], number, RegExp] => [
    `${option} of ${value}`,
    small('--rules', rule, '--set', `${rule}.${option}=${value}`),
    1,
    pattern,
  ]),

  // Negated options.
  [
    'a negated option that has no none',
    small('--no-plugin'),
    2,
    /--no-plugin means nothing; leave --plugin out/,
  ],
  ['negated recipes', small('--no-recipe'), 2, /--no-recipe means nothing/],
  ['negated epochs', small('--no-epochs'), 2, /--no-epochs means nothing/],
  ['negated help', small('--no-help'), 2, /--no-help means nothing/],
  ['a negated option that does not exist', small('--no-such'), 2, /no option or argument 'no-such'/],
  ['diagnostics and none of them', small('--diagnostics', 'angle', '--no-diagnostics'), 2, /more than once/],

  // Texts that say nothing, as an unset variable of the shell does.
  ...['rules', 'dataset', 'task', 'seeds', 'validation', 'jobs', 'diagnostics', 'blas', 'out'].map(
    (option): [string, string[], number, RegExp] => [
      `an empty --${option}`,
      ['compare', `--${option}=`],
      1,
      new RegExp(`--${option} ''`),
    ],
  ),
  ...['set', 'recipe', 'vary', 'plugin'].map((option): [string, string[], number, RegExp] => [
    `an empty --${option}`,
    small(`--${option}=`),
    2,
    new RegExp(`--${option} needs a value`),
  ]),
  ['a plug-in without a name', small('--plugin', ''), 1, /--plugin '' is empty/],

  // Folders.
  ['a folder that cannot be made', small('--out', '/proc/nope'), 1, /\/proc\/nope cannot be made/],
  ['a table of no comparison', ['table', folder], 1, /holds no experiment\.json/],
  ['a table without a folder', ['table'], 2, /an argument is missing/],
  ['a repetition of no run', ['repeat', folder], 1, /config\.json cannot be read/],
];

/** A small comparison with one option in place of what it has. */
const withOption = (option: string, value: string): string[] => {
  const args = small();
  const at = args.indexOf(`--${option}`);
  if (at >= 0) args.splice(at, 2);
  return [...args, `--${option}=${value}`];
};

/** What is no number in decimal notation. */
const NO_NUMBERS = ['', ' ', '0x10', '3abc', 'abc', 'Infinity', 'NaN', '1e999'];
/** Every number that the command line takes, by every way it can be given. */
const NUMERIC: ((value: string) => [args: string[], name: string])[] = [
  ...['epochs', 'examples', 'batch', 'learning-rate', 'momentum', 'weight-decay', 'layers'].map(
    (option) =>
      (value: string): [string[], string] => [withOption(option, value), `--${option}`],
  ),
  ...['seeds', 'jobs', 'validation'].map((option) => (value: string): [string[], string] => [
    ['compare', '--rules', 'backprop', `--${option}=${value}`],
    `--${option}`,
  ]),
  (value) => [['compare', '--rules', 'backprop', `--seeds=1,${value || ' '},2`], '--seeds'],
  (value) => [small('--set', `backprop.momentum=${value}`), 'momentum'],
  (value) => [small('--set', `backprop.weight-decay=${value}`), 'weight-decay'],
  (value) => [
    small('--rules', 'feedback-alignment', '--set', `feedback-alignment.feedbackScale=${value}`),
    'feedbackScale',
  ],
  (value) => [small('--vary', `momentum=0.5|${value}`), 'momentum'],
  (value) => [small('--vary', `backprop.momentum=0.5,${value}`), 'momentum'],
];

function TAKEN(): string {
  const texts =
    "name: 'backprop', title: 't', source: 's', summary: 's', network: layeredNetwork, options: {}";
  return `import { layeredNetwork } from 'dendrite';\nexport const r = { ${texts}, build() { return {}; } };`;
}

const test = suite('errors');
test.after(() => rmSync(folder, { recursive: true }));

function expectSentence(result: CommandResult, code: number, pattern: RegExp): void {
  assert.match(result.stderr, pattern);
  assert.is(result.stderr.trim().split('\n').length, 1, result.stderr);
  assert.ok(result.stderr.startsWith('dendrite: '), result.stderr);
  assert.is(result.stdout, '');
  assert.is(result.code, code);
}

for (const [what, args, code, pattern] of MISTAKES)
  test(`${what} is one sentence and exit code ${code}`, async () => {
    expectSentence(await inThisProcess(args), code, pattern);
  });

for (const value of NO_NUMBERS)
  test(`no number is made of '${value}', by whatever option it comes`, async () => {
    for (const numeric of NUMERIC) {
      const [args, name] = numeric(value);
      const result = await inThisProcess(args);
      expectSentence(result, 1, new RegExp(`${name}\\b`));
      if (value.trim() !== '') assert.ok(result.stderr.includes(`'${value}'`), result.stderr);
    }
  });

test('the process ends with the exit code', async () => {
  expectSentence(await dendrite('compare', '--rules', 'bakprop'), 1, /did you mean 'backprop'/);
  expectSentence(await dendrite('compear'), 2, /did you mean 'compare'/);
});

test.run();
