import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UserError } from '../../kernels/index.ts';
import { describeValues, type OptionDefinition, RULES, resolveOptions } from '../../rules/index.ts';

const owner = {
  name: 'my-rule',
  options: {
    scale: { default: 0.5, description: 'A number.' },
    steps: { default: 3, integer: true, min: 1, max: 9, description: 'A count.' },
    noise: { default: 0.1, above: 0, description: 'A width.' },
    share: { default: 0.1, above: 0, max: 1, description: 'A fraction.' },
    least: { default: 0, min: -1, description: 'A number.' },
    most: { default: 0, max: 1, description: 'A number.' },
    mode: { default: 'a', choices: ['a', 'b'], description: 'A text.' },
    label: { default: '', description: 'Any text.' },
    on: { default: false, description: 'A switch.' },
  },
} as const;

const DEFAULTS = Object.fromEntries(
  Object.entries(owner.options).map(([name, option]) => [name, option.default]),
);

/** @param sentence all of the message */
const refused = (given: Record<string, unknown>, sentence: string) =>
  assert.throws(
    () => resolveOptions(owner, given),
    (error: Error) => {
      assert.instance(error, UserError);
      assert.is(error.message, sentence);
      return true;
    },
  );

test('defaults fill in what is not given', () => {
  assert.equal(resolveOptions(owner, {}), DEFAULTS);
});

test('texts become values of the type of the default', () => {
  const given = { scale: '-1.5e-2', steps: '9', noise: '.5', mode: 'b', label: '7', on: 'true' };
  assert.equal(resolveOptions(owner, given), {
    ...DEFAULTS,
    scale: -0.015,
    steps: 9,
    noise: 0.5,
    mode: 'b',
    label: '7',
    on: true,
  });
  assert.is(resolveOptions(owner, { on: 'false' }).on, false);
});

test('values of the right type are taken as they are', () => {
  const given = { scale: -2, steps: 1, mode: 'b', label: 'x', on: true };
  assert.equal(resolveOptions(owner, given), { ...DEFAULTS, ...given });
});

const NO_NUMBERS = [
  '',
  ' ',
  '\t',
  '0x10',
  '0b1',
  '1,5',
  '5 ms',
  '1e',
  'e5',
  '.',
  '1_000',
  'NaN',
  'Infinity',
  '1e400',
  'abc',
];
for (const text of NO_NUMBERS)
  test(`'${text}' is no number for any numeric option`, () => {
    for (const [name, option] of Object.entries(owner.options))
      if (typeof option.default === 'number')
        refused(
          { [name]: text },
          `the option '${name}' of the rule 'my-rule' must be ${describeValues(option)}, not '${text}'`,
        );
  });

test('every numeric option of every built-in rule refuses such texts', () => {
  for (const rule of RULES)
    for (const [name, { default: value }] of Object.entries(rule.options))
      if (typeof value === 'number')
        for (const text of NO_NUMBERS)
          assert.throws(
            () => resolveOptions(rule, { [name]: text }),
            (error: Error) =>
              error instanceof UserError &&
              error.message.includes(`the option '${name}' of the rule '${rule.name}' must be `) &&
              error.message.endsWith(`, not '${text}'`),
            `${rule.name}.${name}=${text}`,
          );
});

test('values of the wrong type are refused', () => {
  const sentence = (name: string, wanted: string, value: string) =>
    `the option '${name}' of the rule 'my-rule' must be ${wanted}, not '${value}'`;
  refused({ scale: true }, sentence('scale', 'a number', 'true'));
  refused({ scale: Number.NaN }, sentence('scale', 'a number', 'NaN'));
  refused({ scale: Number.POSITIVE_INFINITY }, sentence('scale', 'a number', 'Infinity'));
  refused({ scale: null }, sentence('scale', 'a number', 'null'));
  refused({ label: 7 }, sentence('label', 'a text', '7'));
  refused({ on: 1 }, sentence('on', 'true or false', '1'));
  for (const text of ['', 'maybe', 'TRUE', '1']) refused({ on: text }, sentence('on', 'true or false', text));
});

/** Of each option what is just inside its bounds and just outside. */
const BOUNDS: [name: keyof typeof owner.options, words: string, inside: number[], outside: number[]][] = [
  ['steps', 'a whole number from 1 to 9', [1, 9], [0, 10, 2.5]],
  ['noise', 'a number above 0', [1e-9, 1e9], [0, -1]],
  ['share', 'a number above 0 and at most 1', [1e-9, 1], [0, 1.001]],
  ['least', 'a number, -1 or more', [-1, 1e9], [-1.001]],
  ['most', 'a number, 1 or less', [1, -1e9], [1.001]],
];
for (const [name, words, inside, outside] of BOUNDS)
  test(`bounds: ${name} is ${words}`, () => {
    assert.is(describeValues(owner.options[name]), words);
    for (const value of inside)
      for (const given of [value, String(value)])
        assert.is(resolveOptions(owner, { [name]: given })[name], value);
    for (const value of outside)
      for (const given of [value, String(value)])
        refused(
          { [name]: given },
          `the option '${name}' of the rule 'my-rule' must be ${words}, not '${value}'`,
        );
  });

test('choices: others are refused, with the list', () => {
  for (const value of ['c', '', 'A', 3])
    refused({ mode: value }, `the option 'mode' of the rule 'my-rule' must be one of a, b, not '${value}'`);
});

test('unknown options: a guess where one is near, else the list', () => {
  refused({ scael: 1 }, "the rule 'my-rule' has no option 'scael'; did you mean 'scale'?");
  refused(
    { temperature: 1 },
    "the rule 'my-rule' has no option 'temperature'; it has scale, steps, noise, share, least, most, mode, label, on",
  );
  // Not an option, though every object has a property of that name.
  refused(
    { constructor: 1 },
    "the rule 'my-rule' has no option 'constructor'; it has scale, steps, noise, share, least, most, mode, label, on",
  );
  assert.throws(
    () => resolveOptions({ name: 'bare', options: {} }, { x: 1 }),
    (error: Error) => error.message === "the rule 'bare' has no option 'x'; it has none",
  );
});

test('the values of an option in words', () => {
  const words = (option: Partial<OptionDefinition>) =>
    describeValues({ default: 1, description: 'd', ...option });
  assert.is(words({}), 'a number');
  assert.is(words({ integer: true }), 'a whole number');
  assert.is(words({ integer: true, min: 0 }), 'a whole number, 0 or more');
  assert.is(words({ default: true }), 'true or false');
  assert.is(words({ default: 'x' }), 'a text');
  assert.is(words({ default: 'x', choices: ['x', 'y'] }), 'one of x, y');
});

test.run();
