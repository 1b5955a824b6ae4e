import type { Device } from '../../kernels/index.ts';
import { Kernels, RandomStream, ReferenceDevice, type Table, type Tensor } from '../../kernels/index.ts';

/**
 * What every device has to compute: cases for each kind of op, to be compared with the float64 reference device.
 */
export interface OpCase {
  readonly name: string;
  /** State tensors in the order in which they are made. Those that are written come first, so that a write past
   * their end falls on values that are compared too. */
  readonly states: Readonly<Record<string, Matrix>>;
  readonly trace: (k: Kernels, state: (name: string) => Tensor) => void;
  /** Row numbers for the gathers of all steps. */
  readonly rows?: Uint32Array;
  /** Largest difference: absolute + relative * |expected|. */
  readonly absolute: number;
  readonly relative: number;
}

interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

type Shape = readonly [rows: number, columns: number];

export const STEPS = 2;
const FIRST_STEP = 5;
/** Half a unit in the last place of 1, the largest relative error of one float32 operation. */
const ROUNDING = 2 ** -24;

/** Runs a case for STEPS steps and returns the values of its states. */
export async function runCase(
  device: Device,
  { states, trace, rows }: OpCase,
): Promise<Map<string, Float32Array>> {
  const k = new Kernels(device, 42);
  const tensors = new Map(
    Object.entries(states).map(([name, m]) => [name, k.state(name, m.rows, m.columns, m.values)]),
  );
  const executable = await k.trace('case', () => trace(k, (name) => tensors.get(name)!));
  await executable.run({ steps: STEPS, firstStep: FIRST_STEP, rows: rows ?? new Uint32Array(0) });
  const results = new Map<string, Float32Array>();
  for (const [name, tensor] of tensors) results.set(name, await device.read(tensor));
  executable.dispose();
  return results;
}

/** @returns what is wrong with the device's results, or null */
export async function differenceFromReference(device: Device, opCase: OpCase): Promise<string | null> {
  const actual = await runCase(device, opCase);
  for (const [name, expected] of await runCase(new ReferenceDevice(), opCase)) {
    const values = actual.get(name)!;
    const wrong = expected.findIndex((e, i) => !isClose(values[i]!, e, opCase));
    if (wrong >= 0) return `${name}[${wrong}] is ${values[wrong]}, expected ${expected[wrong]}`;
  }
  return null;
}

const isClose = (actual: number, expected: number, { absolute, relative }: OpCase): boolean =>
  Object.is(actual, expected) || Math.abs(actual - expected) <= absolute + relative * Math.abs(expected);

const matrix = (rows: number, columns: number, values: Float32Array): Matrix => ({ rows, columns, values });

/** Numbers from -1 to 1, the same for equal names. */
function numbers(name: string, [rows, columns]: Shape): Matrix {
  return matrix(rows, columns, new RandomStream(3, name).uniform(rows * columns, -1, 1));
}

/** 1, primes, exact multiples of vectors and tiles, one more and one less than those, larger than a block. */
const SIZES: readonly (readonly [m: number, k: number, n: number])[] = [
  [1, 1, 1],
  [1, 7, 5],
  [5, 1, 7],
  [7, 5, 1],
  [1, 401, 33],
  [2, 3, 4],
  [4, 16, 8],
  [8, 4, 16],
  [13, 17, 11],
  [20, 50, 10],
  [31, 29, 37],
  [23, 650, 41],
  [3, 9, 139],
  [3, 20, 1024],
  [261, 19, 139],
];

/**
 * Products of numbers from -1 to 1: partial sums of k terms are below k in size, and are rounded k times. Errors of
 * either sign make this k times smaller than the bound k * k * ROUNDING; twice for the two steps.
 */
