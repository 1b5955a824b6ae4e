import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UserError } from '../../kernels/index.ts';
import { defineRule, findRule, RULES, type RuleDefinition, resolveOptions } from '../../rules/index.ts';

const good = {
  name: 'my-rule',
  title: 'My rule',
  source: 'nowhere',
  summary: 'Does nothing.',
  network: 'layered' as const,
  options: {
    scale: { default: 0.5, description: 'A number.' },
    mode: { default: 'a', description: 'A text.', choices: ['a', 'b'] },
    on: { default: false, description: 'A switch.' },
  },
  build: () => ({ learn: () => ({ output: null as never, directions: [] }) }),
};

const plausibility = {
  weightTransport: 'none',
  phases: ['forward pass'],
  feedbackPathway: 'none',
  storedActivity: 'none',
  locality: ['presynaptic rate'],
} as const;

const refused = (act: () => unknown, pattern: RegExp) =>
  assert.throws(act, (error: Error) => error instanceof UserError && pattern.test(error.message));

test('a whole definition is accepted as it is', () => {
  assert.is(defineRule(good) as unknown, good);
  const told = { ...good, family: 'mine', equations: 'ΔW = 0', plausibility };
  assert.is(defineRule(told) as unknown, told);
});

const FAULTS: [string, object, RegExp][] = [
  ['no name', { ...good, name: '' }, /lacks the text 'name'/],
  ['no source', { ...good, source: undefined }, /'my-rule' lacks the text 'source'/],
  ['a name in capitals', { ...good, name: 'MyRule' }, /needs a name in lower-case/],
  ['an unknown network', { ...good, network: 'recurrent' }, /trains 'recurrent'/],
  ['no build', { ...good, build: 3 }, /lacks the function 'build'/],
  ['no options', { ...good, options: undefined }, /lacks the table 'options'/],
  ['an option without description', { ...good, options: { x: { default: 1 } } }, /option 'x' without/],
  ['equations that are no text', { ...good, equations: 3 }, /has 'equations', but not as a text/],
  [
    'an unknown kind of weight transport',
    { ...good, plausibility: { ...plausibility, weightTransport: 'magic' } },
    /plausibility weightTransport 'magic', but it must be one of exact, signs, learned, none/,
  ],
  [
    'a ledger without phases',
    { ...good, plausibility: { ...plausibility, phases: [] } },
    /lacks the list 'phases'/,
  ],
  [
    'a ledger without stored activity',
    { ...good, plausibility: { ...plausibility, storedActivity: undefined } },
    /lacks the text 'storedActivity'/,
  ],
  [
    'a synapse that sees what none can',
    { ...good, plausibility: { ...plausibility, locality: ['presynaptic rate', 'the future'] } },
    /plausibility that a synapse sees 'the future', but it can see presynaptic rate, /,
  ],
];
for (const [what, definition, pattern] of FAULTS)
  test(`refuses ${what}`, () => refused(() => defineRule(definition as RuleDefinition), pattern));

test('options: defaults, and texts from the command line by the type of the default', () => {
  assert.equal(resolveOptions(good, {}), { scale: 0.5, mode: 'a', on: false });
  assert.equal(resolveOptions(good, { scale: '1e-2', mode: 'b', on: 'true' }), {
    scale: 0.01,
    mode: 'b',
    on: true,
  });
});

test('options: wrong ones are refused in one sentence', () => {
  refused(() => resolveOptions(good, { scael: 1 }), /has no option 'scael'; it has scale, mode, on/);
  refused(
    () => resolveOptions(good, { scale: 'big' }),
    /option 'scale' of the rule 'my-rule' must be a number, not 'big'/,
  );
  refused(() => resolveOptions(good, { scale: '' }), /must be a number/);
  refused(() => resolveOptions(good, { mode: 'c' }), /must be one of a, b, not 'c'/);
  refused(() => resolveOptions(good, { on: 'maybe' }), /must be true or false/);
});

test('a mistyped rule gets a guess', () => {
  refused(() => findRule('bakprop'), /no rule 'bakprop'; did you mean 'backprop'\?/);
  refused(() => findRule('zzz'), /no rule 'zzz' \(the rules are backprop, /);
  assert.is(findRule('my-rule', [good]) as unknown, good);
});

test('every built-in rule is well defined and has a name of its own', () => {
  for (const rule of RULES) defineRule(rule);
  assert.is(new Set(RULES.map(({ name }) => name)).size, RULES.length);
});

test('every built-in rule has a family, equations and a line in the ledger', () => {
  for (const { name, family, equations, plausibility } of RULES)
    assert.ok(family && equations && plausibility, `${name} lacks one of them`);
});

test.run();
