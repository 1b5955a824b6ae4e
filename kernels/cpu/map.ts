import type { ConditionOperator, Expression, NumberOperator, ScalarFunction } from '../scalar.ts';
import { assembleKernel, type Spread } from './map-module.ts';
import { float32Bits, SIGN_BIT, STAGES, type Stage, type Vector, VectorGraph } from './vector-graph.ts';
import { exp, log, sigmoid, tanh } from './vector-math.ts';
import type { VectorOperator } from './wasm-encoder.ts';

/**
 * A compiled map. Takes byte offsets into the memory, and sizes in elements. It reads and writes nothing outside of
 * the tensors. `out` may be the place of a 'full' argument, but not overlap an argument in another way.
 */
export type MapKernel = (out: number, rows: number, columns: number, ...args: number[]) => void;

const compiled = new WeakMap<WebAssembly.Memory, Map<string, MapKernel>>();

/** By function and spreads. The next run of a thread needs most of them again, over a memory of its own. */
const modules = new Map<string, WebAssembly.Module>();

/** Functions with constants of their own for each condition would be kept forever. */
const MOST_MODULES = 500;

/**
 * Compiles a scalar function to WebAssembly SIMD over a device's memory; equal functions and spreads share one kernel.
 *
 * A result has the bits that JavaScript gives when it rounds every operation to float32, and for exp, log, tanh and
 * sigmoid those of vector-math.ts. It does not depend on the element's place in the tensor.
 * @param spreads one entry an argument
 */
export function compileMap(
  fn: ScalarFunction,
  spreads: readonly Spread[],
  memory: WebAssembly.Memory,
): MapKernel {
  if (spreads.length !== fn.arity)
    throw new Error(
      `map got ${spreads.length} spread(s) for the ${fn.arity} argument(s) of \`${fn.source}\``,
    );
  let kernels = compiled.get(memory);
  if (!kernels) {
    kernels = new Map();
    compiled.set(memory, kernels);
  }
  const key = `${fn.source}\n${spreads.join(' ')}`;
  let kernel = kernels.get(key);
  if (!kernel) {
    if (modules.size >= MOST_MODULES) modules.clear();
    const module = modules.get(key) ?? assemble(fn.body, spreads);
    modules.set(key, module);
    kernel = new WebAssembly.Instance(module, { env: { memory } }).exports.run as MapKernel;
    kernels.set(key, kernel);
  }
  return kernel;
}

function assemble(body: Expression, spreads: readonly Spread[]): WebAssembly.Module {
  const graph = new VectorGraph();
  const result = lower(graph, body, spreads);
  return new WebAssembly.Module(assembleKernel(graph, result, spreads));
}

const STAGE_OF: Record<Spread, Stage> = {
  scalar: STAGES.call,
  column: STAGES.row,
  row: STAGES.element,
  full: STAGES.element,
};

const CONDITIONS: Record<ConditionOperator, VectorOperator> = {
  lt: 'f32x4.lt',
  le: 'f32x4.le',
  gt: 'f32x4.gt',
  ge: 'f32x4.ge',
  eq: 'f32x4.eq',
  ne: 'f32x4.ne',
  and: 'v128.and',
  or: 'v128.or',
  not: 'v128.not',
};

/** Builds the vector that computes `body`. Conditions become masks. */
function lower(g: VectorGraph, body: Expression, spreads: readonly Spread[]): Vector {
  const done = new Map<Expression, Vector>();
  const visit = (e: Expression): Vector => {
    const value = done.get(e) ?? translate(e);
    done.set(e, value);
    return value;
  };
  const translate = (e: Expression): Vector => {
    switch (e.kind) {
      case 'constant':
        return g.number(e.value);
      case 'argument':
        return g.argument(e.index, STAGE_OF[spreads[e.index]!]);
      case 'condition':
        return g.apply(CONDITIONS[e.operator], ...e.operands.map(visit));
      case 'select': {
        const [mask, yes, no] = e.operands;
        return g.select(visit(mask), visit(yes), visit(no));
      }
      case 'number':
        return lowerNumber(g, e.operator, e.operands.map(visit));
    }
  };
  return visit(body);
}

function lowerNumber(g: VectorGraph, operator: NumberOperator, operands: readonly Vector[]): Vector {
  const [a, b] = operands as [Vector, Vector];
  switch (operator) {
    case 'add':
      return g.add(a, b);
    case 'subtract':
      return g.subtract(a, b);
    case 'multiply':
      return g.multiply(a, b);
    case 'divide':
      return g.divide(a, b);
    case 'negate':
      return negate(g, a);
    case 'abs':
      return g.apply('v128.and', a, g.bits(~SIGN_BIT));
    case 'sqrt':
    case 'floor':
      return g.apply(`f32x4.${operator}`, a);
    case 'min':
    case 'max':
      return extremum(g, operator, a, b);
    case 'exp':
      return exp(g, a);
    case 'log':
      return log(g, a);
    case 'tanh':
      return tanh(g, a);
    case 'sigmoid':
      return sigmoid(g, a);
  }
}

const constantBits = (value: Vector): number | null =>
  value.content.kind === 'constant' ? value.content.bits : null;

/** Changes the sign; of a constant at once, so that -1 is a known number to `extremum`. */
function negate(g: VectorGraph, a: Vector): Vector {
  const bits = constantBits(a);
  return bits === null ? g.apply('v128.xor', a, g.bits(SIGN_BIT)) : g.bits(bits ^ SIGN_BIT);
}

const ZERO = float32Bits(0);
const NEGATIVE_ZERO = float32Bits(-0);
const NAN = float32Bits(Number.NaN);

/**
 * min and max as JavaScript's: NaN if one side is NaN, and -0 below 0. That is f32x4.min and f32x4.max, which take
 * several of a processor's instructions. Where one side is a known number, as in Math.max(x, 0), pmin and pmax do with
 * one: they give `known` if it is beyond x, and else x, be it NaN.
 */
function extremum(g: VectorGraph, operator: 'min' | 'max', a: Vector, b: Vector): Vector {
  const [x, known] = constantBits(a) === null ? [a, b] : [b, a];
  const bits = constantBits(known);
  if (bits === null || bits === NAN || (operator === 'min' && bits === NEGATIVE_ZERO))
    return g.apply(`f32x4.${operator}`, a, b);
  const result = g.apply(`f32x4.p${operator}`, x, known);
  // pmax(-0, 0) is -0; adding 0 makes it 0 and changes nothing else.
  return operator === 'max' && bits === ZERO ? g.add(result, known) : result;
}
