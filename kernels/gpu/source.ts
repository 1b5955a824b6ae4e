import { UserError } from '../errors.ts';
import {
  type ConvolveOp,
  type DotOp,
  type Factor,
  type FollowOp,
  inputsOf,
  type MapOp,
  type MatmulOp,
  type Op,
  type Program,
  type RandomOp,
  type ScatterOp,
  type SimpleOp,
  type SoftmaxOp,
  type SumOp,
} from '../program.ts';
import type { RowMemory, Table, Tensor } from '../tensor.ts';
import { expressionText } from './expression-source.ts';
import { type HelperFunction, keyConstants, RANDOM_FUNCTIONS } from './random-source.ts';

/**
 * From a recorded program to gpu.js kernels. Every kernel is pure: one thread computes one element of a new value for
 * one tensor (an op that adds to its result takes the old value as one more argument). A tensor is a two-dimensional
 * array, so that thread x is the column and thread y the row.
 */
export interface KernelText {
  readonly source: string;
  readonly rows: number;
  readonly columns: number;
  /** Values of `this.constants`, of type Float. */
  readonly floats: Readonly<Record<string, number>>;
  /** Values of `this.constants`, of type Integer. */
  readonly integers: Readonly<Record<string, number>>;
  readonly functions: readonly HelperFunction[];
}

/** One kernel call of a step. */
export interface KernelCall {
  readonly kernel: KernelText;
  readonly args: readonly Tensor[];
  /** Whether the kernel's last argument is the number of the step within its chunk, or the row of its counter. */
  readonly takesStep: boolean;
  /** Number of the counter whose row for the step is the argument; null for the number of the step. */
  readonly counter: number | null;
  readonly out: Tensor;
}

/** A program as kernel calls, with the arrays that the host sends for a chunk of steps. */
export interface LoweredProgram {
  readonly calls: readonly KernelCall[];
  /** States whose values a step needs from before. */
  readonly reads: readonly Tensor[];
  readonly writes: readonly Tensor[];
  /** A row a step: the host scalars. */
  readonly stepScalars: Tensor;
  /** A row for each step and counter: upper and lower half of the counter's value, and the iteration. */
  readonly counterRows: Tensor;
  readonly counters: readonly Counter[];
  /** For each table, the rows of all minibatches of the chunk. */
  readonly gathered: ReadonlyMap<Table | RowMemory, Tensor>;
  /** What each step writes to memories, once the chunk is done. */
  readonly scattered: readonly { readonly memory: RowMemory; readonly values: Tensor }[];
}

/** What random fills count by: the step's number, and one for each iteration of each repeat. */
export interface Counter {
  value(step: number): number;
  readonly iteration: number;
}

const X = 'this.thread.x';
const Y = 'this.thread.y';

/** WebGPU guarantees 8 storage buffers for a kernel, of which one is the result. */
const MAX_ARGUMENTS = 7;

/**
 * Repeats unroll.
 * @throws UserError if a map has too many arguments for one kernel, or a number of times is not fixed
 */
