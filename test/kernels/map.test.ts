import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compileMap } from '../../kernels/cpu/map.ts';
import type { Spread } from '../../kernels/cpu/map-module.ts';
import { type JsScalarFunction, parseScalarFunction } from '../../kernels/scalar.ts';

const memory = new WebAssembly.Memory({ initial: 4 });
const floats = new Float32Array(memory.buffer);
const GUARD = 12345;

const sizeOf = (spread: Spread, rows: number, columns: number): number =>
  (spread === 'full' || spread === 'column' ? rows : 1) *
  (spread === 'full' || spread === 'row' ? columns : 1);
const indexIn = (spread: Spread, i: number, j: number, columns: number): number =>
  spread === 'full' ? i * columns + j : spread === 'row' ? j : spread === 'column' ? i : 0;

interface Layout {
  rows: number;
  columns: number;
  spreads: Spread[];
  values: number[][];
}

/** Runs a compiled map. The tensors lie close together between guards, so that a stray read or write shows. */
function runMap(fn: JsScalarFunction, { rows, columns, spreads, values }: Layout): Float32Array {
  floats.fill(GUARD);
  let next = 4;
  const place = (count: number): number => {
    const start = next;
    next += (Math.ceil(count / 4) + 1) * 4;
    return start;
  };
  const args = spreads.map((spread, a) => {
    const start = place(sizeOf(spread, rows, columns));
    floats.set(values[a]!, start);
    return start;
  });
  const out = place(rows * columns);
  const before = floats.slice(0, next + 8);
  const scalar = parseScalarFunction(
    fn,
    spreads.map(() => null),
  );
  compileMap(scalar, spreads, memory)(out * 4, rows, columns, ...args.map((start) => start * 4));
  for (let i = 0; i < before.length; i++)
    if (i < out || i >= out + rows * columns)
      assert.ok(Object.is(floats[i], before[i]), `wrote outside of the result, at ${i - out}`);
  return floats.slice(out, out + rows * columns);
}

const f = Math.fround;

/** Random expressions as source text, and what float32 arithmetic makes of them. */
interface Expression {
  text: string;
  value: (a: number, b: number) => number;
}
const leaf: fc.Arbitrary<Expression> = fc.oneof(
  fc.constantFrom<Expression>({ text: 'a', value: (a) => a }, { text: 'b', value: (_a, b) => b }),
  fc.integer({ min: -8, max: 8 }).map((n) => ({ text: `(${n / 4})`, value: () => n / 4 })),
);
const binary =
  (operator: string, apply: (x: number, y: number) => number) =>
  (x: Expression, y: Expression): Expression => ({
    text:
      operator.length > 1 ? `Math.${operator}(${x.text}, ${y.text})` : `(${x.text} ${operator} ${y.text})`,
    value: (a, b) => f(apply(x.value(a, b), y.value(a, b))),
  });
const BINARIES = [
  binary('+', (x, y) => x + y),
  binary('-', (x, y) => x - y),
  binary('*', (x, y) => x * y),
  binary('/', (x, y) => x / y),
  binary('min', Math.min),
  binary('max', Math.max),
];
const UNARIES: ((x: Expression) => Expression)[] = [
  (x) => ({ text: `Math.abs(${x.text})`, value: (a, b) => Math.abs(x.value(a, b)) }),
  (x) => ({ text: `Math.floor(${x.text})`, value: (a, b) => Math.floor(x.value(a, b)) }),
  (x) => ({ text: `(-${x.text})`, value: (a, b) => -x.value(a, b) }),
];
const COMPARISONS: [string, (x: number, y: number) => boolean][] = [
  ['<', (x, y) => x < y],
  ['<=', (x, y) => x <= y],
  ['>', (x, y) => x > y],
  ['>=', (x, y) => x >= y],
  ['===', (x, y) => x === y],
  ['!==', (x, y) => x !== y],
];
const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc
      .tuple(fc.constantFrom(...BINARIES), tie('expression'), tie('expression'))
      .map(([make, x, y]) => make(x, y)),
    fc.tuple(fc.constantFrom(...UNARIES), tie('expression')).map(([make, x]) => make(x)),
    fc
      .tuple(
        fc.constantFrom(...COMPARISONS),
        tie('expression'),
        tie('expression'),
        tie('expression'),
        tie('expression'),
      )
      .map(([[text, holds], x, y, yes, no]) => ({
        text: `(${x.text} ${text} ${y.text} ? ${yes.text} : ${no.text})`,
        value: (a: number, b: number) => (holds(x.value(a, b), y.value(a, b)) ? yes : no).value(a, b),
      })),
  ),
}));

