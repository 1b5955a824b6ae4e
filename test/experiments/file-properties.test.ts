import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parse, stringify } from 'yaml';
import { toSentence } from '../../experiments/experiment-file.ts';
import {
  type ExperimentInput,
  expandExperiment,
  readExperimentFile,
  resolveExperiment,
} from '../../experiments/index.ts';
import { ExperimentMistake } from '../../experiments/mistake.ts';
import { UserError } from '../../kernels/index.ts';

/** Experiment files that are nearly right: each is read, or it is one sentence with file and line. */
const test = suite('experiment files');
const folder = mkdtempSync(join(tmpdir(), 'dendrite-files-'));
test.after(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'experiment.yaml');

const WHOLE = `# Two rules in two widths
title: "Two rules"
rules:
  - backprop
  - rule: equilibrium-propagation
    id: settling
    recipe: [scellier-2017, ernoult-2019]
    options: { beta: [0.1, 0.5], persistent: true }
    settings:
      epochs: 2
dataset: &data [mnist, 'idx:some/folder']
seeds: [1, 2]
settings:
  layers: [[784, 5, 10], [784, 4, 10]]
  batch: 10
  learningRate: [[0.2, 0.1]]
overrides:
  - where: { rule: backprop, layers: [784, 5, 10] }
    set: { momentum: 0.5 }
  - where: { recipe: ernoult-2019, dataset: *data }
    set: { persistent: false, learningRate: [[0.3, 0.2]] }
diagnostics: [angle, activity]
validation: 10
task: "probe:hidden 1"
`;

/** All of an experiment that can be checked without its datasets and the device, as 'dendrite run' does it. */
async function inputsOf(text: string, overrides: readonly string[] = []): Promise<ExperimentInput[]> {
  writeFileSync(file, text);
  const { definition, locate } = await readExperimentFile(file, overrides);
  try {
    return expandExperiment(definition).map((part) => {
      try {
        resolveExperiment(part.input);
      } catch (error) {
        throw error instanceof ExperimentMistake
          ? new ExperimentMistake(part.locate(error.place), error.message)
          : error;
      }
      return part.input;
    });
  } catch (error) {
    throw toSentence(locate, error);
  }
}

/** Null if nothing is wrong; otherwise the sentence, which has to name the file and a line of it, or the override. */
async function mistakeIn(text: string, overrides: readonly string[] = []): Promise<string | null> {
  try {
    await inputsOf(text, overrides);
    return null;
  } catch (error) {
    assert.instance(error, UserError, (error as Error).stack);
    const { message } = error as Error;
    assert.match(message, /^[^\n]+$/);
    if (message.startsWith('--override ')) {
      assert.ok(overrides.length > 0, message);
      return message;
    }
    assert.ok(message.startsWith(`${file}`), message);
    const [, line, what] = /^:(\d+): (.+)$/.exec(message.slice(file.length)) ?? [];
    // What is found after the whole file was read has no line of its own.
    if (line === undefined) assert.match(message.slice(file.length), /^: [^:]+; correct the YAML$/);
    else assert.ok(Number(line) >= 1 && Number(line) <= text.split('\n').length, message);
    assert.ok(line === undefined || what!.length > 10, message);
    return message;
  }
}

test('what the mistakes are made in is right', async () => {
  assert.is(await mistakeIn(WHOLE), null);
  assert.is((await inputsOf(WHOLE)).length, 2);
});

const TOKENS = [
  '[',
  ']',
  '{',
  '}',
  ': ',
  '- ',
  '\n',
  '  ',
  '\t',
  ',',
  '#',
  '&a ',
  '*a',
  '*data',
  '!!int ',
  '"',
  "'",
  '|',
  '>',
  '---\n',
  '%',
]
  .concat([
    'null',
    '0',
    '-1',
    '1e999',
    '.nan',
    '.inf',
    '0x10',
    'true',
    '~',
    '2026-01-31',
    'rules',
    'layers',
    'where',
    'set',
  ])
  .concat([
    'drtp',
    'backprop',
    'beta',
    '<<: ',
    '? ',
    '\u0000',
    '\u2028',
    '\ud83e\udde0',
    '__proto__: ',
    'constructor: ',
  ]);

test('a file with any characters out of place is read, or it is one sentence with its place', async () => {
  const edit = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    removed: fc.oneof({ weight: 3, arbitrary: fc.nat(4) }, { weight: 1, arbitrary: fc.nat(200) }),
    inserted: fc.oneof(fc.constantFrom('', ...TOKENS), fc.string({ maxLength: 4 })),
  });
  let wrong = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), async (edits) => {
      const text = edits.reduce((whole, { at, removed, inserted }) => {
        const start = Math.floor(at * whole.length);
        return whole.slice(0, start) + inserted + whole.slice(start + removed);
      }, WHOLE);
      if ((await mistakeIn(text)) !== null) wrong++;
    }),
    { numRuns: 80 },
  );
  assert.ok(wrong > 40, String(wrong));
});