export function lowerProgram({ name, ops, hostScalars }: Program): LoweredProgram {
  // An array without columns is not one to gpu.js.
  const stepScalars = scratch('step scalars', 1, Math.max(1, hostScalars.length));
  const counterRows = scratch('counters', 1, 3);
  const counters: Counter[] = [{ value: (step) => step, iteration: 0 }];
  const gathered = new Map<Table | RowMemory, Tensor>();
  const scattered: { memory: RowMemory; values: Tensor }[] = [];
  const calls = hostScalars.map(({ tensor }, i) =>
    call(tensor, { scalars: stepScalars }, `return scalars[step][${i}];`, { takesStep: true }),
  );
  const reads = new Set<Tensor>();
  const writes = new Set<Tensor>();
  const lower = (op: Op, counter: number): void => {
    if (op.kind === 'repeat') {
      if (typeof op.times !== 'number')
        throw new UserError(
          `'${name}' repeats a part a number of times that changes from step to step, which the gpu device cannot do: ${op.otherwise}`,
        );
      for (let iteration = 0; iteration < op.times; iteration++) {
        const outside = counters[counter]!;
        const value = (step: number): number => outside.value(step) * op.bound + iteration;
        const inside = counters.push({ value, iteration }) - 1;
        const number = call(op.iteration, { counters: counterRows }, 'return counters[step][2];', {
          takesStep: true,
        });
        calls.push({ ...number, counter: inside });
        for (const inner of op.body) lower(inner, inside);
      }
      return;
    }
    for (const tensor of inputsOf(op))
      if (tensor.storage === 'state' && !writes.has(tensor)) reads.add(tensor);
    if (op.kind === 'scatter') {
      // A copy: the tensor may get other values later in the step.
      const values = scratch(op.memory.name, op.a.rows, op.a.columns);
      calls.push(call(values, { a: op.a }, `return a[${Y}][${X}];`));
      scattered.push({ memory: op.memory, values });
      return;
    }
    for (const made of lowerOp(op, counterRows, gathered)) {
      calls.push(op.kind === 'random' ? { ...made, counter } : made);
      if (made.out.storage === 'state') writes.add(made.out);
    }
  };
  for (const op of ops) lower(op, 0);
  return {
    calls,
    reads: [...reads],
    writes: [...writes],
    stepScalars,
    counterRows,
    counters,
    gathered,
    scattered,
  };
}

function lowerOp(
  op: Exclude<SimpleOp, ScatterOp>,
  counterRows: Tensor,
  gathered: Map<Table | RowMemory, Tensor>,
): KernelCall[] {
  switch (op.kind) {
    case 'matmul':
      return [matmulCall(op)];
    case 'follow':
      return [followCall(op)];
    case 'transpose':
      return [call(op.out, { a: op.a }, `return a[${X}][${Y}];`)];
    case 'map':
      return [mapCall(op)];
    case 'sum':
      return sumCalls(op);
    case 'dot':
      return dotCalls(op);
    case 'argmax':
      return [call(op.out, { a: op.a }, argmaxBody(op.a.columns))];
    case 'softmax':
      return softmaxCalls(op);
    case 'random':
      return [randomCall(op, counterRows)];
    case 'convolve':
      return convolveCalls(op);
    case 'gather': {
      const rows = gathered.get(op.table) ?? scratch(op.table.name, op.out.rows, op.table.columns);
      gathered.set(op.table, rows);
      return [
        call(op.out, { rows }, `return rows[step * ${op.out.rows} + ${Y}][${X}];`, { takesStep: true }),
      ];
    }
  }
}

function matmulCall(op: MatmulOp): KernelCall {
  const inner = op.transposeA ? op.a.rows : op.a.columns;
  const total = sumOf(inner, (k) => {
    const a = op.transposeA ? `a[${k}][${Y}]` : `a[${Y}][${k}]`;
    const b = op.transposeB ? `b[${X}][${k}]` : `b[${k}][${X}]`;
    return `${a} * ${b}`;
  });
  return linearCall(op, { a: op.a, b: op.b }, total);
}

/** All of it: what did not change is no less work for a GPU. */
function followCall({ out, before, after, b }: FollowOp): KernelCall {
  const total = sumOf(b.rows, (k) => `(after[${Y}][${k}] - before[${Y}][${k}]) * b[${k}][${X}]`);
  return linearCall(
    { out, factor: { constant: 1, scalar: null }, accumulate: true },
    { before, after, b },
    total,
  );
}

/** Where both axes are summed, in two passes: rows first, with a thread for each column. */
function sumCalls(op: SumOp): KernelCall[] {
  const { a, over } = op;
  const overColumns = sumOf(a.columns, (j) => `a[${Y}][${j}]`);
  if (over === 'columns' || (over === 'all' && a.rows === 1)) return [linearCall(op, { a }, overColumns)];
  const overRows = sumOf(a.rows, (i) => `a[${i}][${X}]`);
  if (over === 'rows') return [linearCall(op, { a }, overRows)];
  const partial = scratch('sum', 1, a.columns);
  return [totalCall(partial, { a }, overRows), ...sumCalls({ ...op, a: partial })];
}