function matmulCase(m: number, k: number, n: number, transposeA: boolean, transposeB: boolean): OpCase {
  const transposes = { transposeA, transposeB };
  return {
    name: `matmul ${m}x${k}x${n}${transposeA ? ', a transposed' : ''}${transposeB ? ', b transposed' : ''}`,
    states: {
      plain: numbers('p', [m, n]),
      scaled: numbers('s', [m, n]),
      added: numbers('d', [m, n]),
      rate: numbers('r', [1, 1]),
      a: numbers('a', transposeA ? [k, m] : [m, k]),
      b: numbers('b', transposeB ? [n, k] : [k, n]),
    },
    trace: (kernels, s) => {
      const decay = kernels.hostScalar('decay', ({ step }) => 1 / step);
      kernels.matmul(s('a'), s('b'), { ...transposes, into: s('plain') });
      kernels.matmul(s('a'), s('b'), { ...transposes, scale: [-2, s('rate')], into: s('scaled') });
      kernels.matmul(s('a'), s('b'), { ...transposes, scale: decay, accumulate: true, into: s('added') });
    },
    absolute: 4 * (k + 2) * ROUNDING,
    relative: 0,
  };
}

const matmulCases = SIZES.flatMap(([m, k, n]) =>
  [false, true].flatMap((a) => [false, true].map((b) => matmulCase(m, k, n, a, b))),
);

/** Of g blocks each, with scaling and accumulation; sums as in `matmulCase`. */
function groupedMatmulCase(g: number, m: number, k: number, n: number, a: boolean, b: boolean): OpCase {
  const how = { groups: g, transposeA: a, transposeB: b };
  return {
    name: `matmul of ${g} groups of ${m}x${k}x${n}${a ? ', a transposed' : ''}${b ? ', b transposed' : ''}`,
    states: {
      plain: numbers('p', [g * m, n]),
      added: numbers('d', [g * m, n]),
      rate: numbers('r', [1, 1]),
      a: numbers('a', a ? [g * k, m] : [g * m, k]),
      b: numbers('b', b ? [g * n, k] : [g * k, n]),
    },
    trace: (kernels, s) => {
      kernels.matmul(s('a'), s('b'), { ...how, into: s('plain') });
      kernels.matmul(s('a'), s('b'), { ...how, scale: [-2, s('rate')], accumulate: true, into: s('added') });
    },
    absolute: 4 * (k + 2) * ROUNDING,
    relative: 0,
  };
}

const GROUPED: readonly (readonly [g: number, m: number, k: number, n: number])[] = [
  [5, 1, 1, 1],
  [7, 13, 17, 11],
  [20, 31, 6, 37],
  [2, 9, 139, 65],
];

const groupedMatmulCases = GROUPED.flatMap(([g, m, k, n]) =>
  [false, true].flatMap((a) => [false, true].map((b) => groupedMatmulCase(g, m, k, n, a, b))),
);

/** Values that move are the same on every device, to the bit. */
const copyCases = (
  [
    [1, 1, 1],
    [3, 2, 5],
    [7, 13, 4],
    [64, 3, 33],
    [1000, 16, 3],
  ] as const
).map(
  ([m, parts, n]): OpCase => ({
    name: `reshape, columns, join, place and select of ${m} rows of ${parts} times ${n}`,
    states: {
      tall: numbers('t', [m * parts, n]),
      wide: numbers('w', [m, parts * n]),
      joined: numbers('j', [m, parts * n + n]),
      placed: numbers('p', [m, parts * n]),
      picked: numbers('k', [m, 5]),
      a: numbers('a', [m, parts * n]),
      b: numbers('b', [m * parts, n]),
      indices: matrix(1, 5, Float32Array.of(parts * n - 1, 0, -1, parts * n, Math.floor((parts * n) / 2))),
    },
    trace: (k, s) => {
      k.mapInto(s('tall'), (x) => x, k.reshape(s('a'), m * parts, n));
      k.mapInto(s('wide'), (x) => x, k.reshape(s('b'), m, parts * n));
      const last = k.columns(s('a'), (parts - 1) * n, n);
      k.mapInto(s('joined'), (x) => x, k.join([last, k.map((x) => 2 * x, s('a'))]));
      k.place(s('placed'), last, 0);
      k.mapInto(s('picked'), (x) => x, k.select(s('a'), s('indices')));
    },
    absolute: 0,
    relative: 0,
  }),
);