const spread = fc.constantFrom<Spread>('full', 'row', 'column', 'scalar');
const numbers = fc.oneof(
  fc.float({ min: -100, max: 100, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, Number.NaN, Number.POSITIVE_INFINITY),
);
const layout = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 11 }), spread, spread)
  .chain(([rows, columns, sa, sb]) =>
    fc
      .tuple(
        ...[sa, sb].map((s) =>
          fc.array(numbers, { minLength: sizeOf(s, rows, columns), maxLength: sizeOf(s, rows, columns) }),
        ),
      )
      .map((values): Layout => ({ rows, columns, spreads: [sa, sb], values })),
  );

test('a map computes what JavaScript does, rounded to float32 at each operation, for any shapes and spreads', () => {
  fc.assert(
    fc.property(expression, layout, ({ text, value }, shapes) => {
      const fn = new Function(`return (a, b) => ${text}`)() as JsScalarFunction;
      const found = runMap(fn, shapes);
      const { rows, columns, spreads, values } = shapes;
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < columns; j++) {
          const [a, b] = spreads.map((s, n) => f(values[n]![indexIn(s, i, j, columns)]!)) as [number, number];
          const wanted = value(a, b);
          assert.ok(
            Object.is(found[i * columns + j], wanted),
            `${text} of ${a}, ${b} is ${found[i * columns + j]}, not ${wanted}`,
          );
        }
    }),
    { numRuns: 400, seed: 1 },
  );
});

test('a result does not depend on its place in the tensor', () => {
  const fn: JsScalarFunction = (a) => Math.tanh(a) + Math.exp(a);
  for (let count = 1; count <= 19; count++) {
    const found = runMap(fn, {
      rows: 1,
      columns: count,
      spreads: ['full'],
      values: [Array(count).fill(0.7)],
    });
    assert.is(new Set(found).size, 1);
    assert.is(found[0], runMap(fn, { rows: 1, columns: 1, spreads: ['full'], values: [[0.7]] })[0]);
  }
});

test('the result may take the place of an argument', () => {
  const values = Float32Array.from({ length: 13 }, (_, i) => i - 6);
  floats.set(values, 4);
  compileMap(
    parseScalarFunction((a) => a * a, [null]),
    ['full'],
    memory,
  )(16, 1, 13, 16);
  assert.equal([...floats.slice(4, 17)], [...values.map((x) => x * x)]);
});

test('equal functions share one kernel', () => {
  const compile = (bound: number) =>
    compileMap(
      parseScalarFunction((a, b) => a + b, [null, bound]),
      ['full'],
      memory,
    );
  assert.is(compile(2), compile(2));
  assert.is.not(compile(2), compile(3));
  assert.throws(
    () =>
      compileMap(
        parseScalarFunction((a) => a, [null]),
        [],
        memory,
      ),
    /0 spread\(s\) for the 1 argument/,
  );
});

