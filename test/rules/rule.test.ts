import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UserError } from '../../kernels/index.ts';
import { type LayeredNetwork, layeredNetwork, type NetworkKind } from '../../networks/index.ts';
import {
  defineRule,
  describeRecipe,
  findRule,
  RULES,
  type RuleContext,
  type RuleDefinition,
  resolveOptions,
} from '../../rules/index.ts';

const good = {
  name: 'my-rule',
  title: 'My rule',
  source: 'nowhere',
  summary: 'Does nothing.',
  network: layeredNetwork,
  options: {
    scale: { default: 0.5, description: 'A number.' },
    mode: { default: 'a', description: 'A text.', choices: ['a', 'b'] },
    on: { default: false, description: 'A switch.' },
  },
  build: () => ({ learn: () => ({ output: null as never, directions: [] }) }),
};

const recipe = { name: 'nobody-1999', source: 'nowhere', settings: () => ({ batch: 7 }) };

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
  const told = { ...good, family: 'mine', equations: 'ΔW = 0', plausibility, recipes: [recipe] };
  assert.is(defineRule(told) as unknown, told);
});

const FAULTS: [string, object, RegExp][] = [
  ['no name', { ...good, name: '' }, /lacks the text 'name'/],
  ['no source', { ...good, source: undefined }, /'my-rule' lacks the text 'source'/],
  ['a name in capitals', { ...good, name: 'MyRule' }, /needs a name in lower-case/],
  ['no kind of network', { ...good, network: 'layered' }, /lacks 'network', the kind of network/],
  ['no build', { ...good, build: 3 }, /lacks the function 'build'/],
  ['no options', { ...good, options: undefined }, /lacks the table 'options'/],
  ['an option without description', { ...good, options: { x: { default: 1 } } }, /option 'x' without/],
  [
    'a default out of range',
    { ...good, options: { x: { default: -1, min: 0, description: 'd' } } },
    /option 'x' whose default is not a number, 0 or more/,
  ],
  [
    'a default that is no choice',
    { ...good, options: { x: { default: 'c', choices: ['a', 'b'], description: 'd' } } },
    /option 'x' whose default is not one of a, b/,
  ],
  [
    'choices that are no list',
    { ...good, options: { x: { default: 'a', choices: 'a', description: 'd' } } },
    /option 'x' whose choices are not a list/,
  ],
  ['recipes that are no list', { ...good, recipes: recipe }, /has 'recipes', but not as a list/],
  ['an empty list of recipes', { ...good, recipes: [] }, /has 'recipes', but not as a list/],
  ['a recipe that is null', { ...good, recipes: [null] }, /recipe \(number 1\) without a name/],
  [
    'a recipe without a name',
    { ...good, recipes: [recipe, { ...recipe, name: undefined }] },
    /recipe \(number 2\) without a name/,
  ],
  [
    'a recipe whose name has a space',
    { ...good, recipes: [{ ...recipe, name: 'nobody 1999' }] },
    /without a name in lower-case letters/,
  ],
  [
    'a recipe without a source',
    { ...good, recipes: [{ ...recipe, source: '' }] },
    /recipe 'nobody-1999' without a source/,
  ],
  [
    'a figure that is no text',
    { ...good, recipes: [{ ...recipe, figure: 1.6 }] },
    /recipe 'nobody-1999' with a figure that is not a text/,
  ],
  [
    'a recipe without settings',
    { ...good, recipes: [{ ...recipe, settings: {} }] },
    /recipe 'nobody-1999' without the function 'settings'/,
  ],
  ['two recipes of one name', { ...good, recipes: [recipe, recipe] }, /two recipes named 'nobody-1999'/],
  ['equations that are no text', { ...good, equations: 3 }, /has 'equations', but not as a text/],
  [
    'an unknown kind of weight transport',
    { ...good, plausibility: { ...plausibility, weightTransport: 'magic' } },
    /assumes weightTransport 'magic', but it must be one of exact, signs, learned, none/,
  ],
  [
    'a plausibility row without phases',
    { ...good, plausibility: { ...plausibility, phases: [] } },
    /lacks the list 'phases'/,
  ],
  [
    'a plausibility row without stored activity',
    { ...good, plausibility: { ...plausibility, storedActivity: undefined } },
    /lacks the text 'storedActivity'/,
  ],
  [
    'a synapse that sees what none can',
    { ...good, plausibility: { ...plausibility, locality: ['presynaptic rate', 'the future'] } },
    /assumes that a synapse sees 'the future', but it can see presynaptic rate, /,
  ],
];
for (const [what, definition, pattern] of FAULTS)
  test(`refuses ${what}`, () => refused(() => defineRule(definition as RuleDefinition), pattern));