const SHAPES: readonly Shape[] = [
  [1, 1],
  [1, 5],
  [7, 1],
  [3, 4],
  [16, 16],
  [13, 17],
  [70, 10],
  [9, 1100],
  [131, 67],
];

const sumCases = SHAPES.flatMap(([m, n]) =>
  (['rows', 'columns', 'all'] as const).map((over): OpCase => {
    const shape: Shape = [over === 'columns' ? m : 1, over === 'rows' ? n : 1];
    const terms = (m * n) / (shape[0] * shape[1]);
    return {
      name: `sum of ${m}x${n} over ${over}`,
      states: {
        plain: numbers('p', shape),
        added: numbers('d', shape),
        a: numbers('a', [m, n]),
      },
      trace: (k, s) => {
        const rate = k.hostScalar('rate', ({ step }) => step / 4);
        k.sum(s('a'), { over, into: s('plain') });
        k.sum(s('a'), { over, scale: [0.5, rate], accumulate: true, into: s('added') });
      },
      absolute: 4 * (terms + 2) * ROUNDING,
      relative: 0,
    };
  }),
);

const dotCases = SHAPES.map(
  ([m, n]): OpCase => ({
    name: `dot of ${m}x${n}, norm`,
    states: {
      product: numbers('p', [1, 1]),
      length: numbers('l', [1, 1]),
      a: numbers('a', [m, n]),
      b: numbers('b', [m, n]),
    },
    trace: (k, s) => {
      k.dot(s('a'), s('b'), { into: s('product') });
      k.mapInto(s('length'), (x) => x, k.norm(s('a')));
    },
    absolute: 4 * (m * n + 2) * ROUNDING,
    relative: 0,
  }),
);

/** Whole numbers from -3 to 3 have ties; a NaN in the second row, infinities in the third. */
function tiedNumbers([m, n]: Shape): Matrix {
  const tied = numbers('t', [m, n]);
  const values = tied.values.map((x) => Math.round(3 * x));
  if (m > 1) values[n + (n >> 1)] = Number.NaN;
  if (m > 2) values.fill(Number.NEGATIVE_INFINITY, 2 * n, 3 * n);
  return { ...tied, values };
}

const argmaxCases = SHAPES.map(
  ([m, n]): OpCase => ({
    name: `argmax of ${m}x${n}`,
    states: {
      out: numbers('o', [m, 1]),
      tied: numbers('i', [m, 1]),
      a: numbers('a', [m, n]),
      t: tiedNumbers([m, n]),
    },
    trace: (k, s) => {
      k.mapInto(s('out'), (x) => x, k.argmax(s('a')));
      k.mapInto(s('tied'), (x) => x, k.argmax(s('t')));
    },
    absolute: 0,
    relative: 0,
  }),
);

/** The exponent of a small value is rounded too: its error is up to 100 * ROUNDING for e^-100. */
const softmaxCases = SHAPES.map(
  ([m, n]): OpCase => ({
    name: `softmax of ${m}x${n}`,
    states: { out: numbers('o', [m, n]), wide: numbers('w', [m, n]), a: numbers('a', [m, n]) },
    trace: (k, s) => {
      k.mapInto(s('out'), (x) => x, k.softmax(s('a')));
      const spread = k.map((x) => 60 * x, s('a'));
      k.mapInto(s('wide'), (x) => x, k.softmax(spread));
    },
    absolute: ROUNDING,
    relative: 200 * ROUNDING,
  }),
);

