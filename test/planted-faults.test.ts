import { existsSync, readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Fault } from './faults/fault.ts';
import { replaceSyntax } from './faults/syntax/replace.ts';
import { listFaults, plant, testFiles } from './planted-faults.ts';

const root = new URL('../', import.meta.url);
const faults = await listFaults();

test('every planted fault fits one place of the source of today, and its tests exist', () => {
  for (const fault of faults) {
    const source = readFileSync(new URL(fault.file, root), 'utf8');
    assert.is.not(plant(source, fault), source, fault.what);
    assert.ok(fault.tests.length > 0, fault.what);
    for (const file of testFiles(fault)) assert.ok(existsSync(new URL(file, root)), file);
  }
});

test('no two faults of a rule have one name', () => {
  const names = faults.map(({ rule, what }) => `${rule}: ${what}`);
  assert.equal(
    names.filter((name, i) => names.indexOf(name) < i),
    [],
  );
});

const SOURCE = `
import { sigmoid, type Tensor } from 'kernels';
export function learn(k: Kernels, { input, target }: Minibatch): Output {
  const activity = network.forward(input);
  const error = k.map((y, t) => y - t, activity.at(-1)!.rate, target);
  return { output: activity, scale: 1 / target.rows, biases: false };
}`;
const CALL = 'k.map((y, t) => y - t, activity.at(-1)!.rate, target)';
const FIND = 'k.map((y, t) => y - t, activity.at(-1).rate, target)';
const REPLACE = 'k.map((y, t) => t - y, target, activity.at(-1)!.rate)';

test('the place is replaced and nothing else changes', () => {
  assert.is(replaceSyntax(SOURCE, FIND, REPLACE), SOURCE.replace(CALL, REPLACE));
});

/** The source as somebody may write it tomorrow; the fault is planted in the words of the source. */
const rewritten: [what: string, [from: string | RegExp, to: string][], planted: string][] = [
  [
    'line breaks, comments and trailing commas',
    [['(y, t) => y - t, activity', '\n  // the error\n  (y, t) => /* y - t */\n    y - t,\n  activity']],
    REPLACE,
  ],
  [
    'braces and types',
    [['(y, t) => y - t', '(y: number, t: number): number => { return (y) - t; }']],
    REPLACE,
  ],
  ['names of parameters', [['(y, t) => y - t', '(given, wanted) => given - wanted']], REPLACE],
  [
    'names of local variables',
    [
      [/\bactivity\b/g, 'rates'],
      [/\btarget\b/g, 'wanted'],
      [/\bk\b/g, 'kernels'],
    ],
    'kernels.map((y, t) => t - y, wanted, rates.at(-1)!.rate)',
  ],
];
for (const [what, edits, planted] of rewritten)
  test(`a pattern survives other ${what}`, () => {
    const edit = (text: string) => edits.reduce((edited, [from, to]) => edited.replace(from, to), text);
    const [before, after] = SOURCE.split(CALL).map(edit);
    assert.is.not(edit(CALL), CALL);
    assert.is(replaceSyntax(before + edit(CALL) + after, FIND, REPLACE), before + planted + after);
  });

test('names and holes of a pattern go into properties of their own name too', () => {
  const source = 'function f(a) { const n = 1; return { a, size: n, rest: [a, n] }; }';
  assert.is(
    replaceSyntax(source, 'return { a, size, rest: $rest };', 'return { size, rest: $rest };'),
    'function f(a) { const n = 1; return { size: n, rest: [a, n] }; }',
  );
  assert.is(
    replaceSyntax(source, '{ $$before, rest: $call }', '{ $$before, rest: -$call }'),
    'function f(a) { const n = 1; return { a, size: n, rest: -[a, n] }; }',
  );
});

test('what a hole holds and what is planted stay whole beside other operators', () => {
  const source = 'const f = (a, b, c) => c - (a + b) * 2;';
  assert.is(replaceSyntax(source, '$sum * 2', '$sum - 2'), 'const f = (a, b, c) => c - ((a + b) - 2);');
  assert.is(
    replaceSyntax('const g = (a, b) => a * f(b + 1);', 'f($x)', '2 * $x'),
    'const g = (a, b) => a * (2 * (b + 1));',
  );
});

test('a list hole may hold nothing, and then leaves no comma behind', () => {
  const source = 'const f = (a) => g(a, { last: a });';
  assert.is(
    replaceSyntax(source, '{ $$more, last: $x }', '{ $$more, last: 0 * $x }'),
    'const f = (a) => g(a, { last: 0 * a });',
  );
});

test('a hole that stands twice holds the same twice', () => {
  const source = 'const f = (a, b) => [a - b, a - a];';
  assert.is(replaceSyntax(source, '$x - $x', '$x'), 'const f = (a, b) => [a - b, a];');
});

test('the names of one scope are not taken for others of it', () => {
  const source = 'const f = (k, error, target) => [k.map(error), k.map(target)];';
  assert.is(
    replaceSyntax(source, 'k.map(target)', '-k.map(target)'),
    'const f = (k, error, target) => [k.map(error), (-k.map(target))];',
  );
});

test('a place may be told apart by the function it lies in', () => {
  const source = 'class A { #f() { return 1 / n; } g = () => 1 / n; }';
  assert.is(replaceSyntax(source, '1 / n', '1', '#f'), 'class A { #f() { return 1; } g = () => 1 / n; }');
});

test('a fault whose place is gone, not the only one, or without meaning is refused by its name', () => {
  const fault: Fault = {
    ...faults[0]!,
    rule: 'rule',
    what: 'wrong',
    file: 'a.ts',
    find: 'f(a)',
    replace: '1',
  };
  const source = 'function h(a) { return f(a) + f(a) + h(a); }';
  assert.throws(
    () => plant('const a = 1;', fault),
    /'rule: wrong' in a\.ts: 'f\(a\)' is there 0 times, not once/,
  );
  assert.throws(() => plant(source, fault), /'rule: wrong' in a\.ts: 'f\(a\)' is there 2 times, not once/);
  assert.throws(
    () => plant(source, { ...fault, find: 'h(a)', within: 'f' }),
    /'h\(a\)' is there 0 times in 'f', not once/,
  );
  assert.throws(
    () => plant(source, { ...fault, find: 'h(a)', replace: 'h(b)' }),
    /the replacement uses 'b', which is unknown there/,
  );
  assert.throws(
    () => plant(source, { ...fault, find: 'h(a)', replace: '$x' }),
    /nothing was found for '\$x'/,
  );
  assert.throws(() => plant(source, { ...fault, find: 'h(' }), /expected/);
});

test.run();
