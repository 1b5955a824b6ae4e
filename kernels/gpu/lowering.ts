import { UserError } from '../errors.ts';
import type {
  AccumulateDeltaOp,
  ConvolveOp,
  DotOp,
  Factor,
  HostScalar,
  MapOp,
  MatmulOp,
  Op,
  Program,
  RandomOp,
  RepeatOp,
  ScatterOp,
  SimpleOp,
  SoftmaxOp,
  SumOp,
} from '../program.ts';
import type { Expression } from '../scalar.ts';
import type { RowStore, Table, Tensor } from '../tensor.ts';
import { call, type KernelCall, MAX_ARGUMENTS, scratch, type Target, X, Y } from './call.ts';
import { expressionText } from './expression-source.ts';
import { fuseCalls } from './fusion.ts';
import { keyHalves, RANDOM_FUNCTIONS, wordText } from './random-source.ts';
import { isResident, lookUp } from './tables.ts';

export interface LoweringOptions {
  readonly target: Target;
  /** Whether tables lie on the device. */
  readonly resident: boolean;
}

/**
 * A program as kernel calls, with the arrays that the host sends for a chunk of steps. Every kernel is pure: a thread
 * computes one element of a new tensor, column x and row y; an op that adds to its result reads the old value. So each
 * tensor of the calls has one value in a step, and a tensor of the program becomes a series of them.
 */
export interface LoweredProgram {
  readonly calls: readonly KernelCall[];
  /** States whose values a step needs from before. */
  readonly reads: readonly Tensor[];
  /** States that a step changes, and where their new values are. */
  readonly writes: ReadonlyMap<Tensor, Tensor>;
  /** A row a step: the host scalars. */
  readonly stepScalars: Tensor;
  /** A row for each step and counter: upper and lower half of the counter's value, and the iteration. */
  readonly counterRows: Tensor;
  readonly counters: readonly Counter[];
  /** A row for each random fill: the words of its key, in halves. */
  readonly keyRows: Tensor;
  readonly keys: readonly (readonly number[])[];
  /** A row a step: the numbers of the minibatch's rows, for the tables on the device. */
  readonly rowNumbers: Tensor;
  /** For each row store, and each table that is not on the device, the rows of all minibatches of the chunk. */
  readonly gathered: ReadonlyMap<Table | RowStore, Tensor>;
  /** What each step writes to row stores, once the chunk is done. */
  readonly scattered: readonly { readonly store: RowStore; readonly values: Tensor }[];
}

/** What random fills count by: the step's number, and one for each iteration of each repeat. */
export interface Counter {
  value(step: number): number;
  readonly iteration: number;
}

/**
 * Repeats unroll.
 * @throws UserError if a map has too many arguments for one kernel, or a number of times is not fixed
 */
export function lowerProgram(program: Program, options: LoweringOptions): LoweredProgram {
  return new Lowering(program, options).result();
}

class Lowering {
  readonly #program: Program;
  readonly #options: LoweringOptions;
  // An array without columns is not one to gpu.js.
  readonly #stepScalars: Tensor;
  readonly #scalarRow: Tensor;
  readonly #scalars: ReadonlyMap<Tensor, number>;
  readonly #counterRows = scratch('counters', 1, 3);
  readonly #counters: Counter[] = [{ value: (step) => step, iteration: 0 }];
  readonly #keyRows = scratch('keys', 1, 6);
  readonly #keys: (readonly number[])[] = [];
  readonly #rowNumbers: Tensor;
  readonly #gathered = new Map<Table | RowStore, Tensor>();
  readonly #scattered: { store: RowStore; values: Tensor }[] = [];
  readonly #calls: KernelCall[] = [];
  /** The tensor that holds the value at this point of the step. */
  readonly #current = new Map<Tensor, Tensor>();
  readonly #transposed = new Map<Tensor, Tensor>();

  constructor(program: Program, options: LoweringOptions) {
    const { hostScalars, batch } = program;
    this.#program = program;
    this.#options = options;
    this.#stepScalars = scratch('step scalars', 1, Math.max(1, hostScalars.length));
    this.#scalarRow = { ...this.#stepScalars };
    this.#scalars = new Map(hostScalars.map(({ tensor }: HostScalar, i) => [tensor, i]));
    this.#rowNumbers = scratch('row numbers', 1, Math.max(1, batch));
  }

