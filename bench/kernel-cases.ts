import { type Kernels, RandomStream, sigmoid, type Table } from '../kernels/index.ts';
import { type MakeState, TABLE_ROWS } from './stopwatch.ts';

/** out (m x n) = op(a) op(b), the inner size being k. */
export interface Product {
  readonly use: string;
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** Added to what is there: a weight update. */
  readonly accumulate: boolean;
  /** Part of the left operand that is not zero, for a product that is told so; 1 for others. */
  readonly density: number;
}

export const BATCHES = [1, 10, 20, 100, 1000] as const;
const CONNECTIONS = [
  [784, 500],
  [500, 500],
  [500, 10],
] as const;
/** Shares: of MNIST's pixels that are not zero, and of inputs that spike in a millisecond. */
export const NON_ZERO = 0.19;
export const SPIKING = 0.025;

const DENSE = { transposeA: false, transposeB: false, accumulate: false, density: 1 };

/** The products of a connection between `from` and `to` neurons. */
function productsOf(batch: number, from: number, to: number): Product[] {
  const forward = { ...DENSE, use: 'forward', m: batch, k: from, n: to };
  const update = { ...DENSE, use: 'update', m: from, k: batch, n: to, transposeA: true, accumulate: true };
  const back = { ...DENSE, use: 'backward', m: batch, k: to, n: from, transposeB: true };
  const feedback = { ...DENSE, use: 'feedback', m: batch, k: to, n: from };
  if (from !== 784) return [forward, update, back, feedback];
  const sparse = (product: Product): Product => ({
    ...product,
    use: `${product.use}, sparse`,
    density: NON_ZERO,
  });
  return [forward, update, sparse(forward), sparse(update)];
}

export const PRODUCTS: readonly Product[] = BATCHES.flatMap((batch) =>
  CONNECTIONS.flatMap(([from, to]) => productsOf(batch, from, to)),
);

export const square = (n: number): Product => ({ ...DENSE, use: 'square', m: n, k: n, n });

export function traceProduct(kernels: Kernels, state: MakeState, product: Product): void {
  const { m, k, n, transposeA, transposeB, accumulate, density } = product;
  const stream = new RandomStream(2, 'zeros');
  const value = () => (stream.word() < density * 2 ** 32 ? 0.5 : 0);
  const a = transposeA ? state(k, m, value) : state(m, k, value);
  const b = transposeB ? state(n, k) : state(k, n);
  const sparse = density < 1;
  // The scale keeps a sum of many updates finite.
  kernels.matmul(a, b, { transposeA, transposeB, accumulate, sparse, scale: 1e-6, into: state(m, n) });
}

/** Something else than a product, over so many elements. */
export interface ElementCase {
  readonly name: string;
  readonly elements: number;
  /** Rows gathered. */
  readonly batch?: number;
  trace(k: Kernels, state: MakeState): void;
}

const table = (columns: number, encoding: 'scaled' | 'one-hot', scale: number): Table => ({
  name: encoding,
  count: TABLE_ROWS,
  columns,
  values: new Uint8Array(new SharedArrayBuffer(TABLE_ROWS * (encoding === 'scaled' ? columns : 1))),
  encoding,
  scale,
});
const images = table(784, 'scaled', 1 / 255);
const labels = table(10, 'one-hot', 1);

function mapsOf(rows: number, columns: number): ElementCase[] {
  const shape = `${rows}x${columns}`;
  const one = (name: string, trace: ElementCase['trace']): ElementCase => ({
    name: `${name}, ${shape}`,
    elements: rows * columns,
    trace,
  });
  return [
    one('add', (k, state) => k.map((a, b) => a + b, state(rows, columns), state(rows, columns))),
    one('bias and relu', (k, state) =>
      k.map((x, b) => Math.max(x + b, 0), state(rows, columns), state(1, columns)),
    ),
    one('tanh', (k, state) => k.map((x) => Math.tanh(x), state(rows, columns))),
    one("tanh' from rates", (k, state) =>
      k.map((e, r) => e * (1 - r * r), state(rows, columns), state(rows, columns)),
    ),
    one('sigmoid', (k, state) => k.map((x) => sigmoid(x), state(rows, columns))),
    one('step of equilibrium propagation', (k, state) =>
      k.map(
        (s, c, b, e) => Math.min(Math.max(s + e * (c + b - s), 0), 1),
        state(rows, columns),
        state(rows, columns),
        state(rows, columns),
        0.5,
      ),
    ),
  ];
}

export const ELEMENT_CASES: readonly ElementCase[] = [
  ...mapsOf(100, 500),
  ...mapsOf(20, 500),
  { name: 'softmax, 100x10', elements: 1000, trace: (k, state) => k.softmax(state(100, 10)) },
  { name: 'argmax, 100x10', elements: 1000, trace: (k, state) => k.argmax(state(100, 10)) },
  {
    name: 'sum over rows, 100x500',
    elements: 50_000,
    trace: (k, state) => k.sum(state(100, 500), { over: 'rows' }),
  },
  { name: 'uniform, 100x500', elements: 50_000, trace: (k) => k.uniform('noise', 100, 500, 0, 1) },
  { name: 'normal, 100x500', elements: 50_000, trace: (k) => k.normal('noise', 100, 500, 0, 1) },
  {
    name: 'bernoulli, 100x500',
    elements: 50_000,
    trace: (k, state) =>
      k.bernoulli(
        'noise',
        state(100, 500, () => SPIKING),
      ),
  },
  {
    name: 'spikes, 1x784',
    elements: 784,
    trace: (k, state) =>
      k.spikes(
        'noise',
        state(1, 784, () => SPIKING),
        state(1, 784, () => 0),
      ),
  },
  { name: 'gather of images, 100x784', elements: 78_400, batch: 100, trace: (k) => k.gather(images, 100) },
  { name: 'gather of labels, 100x10', elements: 1000, batch: 100, trace: (k) => k.gather(labels, 100) },
];
