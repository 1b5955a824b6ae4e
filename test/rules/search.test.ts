import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  defineRule,
  describeSearch,
  extremesOf,
  findFaultInSearch,
  RULES,
  type Search,
  type SearchValue,
  valueAt,
} from '../../rules/index.ts';

const test = suite('search');

const at = (search: Search, where: number, own: SearchValue = 0.1, whole = false) =>
  valueAt(search, own, where, whole);

test('a number is log-uniform, uniform, or a log-uniform factor of the own value', () => {
  assert.is(at({ logUniform: [0.01, 1] }, 0), 0.01);
  assert.is(at({ logUniform: [0.01, 1] }, 0.5), 0.1);
  assert.is(at({ uniform: [2, 4] }, 0.25), 2.5);
  assert.is(at({ factor: [0.1, 10] }, 0.5, 0.3), 0.3);
  assert.is(at({ factor: [0.1, 10] }, 0.75, 0.1), 0.316);
  assert.is(at({ choices: ['a', 'b', 'c'] }, 0.99), 'c');
  assert.is(at({ choices: [1, 2] }, 0.49), 1);
});

test('a rate for each connection is multiplied by one factor', () => {
  assert.equal(at({ factor: [0.1, 10] }, 0.75, [0.1, 0.05]), [0.316, 0.158]);
});

test('numbers have three digits, and stay within the ends', () => {
  assert.is(at({ logUniform: [0.0012345, 1] }, 0), 0.0012345);
  assert.is(at({ uniform: [0, 0.99999] }, 1 - 2 ** -24), 0.99999);
  assert.is(at({ logUniform: [0.001, 1] }, 1 / 7), 0.00268);
});

test('whole numbers of a uniform search are equally frequent', () => {
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < 300; i++) counts[at({ uniform: [1, 3] }, i / 300, 1, true) as number]!++;
  assert.equal(counts, [0, 100, 100, 100]);
  assert.is(at({ logUniform: [10, 1000] }, 0.4, 10, true), 63);
  assert.is(at({ factor: [0.1, 10] }, 0.6, 20, true), 32);
});

test('the ends of a search are what it can reach', () => {
  assert.equal(extremesOf({ logUniform: [0.01, 1] }, 5), [0.01, 1]);
  assert.equal(extremesOf({ uniform: [1, 2] }, 5), [1, 2]);
  assert.equal(extremesOf({ factor: [0.1, 10] }, [1, 2]), [
    [0.1, 0.2],
    [10, 20],
  ]);
  assert.equal(extremesOf({ choices: [true, false] }, true), [true, false]);
});

test('a search in words', () => {
  assert.is(describeSearch({ logUniform: [0.01, 1] }), 'log-uniform from 0.01 to 1');
  assert.is(describeSearch({ uniform: [0, 0.99] }), 'uniform from 0 to 0.99');
  assert.is(describeSearch({ factor: [0.1, 10] }), 'its own value times 0.1 to 10, log-uniform');
  assert.is(describeSearch({ choices: [0.1, [0.1, 0.2]] }), 'one of 0.1, 0.1,0.2');
});

for (const [search, pattern] of [
  [null, /one of logUniform, uniform, factor, choices/],
  [0.1, /one of logUniform/],
  [{}, /one of logUniform/],
  [{ logUniform: [1, 2], uniform: [1, 2] }, /one of logUniform/],
  [{ logUnifrom: [1, 2] }, /one of logUniform/],
  [{ logUniform: 3 }, /a list as logUniform/],
  [{ logUniform: [1] }, /two numbers as logUniform/],
  [{ uniform: [2, 1] }, /the smaller one first/],
  [{ uniform: [1, 1] }, /the smaller one first/],
  [{ uniform: [0, Infinity] }, /two numbers as uniform/],
  [{ logUniform: [0, 1] }, /above 0 as logUniform/],
  [{ factor: [-1, 1] }, /above 0 as factor/],
  [{ choices: [] }, /at least one/],
  [{ choices: [1, 1] }, /once/],
] as const)
  test(`${JSON.stringify(search)} is no search`, () => {
    assert.match(findFaultInSearch(search) ?? '', pattern);
  });

test('what is right has no fault', () => {
  for (const search of [{ logUniform: [1, 2] }, { uniform: [-1, 0] }, { factor: [1, 2] }, { choices: ['a'] }])
    assert.is(findFaultInSearch(search), null);
});

const base = RULES.find(({ name }) => name === 'feedback-alignment')!;
const withSearch = (search: unknown, more = {}) =>
  defineRule({
    ...base,
    options: { strength: { default: 1, min: 0.5, description: 'A number.', search: search as Search } },
    ...more,
  });

test('a rule whose search is wrong, or leaves the bounds of its option, cannot be defined', () => {
  withSearch({ uniform: [0.5, 2] });
  assert.throws(
    () => withSearch({ uniform: [0.4, 2] }),
    /an option 'strength' whose search reaches 0\.4, which is not a number, 0\.5 or more/,
  );
  assert.throws(() => withSearch({ uniform: [2, 1] }), /whose search must have two numbers as uniform/);
  assert.throws(
    () => withSearch({ uniform: [0.5, 2] }, { searchSpace: { learningRate: { uniform: 1 } } }),
    /has a search of 'learningRate' that must have a list as uniform/,
  );
});

test.run();