  result(): LoweredProgram {
    const scalars = { scalars: this.#stepScalars };
    this.#calls.push(call(this.#scalarRow, scalars, `return scalars[step][${X}];`, { takesStep: true }));
    for (const op of this.#program.ops) this.#lower(op, 0);
    const writes = new Map([...this.#current].filter(([tensor]) => tensor.storage === 'state'));
    const results = new Set([...writes.values(), ...this.#scattered.map(({ values }) => values)]);
    const calls = fuseCalls(this.#calls, results, this.#options.target);
    const read = new Set(calls.flatMap(({ args }) => [...args.values()]));
    return {
      calls,
      reads: [...read].filter(({ storage }) => storage === 'state'),
      writes,
      stepScalars: this.#stepScalars,
      counterRows: this.#counterRows,
      counters: this.#counters,
      keyRows: this.#keyRows,
      keys: this.#keys,
      rowNumbers: this.#rowNumbers,
      gathered: this.#gathered,
      scattered: this.#scattered,
    };
  }

  #lower(op: Op, counter: number): void {
    if (op.kind === 'repeat') this.#repeat(op, counter);
    else if (op.kind === 'scatter') this.#scatter(op);
    else for (const made of this.#callsOf(op)) this.#add(op.kind === 'random' ? { ...made, counter } : made);
  }

  /** Its arguments are the values at this point; its result is the new value of a tensor. */
  #add(made: KernelCall): Tensor {
    let { lines, result } = made;
    const args = new Map<string, Tensor>();
    for (const [name, tensor] of made.args) {
      const column = this.#scalars.get(tensor);
      if (column === undefined) args.set(name, this.#current.get(tensor) ?? tensor);
      else {
        const reading = new RegExp(`\\b${name}\\[[^\\]]*\\]\\[[^\\]]*\\]`, 'g');
        lines = lines.replaceAll(reading, `hostScalars[0][${column}]`);
        result = result.replaceAll(reading, `hostScalars[0][${column}]`);
        args.set('hostScalars', this.#scalarRow);
      }
    }
    const { name, rows, columns } = made.out;
    const out = scratch(name, rows, columns);
    this.#current.set(made.out, out);
    this.#calls.push({ ...made, lines, result, args, out });
    return out;
  }

  #repeat({ times, bound, otherwise, iteration: number, body }: RepeatOp, counter: number): void {
    if (typeof times !== 'number')
      throw new UserError(
        `'${this.#program.name}' repeats a part a number of times that changes from step to step, which the gpu device cannot do: ${otherwise}`,
      );
    const outside = this.#counters[counter]!;
    for (let iteration = 0; iteration < times; iteration++) {
      const value = (step: number): number => outside.value(step) * bound + iteration;
      const inside = this.#counters.push({ value, iteration }) - 1;
      const args = { counters: this.#counterRows };
      this.#add({
        ...call(number, args, 'return counters[step][2];', { takesStep: true }),
        counter: inside,
      });
      for (const op of body) this.#lower(op, inside);
    }
  }

  #scatter({ a, store }: ScatterOp): void {
    const computed = this.#current.get(a);
    // What the step did not compute is no result of a kernel: a copy is.
    const values =
      computed ?? this.#add(call(scratch(a.name, a.rows, a.columns), { a }, `return a[${Y}][${X}];`));
    this.#scattered.push({ store, values });
  }

  #callsOf(op: Exclude<SimpleOp, ScatterOp>): KernelCall[] {
    const { target } = this.#options;
    switch (op.kind) {
      case 'matmul':
        return [matmulCall(this.#inOrder(op), target)];
      case 'accumulateDelta':
        return [accumulateDeltaCall(op, target)];
      case 'transpose':
        return [transposeCall(op.out, op.a)];
      case 'map':
        return [mapCall(op)];
      case 'sum':
        return sumCalls(op, target);
      case 'dot':
        return dotCalls(op, target);
      case 'argmax':
        return [call(op.out, { a: op.a }, argmaxBody(op.a.columns))];
      case 'softmax':
        return softmaxCalls(op, target);
      case 'random':
        return [randomCall(op, this.#counterRows, this.#keyRows, this.#keys.push(keyHalves(op.key)) - 1)];
      case 'convolve':
        return convolveCalls(op);
      case 'gather':
        return [this.#gather(op.out, op.table)];
    }
  }

  #gather(out: Tensor, table: Table | RowStore): KernelCall {
    if (this.#options.resident && isResident(table)) return lookUp(out, table, this.#rowNumbers);
    const rows = this.#gathered.get(table) ?? scratch(table.name, out.rows, table.columns);
    this.#gathered.set(table, rows);
    return call(out, { rows }, `return rows[step * ${out.rows} + ${Y}][${X}];`, { takesStep: true });
  }

  /**
   * On a GPU, neighbouring threads should read neighbouring values. In a product with a transposed right operand they
   * read from different rows of it; where these are long, a transposed copy comes first. The copy is kept for as long as
   * the operand does not change, e.g. for all iterations of a settling network.
   */
  #inOrder(op: MatmulOp): MatmulOp {
    if (this.#options.target !== 'gpu' || !op.transposeB || op.b.columns < LONG_ROW) return op;
    const b = this.#current.get(op.b) ?? op.b;
    const copy = this.#transposed.get(b) ?? this.#add(transposeCall(scratch(b.name, b.columns, b.rows), b));
    this.#transposed.set(b, copy);
    return { ...op, b: copy, transposeB: false };
  }
}

/** Shorter rows of eight neighbouring threads lie within a few lines of a GPU's cache, and are read from there. */
const LONG_ROW = 32;

const transposeCall = (out: Tensor, a: Tensor): KernelCall => call(out, { a }, `return a[${X}][${Y}];`);

function matmulCall(op: MatmulOp, target: Target): KernelCall {
  const inner = op.transposeA ? op.a.rows : op.a.columns;
  const total = sumOf(target, inner, (k) => {
    const a = op.transposeA ? `a[${k}][${Y}]` : `a[${Y}][${k}]`;
    const b = op.transposeB ? `b[${X}][${k}]` : `b[${k}][${X}]`;
    return `${a} * ${b}`;
  });
  return linearCall(op, { a: op.a, b: op.b }, total);
}

/** All of it: what did not change is no less work for a GPU. */
function accumulateDeltaCall({ out, before, after, b }: AccumulateDeltaOp, target: Target): KernelCall {
  const total = sumOf(target, b.rows, (k) => `(after[${Y}][${k}] - before[${Y}][${k}]) * b[${k}][${X}]`);
  return linearCall(
    { out, factor: { constant: 1, scalar: null }, accumulate: true },
    { before, after, b },
    total,
  );
}

/** Where both axes are summed, in two passes: rows first, with a thread for each column. */
function sumCalls(op: SumOp, target: Target): KernelCall[] {
  const { a, over } = op;
  const overColumns = sumOf(target, a.columns, (j) => `a[${Y}][${j}]`);
  if (over === 'columns' || (over === 'all' && a.rows === 1)) return [linearCall(op, { a }, overColumns)];
  const overRows = sumOf(target, a.rows, (i) => `a[${i}][${X}]`);
  if (over === 'rows' || a.columns === 1) return [linearCall(op, { a }, overRows)];
  const partial = scratch('sum', 1, a.columns);
  return [totalCall(partial, { a }, overRows), ...sumCalls({ ...op, a: partial }, target)];
}

function dotCalls({ out, a, b }: DotOp, target: Target): KernelCall[] {
  const partial = scratch('dot', 1, a.columns);
  return [
    totalCall(
      partial,
      { a, b },
      sumOf(target, a.rows, (i) => `a[${i}][${X}] * b[${i}][${X}]`),
    ),
    totalCall(
      out,
      { a: partial },
      sumOf(target, a.columns, (j) => `a[0][${j}]`),
    ),
  ];
}

/** Each thread adds up its row itself where that is short, and reads the powers of its row where it is long. */
function softmaxCalls({ out, a }: SoftmaxOp, target: Target): KernelCall[] {
  const top = topOf(a.columns);
  const power = (column: string): string => `Math.exp(a[${Y}][${column}] - top)`;
  if (a.columns <= SHORT_ROW) {
    const total = sumOf(target, a.columns, power);
    return [call(out, { a }, `${top}\n${total.lines}\nreturn ${power(X)} / ${total.result};`)];
  }
  const powers = scratch('softmax', a.rows, a.columns);
  const total = sumOf(target, a.columns, (j) => `a[${Y}][${j}]`);
  return [
    call(powers, { a }, `${top}\nreturn ${power(X)};`),
    call(out, { a: powers }, `${total.lines}\nreturn a[${Y}][${X}] / ${total.result};`),
  ];
}

const SHORT_ROW = 32;

function mapCall(op: MapOp): KernelCall {
  const args = op.args.filter((t, i) => op.args.indexOf(t) === i && isUsed(op, t));
  if (args.length > MAX_ARGUMENTS)
    throw new UserError(
      `the gpu device takes at most ${MAX_ARGUMENTS} tensors in one map, not ${args.length}: split \`${op.fn.source.slice(0, 80)}\` in two`,
    );
  const loads = args.map(
    (t, i) =>
      `const x${i} = a${i}[${t.rows === op.out.rows ? Y : 0}][${t.columns === op.out.columns ? X : 0}];`,
  );
  const text = expressionText(op.fn, (index) => `x${args.indexOf(op.args[index]!)}`);
  return call(
    op.out,
    Object.fromEntries(args.map((t, i) => [`a${i}`, t])),
    [...loads, ...text.lines, `return ${text.result};`].join('\n'),
    { floats: text.constants },
  );
}

/** A function may ignore an argument: derivatives get both potential and rate. */
function isUsed({ fn, args }: MapOp, tensor: Tensor): boolean {
  const seen = new Set<Expression>();
  const reads = (e: Expression): boolean => {
    if (e.kind === 'argument') return args[e.index] === tensor;
    if (e.kind === 'constant' || seen.has(e)) return false;
    seen.add(e);
    return e.operands.some(reads);
  };
  return reads(fn.body);
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

function randomCall(op: RandomOp, counters: Tensor, keys: Tensor, fill: number): KernelCall {
  const element = `(${Y} * ${op.out.columns} + ${X})`;
  const word = (odd: string): string => wordText(`${element} >> 1`, fill, odd);
  // A statement of its own: inside a float expression gpu.js makes floats of integers.
  const uniform = `const u = unit(${word(`${element} & 1`)});\n`;
  const options = { takesStep: true, functions: RANDOM_FUNCTIONS };
  const args = { counters, keys };
  switch (op.distribution) {
    case 'uniform':
      return call(op.out, args, `${uniform}return this.constants.low + this.constants.width * u;`, {
        ...options,
        floats: { low: op.a, width: op.b - op.a },
      });
    case 'normal': {
      const body = `
        const distance = negativeLog(${word('0')});
        const u = unit(${word('1')});
        const turn = (${element} & 1) > 0 ? (u < 0.25 ? u + 0.75 : u - 0.25) : u;
        return this.constants.mean + this.constants.deviation * Math.sqrt(2.0 * distance) * cosine(turn);`;
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
      return call(
        op.out,
        { p: op.probability!, ...args },
        `const u = unit(${wordText(`${element} >> 2`, fill, `((${element} >> 1) & 1) | ((${element} & 1) << 1)`)});\n${POISSON_BODY}`,
        options,
      );
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

/** Terms that a thread adds in one turn of a loop on a GPU. */
const TURN = 16;

/**
 * The sum of `term(0) ... term(count - 1)`, as four sums side by side: faster, and with a quarter of the rounding.
 *
 * gpu.js makes the counter of a loop an integer where it goes up by one, and a float otherwise, which a GPU has to
 * convert for every index. So a GPU counts turns of many terms; a processor vectorizes the loop over floats as well.
 */
function sumOf(target: Target, count: number, term: (index: string) => string): Total {
  const turn = target === 'gpu' ? TURN : 4;
  const whole = count - (count % turn);
  const lines = ['let s0 = 0.0; let s1 = 0.0; let s2 = 0.0; let s3 = 0.0;'];
  const add = (i: number, index: string): string => `s${i % 4} += ${term(index)};`;
  if (whole > 0) {
    const [step, first] = target === 'gpu' ? [`k++`, `${turn} * k`] : [`k += ${turn}`, 'k'];
    const body = Array.from({ length: turn }, (_, i) => add(i, i === 0 ? first : `${first} + ${i}`));
    const end = target === 'gpu' ? whole / turn : whole;
    lines.push(`for (let k = 0; k < ${end}; ${step}) { ${body.join(' ')} }`);
  }
  for (let k = whole; k < count; k++) lines.push(add(k, String(k)));
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

const topOf = (columns: number): string => `
  let top = a[${Y}][0];
  for (let j = 1; j < ${columns}; j++) {
    const v = a[${Y}][j];
    if (v > top) { top = v; }
  }`;
