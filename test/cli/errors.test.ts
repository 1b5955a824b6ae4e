import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { run } from '../../cli/run.ts';
import { type CommandResult, dendrite } from './dendrite.ts';

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

const idx = join(folder, 'idx');
mkdirSync(idx);
writeFileSync(join(idx, 'train-images-idx3-ubyte'), Buffer.from([0, 0, 8, 3, 0, 0, 0, 9]));

const MISTAKES: [string, string[], number, RegExp][] = [
  ['no command', [], 2, /give a command/],
  ['an unknown command', ['compear'], 2, /compare/],
  ['an unknown option', compare('--epoch', '3'), 2, /epoch.*did you mean --epochs\?/],
  ['an option twice', compare('--batch', '10', '--batch', '20'), 2, /--batch is given more than once/],
  ['a choice that is none', compare('--activation', 'tan'), 2, /activation/],
  ['an unknown rule', compare('--rules', 'bakprop'), 1, /no rule 'bakprop'; did you mean 'backprop'\?/],
  ['a rule twice', compare('--rules', 'backprop,backprop'), 1, /rule backprop is named twice/],
  ['no rules', compare('--rules', ''), 1, /--rules/],
  ['an option that the rule lacks', compare('--set', 'backprop.x=1'), 1, /'backprop' has no option 'x'/],
  ['a setting of another form', compare('--set', 'x=1'), 1, /must have the form rule\.option=value/],
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
    /--layers '784,x,10': 'x' is not a number/,
  ],
  ['a size of zero', compare('--layers', '784,0,10'), 1, /layers \(entry 2\): must be at least 1/],
  ['negative epochs', compare('--epochs', '-1'), 1, /epochs: must be at least 1/],
  ['half an epoch', compare('--epochs', '0.5'), 1, /epochs: must be a whole number/],
  ['epochs that are no number', compare('--epochs', 'many'), 1, /epochs/],
  ['a batch larger than the dataset', compare('--batch', '9000'), 1, /batch: 9000 is more than the 8000/],
  ['a rate of zero', compare('--rate', '0'), 1, /rates \(entry 1\): must be above 0/],
  ['too many rates', compare('--rate', '1,2,3'), 1, /3 learning rates do not fit the 2 connections/],
  ['no seeds', compare('--seeds', '0'), 1, /--seeds '0'/],
  ['a seed twice', compare('--seeds', '1,1'), 1, /seed 1 is named twice/],
  ['an unknown device', compare('--device', 'tpu'), 2, /device/],
  ['options of two devices', compare('--device', 'cpu', '--backend', 'webasm'), 1, /webasm/],
  ['a BLAS that is none', compare('--blas', '/no/such/blas.so'), 1, /\/no\/such\/blas\.so/],
  ['no workers', compare('--jobs', '0'), 1, /--jobs 0 must be a whole number above 0/],
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
  ['a plug-in that is no program', compare('--plugin', file('broken.ts', 'const = 3')), 1, /broken\.ts/],
  [
    'a plug-in without a rule',
    compare('--plugin', file('empty.ts', 'export const x = 1;')),
    1,
    /empty\.ts exports no rule/,
  ],
  [
    'a plug-in with half a rule',
    ['check', file('half.ts', "export const r = { name: 'r', build() {} };")],
    1,
    /lacks the text 'title'/,
  ],
  [
    'a plug-in that takes a name',
    compare('--plugin', file('taken.ts', TAKEN())),
    1,
    /'backprop', which is the name of a built-in/,
  ],
  ['rule without a name', ['rule'], 2, /name|argument/],
  ['rule of an unknown name', ['rule', 'feedbackalignment'], 1, /did you mean 'feedback-alignment'/],
];

function TAKEN(): string {
  const texts = "name: 'backprop', title: 't', source: 's', summary: 's', network: 'layered', options: {}";
  return `export const r = { ${texts}, build() { return {}; } };`;
}

const test = suite('errors');
test.after(() => rmSync(folder, { recursive: true }));

/** The command line without a process of its own, which would take a second each. */
async function inThisProcess(args: readonly string[]): Promise<CommandResult> {
  const result: CommandResult = { code: null, stdout: '', stderr: '' };
  const streams = ['stdout', 'stderr'] as const;
  const writers = streams.map((name) => process[name].write);
  for (const name of streams)
    process[name].write = (text: string | Uint8Array) => {
      result[name] += text;
      return true;
    };
  try {
    result.code = await run(args);
  } finally {
    for (const [i, name] of streams.entries()) process[name].write = writers[i]!;
  }
  return result;
}

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

test('the process ends with the exit code', async () => {
  expectSentence(await dendrite('compare', '--rules', 'bakprop'), 1, /did you mean 'backprop'/);
  expectSentence(await dendrite('compear'), 2, /did you mean 'compare'/);
});

test.run();
