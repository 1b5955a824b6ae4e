import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { rulesTable } from '../../cli/rules-table.ts';
import { findRule, RULES, type RuleDefinition } from '../../rules/index.ts';
import { dendrite } from './dendrite.ts';

const lines = (text: string) => text.split('\n');

test('dendrite rules: every rule with what it assumes, within 114 columns and without colour codes', async () => {
  const { stdout, code } = await dendrite('rules');
  assert.is(code, 0);
  assert.is(stdout, rulesTable(RULES));
  for (const { name } of RULES) assert.match(stdout, new RegExp(`│ ${name} +│`));
  assert.match(
    stdout,
    /│ sign-symmetry +│ signs +│ 2 +│ layerwise +│ until the error +│ presynaptic rate, +│/,
  );
  assert.match(stdout, /│ drtp +│ none +│ 1 +│ none +│ none +│ presynaptic rate, +│/);
  for (const line of lines(stdout).filter((text) => text.startsWith('│'))) assert.is([...line].length, 114);
});

test('rules are in groups of family and network', () => {
  const text = rulesTable(RULES);
  const groups = [...text.matchAll(/^│ ([A-Z][A-Z -]+), ([\w-]+) network /gm)].map(([, family]) => family);
  // A family may have several kinds of networks.
  assert.equal([...new Set(groups)], [...new Set(RULES.map(({ family }) => family!.toUpperCase()))]);
  assert.is(groups.filter((group) => group === 'GRADIENT').length, 2);
  assert.ok(text.indexOf('FEEDBACK ALIGNMENT') < text.indexOf('weight-mirror'));
});

test('a rule of your own without a row in the plausibility table is shown as such', () => {
  const { title, source, summary, network, options, build } = findRule('backprop');
  const own = { name: 'mine', title, source, summary, network, options, build } as RuleDefinition;
  assert.match(rulesTable([own]), /OF YOUR OWN, layered network [\s\S]*│ mine +│ \? +│ \? +│/);
});

test('dendrite rule shows mathematics, notes, what it assumes, recipes and options', async () => {
  const { stdout } = await dendrite('rule', 'pepita');
  assert.match(stdout, /mathematics:\n {2}first pass: +h_0 = x/);
  assert.match(stdout, /notes:\n {2}The presynaptic factor/);
  assert.match(stdout, /feedback pathway +direct/);
  assert.match(
    stdout,
    /--recipe pepita=<name>.*:\n {2}dellaferrera-2022\n {6}Dellaferrera.*\n {6}98\.01 .*\n[\s\S]* {6}initial +he-uniform\n/,
  );
  assert.match(
    stdout,
    /--set pepita\.<option>=<value>:\n {2}feedbackScale = 0\.05 \(a number, 0 or more\)\n/,
  );
});

test.run();