test('a character that breaks lines is spelled out where a mistake quotes it', async () => {
  assert.match(
    String(await mistakeIn(`\u2028settings: {}\nrules: [backprop]\n`)),
    /no key '\\u2028settings'/,
  );
});

/** Ways to any part of a value. */
function placesIn(value: unknown, place: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [place];
  return [place, ...Object.entries(value).flatMap(([key, part]) => placesIn(part, [...place, key]))];
}

type Change = {
  readonly kind: 'replace' | 'remove' | 'rename' | 'add' | 'twice';
  readonly value: unknown;
  readonly key: string;
};

/** A copy with another part. */
function changed(value: unknown, [key, ...rest]: readonly string[], change: Change): unknown {
  if (key === undefined) return change.kind === 'twice' ? [value, value] : change.value;
  const isLast = rest.length === 0;
  if (Array.isArray(value)) {
    const at = Number(key);
    if (isLast && change.kind === 'remove') return value.toSpliced(at, 1);
    if (isLast && change.kind === 'add') return value.toSpliced(at, 0, change.value);
    return value.with(at, changed(value[at], rest, change));
  }
  const entries = Object.entries(value as object).flatMap(([name, part]) => {
    if (name !== key) return [[name, part]];
    if (isLast && change.kind === 'remove') return [];
    if (isLast && change.kind === 'rename') return [[change.key, part]];
    if (isLast && change.kind === 'add')
      return [
        [name, part],
        [change.key, change.value],
      ];
    return [[name, changed(part, rest, change)]];
  });
  return Object.fromEntries(entries);
}

const anyChange: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom('replace', 'remove', 'rename', 'add', 'twice'),
  value: fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(
      null,
      0,
      -1,
      1.5,
      1e9,
      '',
      'drtp',
      'classify',
      [],
      {},
      [[]],
      [0.1, 0.1],
      true,
      '784,5,10',
      'no',
    ),
  ),
  key: fc.constantFrom(
    'rule',
    'rules',
    'setings',
    'where',
    'set',
    'layers',
    'epochs',
    'beta',
    'gain',
    '0',
    '',
    'x y',
    '__proto__',
    'toString',
  ),
});

test('a file with anything in any place is read, or it is one sentence with its place', async () => {
  const whole = parse(WHOLE);
  const places = placesIn(whole).filter((place) => place.length > 0);
  let [right, wrong] = [0, 0];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...places), anyChange, async (place, change) => {
      const text = stringify(changed(whole, place, change), { aliasDuplicateObjects: false });
      if ((await mistakeIn(text)) === null) right++;
      else wrong++;
    }),
    { numRuns: 130 },
  );
  assert.ok(right > 10 && wrong > 40, `${right} ${wrong}`);
});

test('a file with any override is read, or it is one sentence that names file or override', async () => {
  const key = fc.oneof(
    fc.constantFrom(...placesIn(parse(WHOLE)).map((place) => place.join('.'))),
    fc.string({ maxLength: 6 }),
    fc.constantFrom(
      'rules.backprop',
      'rules.settling.options.beta',
      'settings.x',
      'seeds.0',
      'rules[1].id',
      '__proto__.x',
    ),
  );
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }).map((json) => JSON.stringify(json)),
    fc.string({ maxLength: 8 }),
    fc.constantFrom('1', '[1, 2]', 'a\nb: c', '{', '*a', '&a [*a]', '"\n"'),
  );
  const override = fc.oneof(
    { weight: 9, arbitrary: fc.tuple(key, value).map(([name, text]) => `${name}=${text}`) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(override, { minLength: 1, maxLength: 2 }),
      fc.constantFrom(WHOLE, WHOLE, WHOLE, '', '5', '[1]', 'text'),
      async (overrides, text) => void (await mistakeIn(text, overrides)),
    ),
    { numRuns: 90 },
  );
});

test('a grid that no memory would hold is one sentence', async () => {
  const values = Array.from({ length: 400 }, (_, i) => i + 1);
  const text = `rules:\n  - backprop\n  - drtp\nsettings: ${JSON.stringify({ epochs: values, batch: values, layers: [784, 5, 10] })}\n`;
  assert.match((await mistakeIn(text))!, /experiment\.yaml:2: rules\[0\]: its values form 160000 conditions/);
});

test.run();
