/**
 * Time of compiled `map` functions on one core, in ns an element, over tensors that stay in the caches:
 * node --import tsx bench/map.ts
 */
import { compileMap, type Spread } from '../kernels/cpu/map.ts';
import { type JsScalarFunction, parseScalarFunction, sigmoid } from '../kernels/scalar.ts';

const ROWS = 100;
const COLUMNS = 500;
const BYTES = ROWS * COLUMNS * 4;

interface Case {
  name: string;
  fn: JsScalarFunction;
  spreads: Spread[];
}

const CASES: Case[] = [
  { name: 'v + dt * (drive - v)', fn: (v, drive) => v + 0.1 * (drive - v), spreads: ['full', 'full'] },
  { name: 'e * (1 - r * r)', fn: (e, r) => e * (1 - r * r), spreads: ['full', 'full'] },
  { name: 'max(x + bias, 0), bias a row', fn: (x, b) => Math.max(x + b, 0), spreads: ['full', 'row'] },
  { name: 'x / norm, norm a column', fn: (x, n) => x / n, spreads: ['full', 'column'] },
  { name: 'max(a, b)', fn: (a, b) => Math.max(a, b), spreads: ['full', 'full'] },
  { name: 'tanh', fn: (x) => Math.tanh(x), spreads: ['full'] },
  { name: 'sigmoid', fn: (x) => sigmoid(x), spreads: ['full'] },
  { name: 'exp', fn: (x) => Math.exp(x), spreads: ['full'] },
  { name: 'log', fn: (x) => Math.log(x), spreads: ['full'] },
];

/** Best time of a call in ns, after the engine has optimised it. */
function time(call: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 60; round++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < 50; i++) call();
    best = Math.min(best, Number(process.hrtime.bigint() - start) / 50);
  }
  return best;
}

const memory = new WebAssembly.Memory({ initial: 64 });
new Float32Array(memory.buffer).forEach((_, i, values) => {
  values[i] = 4 * Math.sin(i);
});
console.log(
  `${'function'.padEnd(32)} ns/element at ${ROWS}x${COLUMNS}   20x${COLUMNS}   us at 20x${COLUMNS}`,
);
for (const { name, fn, spreads } of CASES) {
  const scalarFunction = parseScalarFunction(
    fn,
    spreads.map(() => null),
  );
  const kernel = compileMap(scalarFunction, spreads, memory);
  const args = spreads.map((_, i) => (i + 1) * BYTES);
  const large = time(() => kernel(0, ROWS, COLUMNS, ...args));
  const small = time(() => kernel(0, 20, COLUMNS, ...args));
  const figures = [large / (ROWS * COLUMNS), small / (20 * COLUMNS), small / 1000].map((f) => f.toFixed(3));
  console.log(
    `${name.padEnd(32)} ${figures[0]!.padStart(20)} ${figures[1]!.padStart(9)} ${figures[2]!.padStart(13)}`,
  );
}
