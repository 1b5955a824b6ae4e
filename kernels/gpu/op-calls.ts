import { UserError } from '../errors.ts';
import type {
  AccumulateDeltaOp,
  ArgmaxOp,
  ColumnsOp,
  ConvolveOp,
  DotOp,
  MapOp,
  MatmulOp,
  PlaceOp,
  ReshapeOp,
  SelectOp,
  SoftmaxOp,
  SumOp,
} from '../program.ts';
import type { Expression } from '../scalar.ts';
import type { Tensor } from '../tensor.ts';
import { call, type KernelCall, MAX_ARGUMENTS, scratch, type Target, X, Y } from './call.ts';
import { expressionText } from './expression-source.ts';
import { linearCall, sumOf, totalCall } from './sum-source.ts';

// The kernels of each op; those of random fills and gathers are in random-call.ts and tables.ts.

export const transposeCall = (out: Tensor, a: Tensor): KernelCall =>
  call(out, { a }, `return a[${X}][${Y}];`);

/** Half is added so that a division which rounds down does not lose a whole number. */
const quotient = (index: string, divisor: number): string => `Math.floor((${index} + 0.5) / ${divisor}.0)`;

export function reshapeCall({ out, a }: ReshapeOp): KernelCall {
  const body =
    out.columns >= a.columns
      ? `const part = ${quotient(X, a.columns)};
        return a[${Y} * ${out.columns / a.columns} + part][${X} - part * ${a.columns}];`
      : `const row = ${quotient(Y, a.columns / out.columns)};
        return a[row][(${Y} - row * ${a.columns / out.columns}) * ${out.columns} + ${X}];`;
  return call(out, { a }, body);
}

export const columnsCall = ({ out, a, first }: ColumnsOp): KernelCall =>
  call(out, { a }, `return a[${Y}][${X} + ${first}];`);

export const placeCall = ({ out, a, first }: PlaceOp): KernelCall =>
  call(
    out,
    { a, old: out },
    `let value = old[${Y}][${X}];
    if (${X} >= ${first} && ${X} < ${first + a.columns}) { value = a[${Y}][${X} - ${first}]; }
    return value;`,
  );

export const selectCall = ({ out, a, indices }: SelectOp): KernelCall =>
  call(
    out,
    { a, indices },
    `const index = indices[0][${X}];
    let value = 0.0;
    if (index > -0.5 && index < ${a.columns - 1}.5) { value = a[${Y}][index]; }
    return value;`,
  );

export function matmulCall(op: MatmulOp, target: Target): KernelCall {
  return op.groups === 1 ? productCall(op, target) : groupedProductCall(op, target);
}

function productCall(op: MatmulOp, target: Target): KernelCall {
  const inner = op.transposeA ? op.a.rows : op.a.columns;
  const total = sumOf(target, inner, (k) => {
    const a = op.transposeA ? `a[${k}][${Y}]` : `a[${Y}][${k}]`;
    const b = op.transposeB ? `b[${X}][${k}]` : `b[${k}][${X}]`;
    return `${a} * ${b}`;
  });
  return linearCall(op, { a: op.a, b: op.b }, total);
}

function groupedProductCall(op: MatmulOp, target: Target): KernelCall {
  const [m, rowsA, rowsB] = [op.out.rows, op.a.rows, op.b.rows].map((rows) => rows / op.groups);
  const inner = op.transposeA ? rowsA! : op.a.columns;
  const total = sumOf(target, inner, (k) => {
    const a = op.transposeA ? `a[group * ${rowsA} + ${k}][row]` : `a[${Y}][${k}]`;
    const b = op.transposeB ? `b[group * ${rowsB} + ${X}][${k}]` : `b[group * ${rowsB} + ${k}][${X}]`;
    return `${a} * ${b}`;
  });
  const lines = `const group = ${quotient(Y, m!)};\nconst row = ${Y} - group * ${m};\n${total.lines}`;
  return linearCall(op, { a: op.a, b: op.b }, { ...total, lines });
}

/** All of it: what did not change is no less work for a GPU. */
export function accumulateDeltaCall(
  { out, before, after, b }: AccumulateDeltaOp,
  target: Target,
): KernelCall {
  const total = sumOf(target, b.rows, (k) => `(after[${Y}][${k}] - before[${Y}][${k}]) * b[${k}][${X}]`);
  return linearCall(
    { out, factor: { constant: 1, scalar: null }, accumulate: true },
    { before, after, b },
    total,
  );
}

/** Where both axes are summed, in two passes: rows first, with a thread for each column. */
export function sumCalls(op: SumOp, target: Target): KernelCall[] {
  const { a, over } = op;
  const overColumns = sumOf(target, a.columns, (j) => `a[${Y}][${j}]`);
  if (over === 'columns' || (over === 'all' && a.rows === 1)) return [linearCall(op, { a }, overColumns)];
  const overRows = sumOf(target, a.rows, (i) => `a[${i}][${X}]`);
  if (over === 'rows' || a.columns === 1) return [linearCall(op, { a }, overRows)];
  const partial = scratch('sum', 1, a.columns);
  return [totalCall(partial, { a }, overRows), ...sumCalls({ ...op, a: partial }, target)];
}

/** In two passes, as a sum over both axes. */
export function dotCalls({ out, a, b }: DotOp, target: Target): KernelCall[] {
  const partial = scratch('dot', 1, a.columns);
  const overRows = sumOf(target, a.rows, (i) => `a[${i}][${X}] * b[${i}][${X}]`);
  const overColumns = sumOf(target, a.columns, (j) => `a[0][${j}]`);
  return [totalCall(partial, { a, b }, overRows), totalCall(out, { a: partial }, overColumns)];
}

export const argmaxCall = ({ out, a }: ArgmaxOp): KernelCall => call(out, { a }, argmaxBody(a.columns));

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

/** Above so many columns, softmax takes two kernels. */
const SHORT_ROW = 32;

/** Each thread adds up its row itself where that is short, and reads the powers of its row where it is long. */
export function softmaxCalls({ out, a }: SoftmaxOp, target: Target): KernelCall[] {
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

const topOf = (columns: number): string => `
  let top = a[${Y}][0];
  for (let j = 1; j < ${columns}; j++) {
    const v = a[${Y}][j];
    if (v > top) { top = v; }
  }`;

export function mapCall(op: MapOp): KernelCall {
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

export function convolveCalls({ out, a, kernel, pending }: ConvolveOp): KernelCall[] {
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