function dotCalls({ out, a, b }: DotOp): KernelCall[] {
  const partial = scratch('dot', 1, a.columns);
  return [
    totalCall(
      partial,
      { a, b },
      sumOf(a.rows, (i) => `a[${i}][${X}] * b[${i}][${X}]`),
    ),
    totalCall(
      out,
      { a: partial },
      sumOf(a.columns, (j) => `a[0][${j}]`),
    ),
  ];
}

function softmaxCalls({ out, a }: SoftmaxOp): KernelCall[] {
  const powers = scratch('softmax', a.rows, a.columns);
  const total = sumOf(a.columns, (j) => `a[${Y}][${j}]`);
  return [
    call(powers, { a }, powersBody(a.columns)),
    call(out, { a: powers }, `${total.lines}\nreturn a[${Y}][${X}] / ${total.result};`),
  ];
}

function mapCall(op: MapOp): KernelCall {
  const args = [...new Set(op.args)];
  if (args.length > MAX_ARGUMENTS)
    throw new UserError(
      `the gpu device takes at most ${MAX_ARGUMENTS} tensors in one map, not ${args.length}: split \`${op.fn.source.slice(0, 80)}\` in two`,
    );
  const loads = args.map(
    (t, i) => `const x${i} = a${i}[${t.rows === 1 ? 0 : Y}][${t.columns === 1 ? 0 : X}];`,
  );
  const text = expressionText(op.fn, (index) => `x${args.indexOf(op.args[index]!)}`);
  return call(
    op.out,
    Object.fromEntries(args.map((t, i) => [`a${i}`, t])),
    [...loads, ...text.lines, `return ${text.result};`].join('\n'),
    { floats: text.constants },
  );
}

function convolveCalls({ out, a, kernel, pending }: ConvolveOp): KernelCall[] {
  const { rows } = a;
  const taps = kernel.columns;
  const now = `return kernel[0][0] * a[${Y}][${X}] + pending[${Y}][${X}];`;
  // Row y belongs to the block y / rows, which a quotient of floats could miss.
  const tap = Array.from(
    { length: taps - 1 },
    (_, j) => `if (${Y} >= ${j * rows}) { tap = kernel[0][${j + 1}]; row = ${Y} - ${j * rows}; }`,
  );
  const later = taps > 2 ? `if (${Y} < ${(taps - 2) * rows}) { next = pending[${Y} + ${rows}][${X}]; }` : '';
  const body = `let tap = 0.0; let row = 0; let next = 0.0;
    ${tap.join('\n')}
    ${later}
    return next + tap * a[row][${X}];`;
  return [call(out, { kernel, a, pending }, now), call(pending, { kernel, a, pending }, body)];
}

function randomCall(op: RandomOp, counterRows: Tensor): KernelCall {
  const element = `(${Y} * ${op.out.columns} + ${X})`;
  const step = '(counters[step][0] << 16) | counters[step][1]';
  const word = (odd: string): string =>
    `word(${element} >> 1, ${step}, this.constants.key0, this.constants.key1, this.constants.key2, ${odd})`;
  // A statement of its own: inside a float expression gpu.js makes floats of the integer constants.
  const uniform = `const u = unit(${word(`${element} & 1`)});\n`;
  const options = { takesStep: true, integers: keyConstants(op.key), functions: RANDOM_FUNCTIONS };
  const args = { counters: counterRows };
  switch (op.distribution) {
    case 'uniform':
      return call(op.out, args, `${uniform}return this.constants.low + this.constants.width * u;`, {
        ...options,
        floats: { low: op.a, width: op.b - op.a },
      });
    case 'normal': {
      const body = `
        const log = negativeLog(${word('0')});
        const u = unit(${word('1')});
        const turn = (${element} & 1) > 0 ? (u < 0.25 ? u + 0.75 : u - 0.25) : u;
        return this.constants.mean + this.constants.deviation * Math.sqrt(2.0 * log) * cosine(turn);`;
      return call(op.out, args, body, { ...options, floats: { mean: op.a, deviation: op.b } });
    }
    case 'bernoulli':
      return call(
        op.out,
        { p: op.probability!, ...args },
        `${uniform}return u < p[${Y}][${X}] ? 1.0 : 0.0;`,
        options,
      );
    case 'poisson':
      return call(op.out, { p: op.probability!, ...args }, `${uniform}${POISSON_BODY}`, options);
  }
}