/** The functions are within 4 units in the last place (8 * ROUNDING) and get arguments of their own size. */
const mapCases = SHAPES.map(
  ([m, n]): OpCase => ({
    name: `map over ${m}x${n}, with rows, columns and scalars, and in place`,
    states: {
      out: numbers('o', [m, n]),
      inPlace: numbers('i', [m, n]),
      a: numbers('a', [m, n]),
      row: numbers('row', [1, n]),
      column: numbers('column', [m, 1]),
      single: numbers('single', [1, 1]),
    },
    trace: (k, s) => {
      const rate = k.hostScalar('rate', ({ step }) => 1 / (step + 1));
      k.mapInto(
        s('out'),
        (x, r, c, y, t, limit) => (x > limit ? Math.tanh(x) + r * c : Math.exp(y) - t),
        s('a'),
        s('row'),
        s('column'),
        s('single'),
        rate,
        0.1,
      );
      const doubled = k.map((x) => 2 * x, s('inPlace'));
      k.mapInto(doubled, (x, r) => x + r, doubled, s('row'));
      k.mapInto(s('inPlace'), (v, x, dt) => v + dt * (x - v), s('inPlace'), doubled, 0.25);
    },
    absolute: 16 * ROUNDING,
    relative: 16 * ROUNDING,
  }),
);

/** Normal numbers are below 6 in size, twice that in one of the fills; radius, sine and cosine are float32 each. */
const randomCases = SHAPES.map(
  ([m, n]): OpCase => ({
    name: `random fills of ${m}x${n}`,
    states: {
      uniform: numbers('u', [m, n]),
      normal: numbers('n', [m, n]),
      second: numbers('s', [m, n]),
    },
    trace: (k, s) => {
      k.uniform('noise', m, n, -2, 3, { into: s('uniform') });
      k.normal('noise', m, n, 0.5, 2, { into: s('normal') });
      k.normal('noise', m, n, 0, 1, { into: s('second') });
    },
    absolute: 4e-6,
    relative: 0,
  }),
);

const bernoulliCases = SHAPES.map(([m, n]): OpCase => {
  const probability = numbers('p', [m, n]);
  const clipped = {
    ...probability,
    values: probability.values.map((x) => Math.min(1, Math.max(0, 0.5 + x))),
  };
  return {
    name: `bernoulli fills of ${m}x${n}`,
    states: { out: numbers('o', [m, n]), probability: clipped },
    trace: (k, s) => {
      k.bernoulli('spikes', s('probability'), { into: s('out') });
    },
    absolute: 0,
    relative: 0,
  };
});

function gatherCase(batch: number, columns: number): OpCase {
  const count = 23;
  const stream = new RandomStream(9, 'table');
  const bytes = new Uint8Array(new SharedArrayBuffer(count * columns));
  bytes.set(Uint8Array.from(bytes, () => stream.integer(256)));
  const images: Table = { name: 'images', count, columns, values: bytes, encoding: 'scaled', scale: 1 / 255 };
  const labels: Table = {
    name: 'labels',
    count,
    columns,
    values: Uint8Array.from({ length: count }, () => stream.integer(columns)),
    encoding: 'one-hot',
    scale: 1,
  };
  return {
    name: `gather of ${batch} rows of ${columns}`,
    states: { images: numbers('i', [batch, columns]), labels: numbers('l', [batch, columns]) },
    trace: (k, s) => {
      k.mapInto(s('images'), (x) => x, k.gather(images, batch));
      k.mapInto(s('labels'), (x) => x, k.gather(labels, batch));
    },
    rows: Uint32Array.from({ length: STEPS * batch }, () => stream.integer(count)),
    absolute: 0,
    relative: 4 * ROUNDING,
  };
}

const gatherCases = [
  [1, 1],
  [1, 5],
  [7, 16],
  [3, 17],
  [20, 784],
].map(([batch, columns]) => gatherCase(batch!, columns!));

