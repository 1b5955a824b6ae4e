import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compileMap } from '../../kernels/cpu/map.ts';
import { type JsScalarFunction, parseScalarFunction, sigmoid } from '../../kernels/scalar.ts';

const test = suite('vector-math');

const COUNT = 1 << 18;
const memory = new WebAssembly.Memory({ initial: (2 * COUNT * 4) / 65536 });
const input = new Float32Array(memory.buffer, 0, COUNT);
const inputBits = new Uint32Array(memory.buffer, 0, COUNT);
const output = new Float32Array(memory.buffer, COUNT * 4, COUNT);
const compile = (fn: JsScalarFunction) => {
  const kernel = compileMap(parseScalarFunction(fn, [null]), ['full'], memory);
  return (count: number) => kernel(COUNT * 4, 1, count, 0);
};

interface Routine {
  kernel: (count: number) => void;
  /** In float64. */
  exact: (x: number) => number;
  /** The largest error that vector-math.ts promises, in units in the last place. */
  limit: number;
}

const ROUTINES = {
  exp: { kernel: compile((x) => Math.exp(x)), exact: Math.exp, limit: 1.04 },
  log: { kernel: compile((x) => Math.log(x)), exact: Math.log, limit: 0.84 },
  tanh: { kernel: compile((x) => Math.tanh(x)), exact: Math.tanh, limit: 2.61 },
  sigmoid: {
    kernel: compile((x) => sigmoid(x)),
    exact: (x: number) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
    limit: 2.41,
  },
} satisfies Record<string, Routine>;
type Name = keyof typeof ROUTINES;

function results(name: Name, values: readonly number[]): number[] {
  input.set(values);
  ROUTINES[name].kernel(values.length);
  return [...output.subarray(0, values.length)];
}

/** Distance between neighbouring float32 values at the size of `value`. */
const unitInLastPlace = (value: number): number =>
  2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(value)))) - 23);

/** The largest error over the first `count` inputs; infinite if NaN or infinity are not where they should be. */
function largestError({ kernel, exact }: Routine, count: number): number {
  kernel(count);
  let largest = 0;
  for (let i = 0; i < count; i++) {
    const wanted = exact(input[i]!);
    const got = output[i]!;
    if (Object.is(got, Math.fround(wanted))) continue;
    const error = Math.abs(got - wanted) / unitInLastPlace(wanted);
    largest = Math.max(largest, Number.isNaN(error) ? Number.POSITIVE_INFINITY : error);
  }
  return largest;
}

for (const name of Object.keys(ROUTINES) as Name[]) {
  const routine = ROUTINES[name];

  test(`${name}: every 521st float32 is within ${routine.limit} units in the last place of float64`, () => {
    const stride = 521;
    let next = 0;
    while (next < 2 ** 32) {
      let count = 0;
      for (; count < COUNT && next < 2 ** 32; next += stride) inputBits[count++] = next;
      const error = largestError(routine, count);
      assert.ok(error <= routine.limit, `${error} among the values up to bits ${next.toString(16)}`);
    }
  });

  test(`${name}: so is a fine grid of ordinary values`, () => {
    for (let part = -5; part < 5; part++) {
      for (let i = 0; i < COUNT; i++) input[i] = 20 * (part + i / COUNT);
      const error = largestError(routine, COUNT);
      assert.ok(error <= routine.limit, `${error} between ${20 * part} and ${20 * (part + 1)}`);
    }
  });

  test(`${name}: NaN stays NaN`, () => {
    assert.equal(results(name, [Number.NaN, -Number.NaN, 1]).slice(0, 2), [Number.NaN, Number.NaN]);
  });
}

const INFINITY = Number.POSITIVE_INFINITY;
const SMALLEST = 2 ** -149;
const LARGEST = (2 - 2 ** -23) * 2 ** 127;

/** Limits, zeros with their signs, overflow and underflow. */
const SPECIAL: Record<Name, [x: number, wanted: number][]> = {
  exp: [
    [0, 1],
    [-0, 1],
    [SMALLEST, 1],
    [-INFINITY, 0],
    [INFINITY, INFINITY],
    [88.73, INFINITY],
    [LARGEST, INFINITY],
    [-103.9, SMALLEST],
    [-104, 0],
    [-LARGEST, 0],
  ],
  log: [
    [0, -INFINITY],
    [-0, -INFINITY],
    [1, 0],
    [-1, Number.NaN],
    [-SMALLEST, Number.NaN],
    [-INFINITY, Number.NaN],
    [INFINITY, INFINITY],
    [SMALLEST, Math.fround(Math.log(SMALLEST))],
    [LARGEST, Math.fround(Math.log(LARGEST))],
  ],
  tanh: [
    [0, 0],
    [-0, -0],
    [SMALLEST, SMALLEST],
    [-SMALLEST, -SMALLEST],
    [10, 1],
    [-10, -1],
    [LARGEST, 1],
    [-LARGEST, -1],
    [INFINITY, 1],
    [-INFINITY, -1],
  ],
  sigmoid: [
    [0, 0.5],
    [-0, 0.5],
    [20, 1],
    [LARGEST, 1],
    [INFINITY, 1],
    [-103.9, SMALLEST],
    [-105, 0],
    [-LARGEST, 0],
    [-INFINITY, 0],
  ],
};

for (const name of Object.keys(SPECIAL) as Name[])
  test(`${name}: special values`, () => {
    const got = results(
      name,
      SPECIAL[name].map(([x]) => x),
    );
    SPECIAL[name].forEach(([x, wanted], i) => {
      assert.ok(Object.is(got[i], wanted), `${name}(${x}) is ${got[i]}, not ${wanted}`);
    });
  });

test('tanh is odd and never beyond 1, sigmoid never beyond 0 and 1', () => {
  const values = Array.from({ length: 100_000 }, (_, i) => i / 8000);
  const positive = results('tanh', values);
  const negative = results(
    'tanh',
    values.map((x) => -x),
  );
  assert.ok(positive.every((y, i) => y >= 0 && y <= 1 && Object.is(negative[i], -y)));
  assert.ok(results('sigmoid', values).every((y) => y >= 0.5 && y <= 1));
});

test.run();