/** See poissonCount in ../random.ts. */
const POISSON_BODY = `
  const mean = p[${Y}][${X}];
  let series = 1.0;
  ${[8, 7, 6, 5, 4, 3, 2].map((n) => `series = 1.0 - mean * ${Math.fround(1 / n)} * series;`).join('\n')}
  let tail = mean * series;
  let probability = 1.0 - tail;
  let count = 0.0;
  ${[1, 2, 3, 4, 5, 6, 7, 8]
    .map(
      (n) =>
        `if (u < tail) { count = ${n}.0; probability = probability * mean / ${n}.0; tail = tail - probability; }`,
    )
    .join('\n')}
  return count;`;

const scratch = (name: string, rows: number, columns: number): Tensor => ({
  id: -1,
  name,
  rows,
  columns,
  storage: 'temporary',
});

function call(
  out: Tensor,
  args: Readonly<Record<string, Tensor>>,
  body: string,
  options: Partial<Pick<KernelText, 'floats' | 'integers' | 'functions'> & { takesStep: boolean }> = {},
): KernelCall {
  const { floats = {}, integers = {}, functions = [], takesStep = false } = options;
  const parameters = [...Object.keys(args), ...(takesStep ? ['step'] : [])];
  const source = `function (${parameters.join(', ')}) {\n${body}\n}`;
  const kernel = { source, rows: out.rows, columns: out.columns, floats, integers, functions };
  return { kernel, args: Object.values(args), takesStep, counter: null, out };
}

const totalCall = (out: Tensor, args: Readonly<Record<string, Tensor>>, total: Total): KernelCall =>
  call(out, args, `${total.lines}\nreturn ${total.result};`);

/** result = factor * total, added to the old value where the op accumulates. */
function linearCall(
  { factor, out, accumulate }: { factor: Factor; out: Tensor; accumulate: boolean },
  args: Readonly<Record<string, Tensor>>,
  total: Total,
): KernelCall {
  const terms = [total.result];
  if (factor.constant !== 1) terms.push('this.constants.factor');
  if (factor.scalar) terms.push('scale[0][0]');
  const old = accumulate ? ` + old[${Y}][${X}]` : '';
  return call(
    out,
    { ...args, ...(factor.scalar && { scale: factor.scalar }), ...(accumulate && { old: out }) },
    `${total.lines}\nreturn ${terms.join(' * ')}${old};`,
    { floats: factor.constant === 1 ? {} : { factor: factor.constant } },
  );
}

interface Total {
  readonly lines: string;
  readonly result: string;
}

/** The sum of `term(0) ... term(count - 1)`, as four sums side by side: faster, and with a quarter of the rounding. */
function sumOf(count: number, term: (index: string) => string): Total {
  const whole = count - (count % 4);
  const lines = ['let s0 = 0.0; let s1 = 0.0; let s2 = 0.0; let s3 = 0.0;'];
  if (whole > 0) {
    const quarters = [0, 1, 2, 3].map((i) => `s${i} += ${term(i === 0 ? 'k' : `k + ${i}`)};`);
    lines.push(`for (let k = 0; k < ${whole}; k += 4) { ${quarters.join(' ')} }`);
  }
  for (let k = whole; k < count; k++) lines.push(`s0 += ${term(String(k))};`);
  return { lines: lines.join('\n'), result: '((s0 + s1) + (s2 + s3))' };
}

/** NaN compares false with everything, so what is neither below 0 nor at least 0 is NaN. */
const argmaxBody = (columns: number): string => `
  let best = a[${Y}][0];
  let column = 0.0;
  let nan = 0.0;
  for (let j = 0; j < ${columns}; j++) {
    const v = a[${Y}][j];
    if (v > best) { best = v; column = j; }
    nan = v < 0.0 ? nan : (v >= 0.0 ? nan : v);
  }
  return column + nan;`;

const powersBody = (columns: number): string => `
  let top = a[${Y}][0];
  for (let j = 1; j < ${columns}; j++) {
    const v = a[${Y}][j];
    if (v > top) { top = v; }
  }
  return Math.exp(a[${Y}][${X}] - top);`;