/** The second step has some rows of the first again, in another order; a temporary changes after it was written. */
function memoryCase(batch: number, columns: number): OpCase {
  return {
    name: `scatter of ${batch} rows of ${columns}, and gather of them`,
    states: { seen: numbers('s', [batch, columns]), again: numbers('g', [batch, columns]) },
    trace: (k, s) => {
      const first = k.rowStore('first', 40, columns);
      const second = k.rowStore('second', 40, columns);
      const [old, other] = [k.gather(first, batch), k.gather(second, batch)];
      const value = k.map((x, y) => x + 0.5 * y + 1, old, s('seen'));
      k.scatter(first, value);
      k.mapInto(value, (x) => 2 * x, value);
      k.scatter(second, s('again'));
      k.mapInto(s('again'), (x, y, c) => x + y + c, other, value, k.constant(0.25, batch, columns));
      k.mapInto(s('seen'), (x) => x, old);
    },
    rows: Uint32Array.from({ length: STEPS * batch }, (_, i) => (i < batch ? i + 3 : 2 * batch - i + 2)),
    absolute: 0,
    relative: 4 * ROUNDING,
  };
}

const memoryCases = [memoryCase(1, 1), memoryCase(7, 5), memoryCase(20, 33)];

/** Temporaries of several sizes that are done with at different times, one of them used from start to end. */
const chainCase: OpCase = {
  name: 'chain of temporaries that share memory',
  states: {
    out: numbers('o', [11, 6]),
    a: numbers('a', [11, 13]),
    w: numbers('w', [13, 13]),
    v: numbers('v', [13, 6]),
  },
  trace: (k, s) => {
    const first = k.map((x) => x + 1, s('a'));
    let x = s('a');
    for (let i = 0; i < 5; i++) {
      const drive = k.matmul(x, s('w'), { scale: 0.5 });
      const mean = k.sum(drive, { over: 'rows', scale: 1 / 11 });
      x = k.map((d, m, f) => Math.tanh(d - m) + 0.1 * f, drive, mean, first);
    }
    k.mapInto(s('out'), (p) => p, k.softmax(k.matmul(x, s('v'))));
  },
  absolute: 1e-5,
  relative: 0,
};

/** Mostly zeros, and a few counts of one and two; one row has none at all. */
function spikes(name: string, [rows, columns]: Shape): Matrix {
  const random = new RandomStream(5, name);
  const values = Float32Array.from({ length: rows * columns }, () => Math.max(0, random.integer(10) - 7));
  if (rows > 1) values.fill(0, columns, 2 * columns);
  return matrix(rows, columns, values);
}

/** The dense product, whatever the device makes of the zeros; sums as in `matmulCase`. */
const sparseCases = SIZES.flatMap(([m, k, n]) =>
  [false, true].map(
    (transposeA): OpCase => ({
      name: `sparse matmul ${m}x${k}x${n}${transposeA ? ', a transposed' : ''}`,
      states: {
        plain: numbers('p', [m, n]),
        added: numbers('d', [m, n]),
        rate: numbers('r', [1, 1]),
        a: spikes('a', transposeA ? [k, m] : [m, k]),
        b: numbers('b', [k, n]),
      },
      trace: (kernels, s) => {
        kernels.matmul(s('a'), s('b'), { transposeA, sparse: true, into: s('plain') });
        const scale = [-2, s('rate')] as const;
        kernels.matmul(s('a'), s('b'), {
          transposeA,
          sparse: true,
          scale,
          accumulate: true,
          into: s('added'),
        });
      },
      absolute: 16 * (k + 2) * ROUNDING,
      relative: 0,
    }),
  ),
);

/** Means from 0 to 0.5, groups of zeros among them. What is left of an interval is as far off as all of it, which is up to 16.6. */
const spikesCases = SHAPES.map(([m, n]): OpCase => {
  const mean = numbers('m', [m, n]);
  const means = {
    ...mean,
    values: mean.values.map((x, i) => (Math.floor(i / 24) % 2 ? 0 : Math.abs(x) / 2)),
  };
  const zeros = matrix(m, n, new Float32Array(m * n));
  return {
    name: `spikes of ${m}x${n}`,
    states: { out: numbers('o', [m, n]), total: zeros, untilSpike: zeros, means },
    trace: (k, s) => {
      const first = k.spikes('spikes', s('means'), s('untilSpike'));
      k.mapInto(s('out'), (x, y) => x + y, s('out'), first);
      k.repeat(20, () => {
        const spikes = k.spikes('more spikes', s('means'), s('untilSpike'));
        k.mapInto(s('total'), (x, y) => x + y, s('total'), spikes);
      });
    },
    absolute: 4 * 16 * ROUNDING,
    relative: 0,
  };
});