test('min and max of a known number keep NaN and tell the zeros apart', () => {
  const numbers = [-2, -1, -0, 0, 1, 2, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const functions: [JsScalarFunction, (x: number, known: number) => number][] = [
    [(x, known) => Math.min(x, known), Math.min],
    [(x, known) => Math.min(known, x), Math.min],
    [(x, known) => Math.max(x, known), Math.max],
    [(x, known) => Math.max(known, x), Math.max],
  ];
  for (const known of [1, -1, 0, -0, Number.NaN, Number.NEGATIVE_INFINITY])
    for (const [fn, wanted] of functions) {
      floats.set(numbers);
      compileMap(parseScalarFunction(fn, [null, known]), ['full'], memory)(0, 1, numbers.length, 0);
      numbers.forEach((x, i) => {
        assert.ok(Object.is(floats[i], wanted(x, known)), `${fn} of ${x} and ${known} is ${floats[i]}`);
      });
    }
});

/** Whole numbers, so that sums are exact. */
const counting = (length: number, from: number): number[] => Array.from({ length }, (_, i) => from + i);

test('rows and columns are repeated over rows of any length', () => {
  for (const columns of [1, 3, 4, 15, 16, 17, 20, 39]) {
    const rows = 3;
    const values = [counting(rows * columns, 0), counting(columns, 500), counting(rows, 40), [7]];
    const spreads: Spread[] = ['full', 'row', 'column', 'scalar'];
    const fn: JsScalarFunction = (a, b, c, d) => a + 1000 * b + 3 * c * d;
    const found = runMap(fn, { rows, columns, spreads, values });
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) {
        const [a, b, c, d] = spreads.map((s, n) => values[n]![indexIn(s, i, j, columns)]!);
        assert.is(found[i * columns + j], fn(a!, b!, c!, d!), `row ${i}, column ${j} of ${columns}`);
      }
  }
});

test('a function too long for the unrolled loop computes the same', () => {
  const short: JsScalarFunction = (a) => Math.tanh(a);
  const long: JsScalarFunction = (a, b, c, d) => Math.tanh(a) + Math.tanh(b) + Math.tanh(c) + Math.tanh(d);
  for (const columns of [1, 6, 35]) {
    const values = [1, 2, 3, 4].map((n) => counting(columns, 0).map((i) => Math.sin(n * i)));
    const shape = { rows: 1, columns };
    const found = runMap(long, { ...shape, spreads: ['full', 'full', 'full', 'full'], values });
    const parts = values.map((v) => runMap(short, { ...shape, spreads: ['full'], values: [v] }));
    const wanted = counting(columns, 0).map((i) =>
      parts.map((part) => part[i]!).reduce((sum, x) => f(sum + x)),
    );
    assert.equal([...found], wanted);
  }
});

test('a function without tensor arguments fills the tensor', () => {
  const found = runMap(() => 1 / 4, { rows: 3, columns: 7, spreads: [], values: [] });
  assert.equal([...found], Array(21).fill(0.25));
});

test('a value named once is computed once', () => {
  // 2^60 additions, if each name were spelled out.
  const doublings = counting(60, 0).map((i) => `const v${i + 1} = v${i} + v${i};`);
  const fn = new Function(`return (v0) => { ${doublings.join(' ')} return v60; }`)() as JsScalarFunction;
  assert.is(runMap(fn, { rows: 1, columns: 1, spreads: ['full'], values: [[3]] })[0], 3 * 2 ** 60);
});

test('reads nothing behind the end of a tensor', () => {
  const rows = 3;
  const columns = 5;
  const end = floats.length;
  const kernel = (spread: Spread) =>
    compileMap(
      parseScalarFunction((a) => a + 1, [null]),
      [spread],
      memory,
    );
  floats.fill(1);
  // At the end of the memory a stray read is an error.
  for (const spread of ['full', 'row', 'column', 'scalar'] as const)
    kernel(spread)(0, rows, columns, (end - sizeOf(spread, rows, columns)) * 4);
  kernel('scalar')((end - rows * columns) * 4, rows, columns, 0);
  assert.equal([...floats.slice(end - rows * columns)], Array(rows * columns).fill(3));
});

test.run();