test('a mistyped rule gets a guess', () => {
  refused(() => findRule('bakprop'), /no rule 'bakprop'; did you mean 'backprop'\?/);
  refused(() => findRule('zzz'), /no rule 'zzz' \(the rules are backprop, /);
  assert.is(findRule('my-rule', [good]) as unknown, good);
});

test('every built-in rule is well defined and has a name of its own', () => {
  for (const rule of RULES) defineRule(rule);
  assert.is(new Set(RULES.map(({ name }) => name)).size, RULES.length);
});

test('every built-in rule has a family, equations and a row in the plausibility table', () => {
  for (const { name, family, equations, plausibility } of RULES)
    assert.ok(family && equations && plausibility, `${name} lacks one of them`);
});

test('built-in rules stand together by family: gradient first, the control last', () => {
  const families = RULES.map(({ family }) => family!);
  const runs = families.filter((family, i) => family !== families[i - 1]);
  assert.is(new Set(families).size, runs.length);
  assert.is(RULES[0]!.name, 'backprop');
  assert.is(families.at(-1), 'control');
});

test('built-in recipes set options that their rules accept', () => {
  for (const rule of RULES)
    for (const { settings } of rule.recipes ?? [])
      resolveOptions(rule, settings([784, 500, 10]).options ?? {});
});

test('the default recipe of a rule goes with any depth', () => {
  for (const { recipes = [] } of RULES)
    for (const layers of [
      [784, 10],
      [784, 500, 500, 10],
      [784, 500, 500, 500, 10],
    ])
      recipes[0]?.settings(layers);
});

test('a recipe is shown with the options of the rule last', () => {
  const settings = () => ({ options: { scale: 2 }, learningRate: [0.1, 0.2], batch: 7 });
  assert.equal(describeRecipe({ ...recipe, settings }, [5, 3]), [
    ['learningRate', '0.1,0.2'],
    ['batch', '7'],
    ['scale', '2'],
  ]);
});

test('types: options follow from the table, the network from the kind', () => {
  const special: NetworkKind<LayeredNetwork & { readonly extra: 7 }, { size: number }> = {
    name: 'special',
    description: 'd',
    build: () => null as never,
  };
  const options = {
    size: { default: 1, description: 'd' },
    mode: { default: 'a', choices: ['a', 'b'], description: 'd' },
  } as const;
  const common = { name: 'typed', title: 't', source: 's', summary: 's', options } as const;
  const nothing = { learn: () => ({ output: null as never, directions: [] }) };
  defineRule({
    ...common,
    network: layeredNetwork,
    build({ network, options: { size, mode } }) {
      const [number, choice]: [number, 'a' | 'b'] = [size, mode];
      network.forward(null as never);
      // @ts-expect-error a layered network has no such part
      void network.extra;
      // @ts-expect-error not among the choices
      void (choice === 'c');
      void number;
      return nothing;
    },
  });
  defineRule({
    ...common,
    network: special,
    networkParameters: ({ size }) => ({ size }),
    build({ network }) {
      const seven: 7 = network.extra;
      void seven;
      return nothing;
    },
  });
  defineRule({
    ...common,
    network: special,
    // @ts-expect-error not what the kind has to know
    networkParameters: ({ size }) => ({ width: size }),
    build: () => nothing,
  });
  defineRule({
    ...common,
    network: layeredNetwork,
    build(context) {
      const narrow: RuleContext<typeof options> = context;
      // @ts-expect-error there is no such option
      void narrow.options.width;
      return nothing;
    },
  });
});

test.run();