const convolveCases = SHAPES.flatMap(([m, n]) =>
  [2, 3, 10].map(
    (taps): OpCase => ({
      name: `convolve of ${m}x${n} with ${taps} taps`,
      states: {
        out: numbers('o', [m, n]),
        pending: numbers('p', [(taps - 1) * m, n]),
        a: numbers('a', [m, n]),
        kernel: numbers('k', [1, taps]),
      },
      trace: (k, s) => {
        k.mapInto(s('out'), (x) => x, k.convolve(s('a'), s('kernel'), s('pending')));
        k.mapInto(s('a'), (x) => -0.5 * x, s('a'));
      },
      absolute: 16 * ROUNDING,
      relative: 0,
    }),
  ),
);

/** A temporary from before the loop is used in every iteration, while others come and go. */
const repeatCase: OpCase = {
  name: 'repeats, one in another, with random fills',
  states: {
    out: numbers('o', [7, 5]),
    noise: numbers('n', [3, 7]),
    iterations: numbers('i', [1, 1]),
    a: numbers('a', [7, 5]),
    w: numbers('w', [5, 5]),
  },
  trace: (k, s) => {
    const before = k.map((x) => 0.5 * x, s('a'));
    const carried = k.map((x) => x, s('a'));
    let last = carried;
    k.repeat(3, (iteration) => {
      last = k.matmul(carried, s('w'));
      k.mapInto(carried, (x, b, i) => 0.3 * x + b + i, last, before, iteration);
      k.repeat(2, (inner) => {
        k.mapInto(s('noise'), (z, u) => 0.5 * z + u, s('noise'), k.uniform('u', 3, 7, -1, 1));
        k.mapInto(s('iterations'), (t, i, j) => t + 10 * i + j, s('iterations'), iteration, inner);
      });
    });
    k.mapInto(s('out'), (x, y) => x + 2 * y, carried, last);
  },
  absolute: 2e-5,
  relative: 0,
};

/** Few of the values change, and in one row none; or all change. The last size is more than the cpu device lists at a time. */
const accumulateDeltaCases = [...SIZES, [600, 120, 3] as const].flatMap(([m, k, n]) =>
  [spikes, numbers].map(
    (changes): OpCase => ({
      name: `accumulateDelta ${m}x${k}x${n}, ${changes === spikes ? 'few' : 'all'} change`,
      states: {
        sum: numbers('s', [m, n]),
        changes: changes('c', [m, k]),
        before: numbers('b', [m, k]),
        b: numbers('w', [k, n]),
      },
      trace: (kernels, s) => {
        const after = kernels.map((x, c) => x + c, s('before'), s('changes'));
        kernels.accumulateDelta(s('sum'), s('before'), after, s('b'));
      },
      absolute: 16 * (k + 2) * ROUNDING,
      relative: 0,
    }),
  ),
);

const transposeCases = SHAPES.map(
  ([m, n]): OpCase => ({
    name: `transpose of ${m}x${n}`,
    states: { out: numbers('o', [n, m]), a: numbers('a', [m, n]) },
    trace: (k, s) => {
      k.mapInto(s('out'), (x) => x, k.transpose(s('a')));
    },
    absolute: 0,
    relative: 0,
  }),
);

export const OP_TABLE: readonly OpCase[] = [
  ...matmulCases,
  ...groupedMatmulCases,
  ...copyCases,
  ...sumCases,
  ...dotCases,
  ...argmaxCases,
  ...softmaxCases,
  ...mapCases,
  ...randomCases,
  ...bernoulliCases,
  ...gatherCases,
  ...memoryCases,
  ...sparseCases,
  ...accumulateDeltaCases,
  ...transposeCases,
  ...spikesCases,
  ...convolveCases,
  repeatCase,
  chainCase,
];
