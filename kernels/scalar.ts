import { type AnyNode, type ArrowFunctionExpression, parseExpressionAt, type Statement } from 'acorn';
import { UserError } from './errors.ts';

/**
 * One scalar function, written once in TypeScript, compiled for every device. This file turns its source into a small
 * expression graph; cpu/ makes WebAssembly SIMD of it and gpu/ the source of a gpu.js kernel.
 *
 * What such a function may hold: its own parameters, numbers, + - * / and unary minus, comparisons, && || !, the
 * conditional operator, `const` names for intermediate values, and the functions in INTRINSICS. It cannot see
 * variables of the code around it: pass them as arguments.
 */

export const INTRINSICS = {
  exp: 1,
  log: 1,
  tanh: 1,
  sigmoid: 1,
  sqrt: 1,
  abs: 1,
  floor: 1,
  min: 2,
  max: 2,
} as const;

export type Intrinsic = keyof typeof INTRINSICS;
export type NumberOperator = 'add' | 'subtract' | 'multiply' | 'divide' | 'negate' | Intrinsic;
export type ConditionOperator = 'lt' | 'le' | 'gt' | 'ge' | 'eq' | 'ne' | 'and' | 'or' | 'not';

/** A node of the graph. The same object in two places is one value, to be computed once. */
export type Expression =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'argument'; readonly index: number }
  | { readonly kind: 'number'; readonly operator: NumberOperator; readonly operands: readonly Expression[] }
  | {
      readonly kind: 'condition';
      readonly operator: ConditionOperator;
      readonly operands: readonly Expression[];
    }
  | { readonly kind: 'select'; readonly operands: readonly [Expression, Expression, Expression] };

/** A function of numbers, as `map` takes it. */
export type JsScalarFunction = (...values: number[]) => number;

export interface ScalarFunction {
  /** Text that stands for the function with its bound constants: equal text, equal function. */
  readonly source: string;
  /** The function itself, for the float64 reference; takes the unbound arguments only. */
  readonly js: JsScalarFunction;
  /** Number of tensor arguments. */
  readonly arity: number;
  readonly body: Expression;
}

/** 1 / (1 + e^-x), for use in `map` functions and on the host. */
export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

const BINARY: Record<string, NumberOperator | undefined> = {
  '+': 'add',
  '-': 'subtract',
  '*': 'multiply',
  '/': 'divide',
};
const COMPARISON: Record<string, ConditionOperator | undefined> = {
  '<': 'lt',
  '<=': 'le',
  '>': 'gt',
  '>=': 'ge',
  '===': 'eq',
  '!==': 'ne',
};

/**
 * Reads a scalar function and fixes the arguments given as numbers.
 * @param fn an arrow function of numbers
 * @param bound one entry a parameter: a number to build in, or null for a tensor argument
 * @throws UserError naming the construct that a map function may not hold
 */
export function parseScalarFunction(fn: JsScalarFunction, bound: readonly (number | null)[]): ScalarFunction {
  const source = fn.toString();
  const shown = source.replace(/\s+/g, ' ').slice(0, 120);
  const refuse = (what: string): never => {
    throw new UserError(
      `map cannot compile ${what} in \`${shown}\`; see docs/kernels.md for what a map function may hold`,
    );
  };
  let tree: ArrowFunctionExpression;
  try {
    tree = parseExpressionAt(source, 0, { ecmaVersion: 2023 }) as ArrowFunctionExpression;
  } catch {
    return refuse('this source text');
  }
  if (tree.type !== 'ArrowFunctionExpression') return refuse('anything but an arrow function');
  if (tree.async) return refuse('an async function');
  if (tree.params.length !== bound.length)
    throw new UserError(
      `map got ${bound.length} argument(s) for the ${tree.params.length} parameter(s) of \`${shown}\``,
    );

  const scope = new Map<string, Expression>();
  let arity = 0;
  for (const [i, parameter] of tree.params.entries()) {
    if (parameter.type !== 'Identifier') return refuse('a parameter that is not a plain name');
    const value = bound[i];
    scope.set(
      parameter.name,
      value === null || value === undefined
        ? { kind: 'argument', index: arity++ }
        : { kind: 'constant', value },
    );
  }

  const textOf = (node: AnyNode): string => source.slice(node.start, node.end);
  const number = (operator: NumberOperator, ...operands: Expression[]): Expression => ({
    kind: 'number',
    operator,
    operands,
  });
  const condition = (operator: ConditionOperator, ...operands: Expression[]): Expression => ({
    kind: 'condition',
    operator,
    operands,
  });

  function asNumber(node: AnyNode): Expression {
    const e = read(node);
    return e.kind === 'condition' ? refuse('a condition used as a number (write c ? 1 : 0)') : e;
  }
  function asCondition(node: AnyNode): Expression {
    const e = read(node);
    return e.kind === 'condition' ? e : refuse('a number used as a condition (write x !== 0)');
  }
  /** Of `Math.exp`, `sigmoid`, `exp` taken out of Math, or what transpilers make of an import: `(0, module.sigmoid)`. */
  function intrinsicOf(callee: AnyNode): Intrinsic | null {
    if (callee.type === 'SequenceExpression') return intrinsicOf(callee.expressions.at(-1)!);
    const name = calledName(callee);
    return name !== null && Object.hasOwn(INTRINSICS, name) ? (name as Intrinsic) : null;
  }
  function calledName(callee: AnyNode): string | null {
    if (callee.type === 'Identifier') return scope.has(callee.name) ? null : callee.name;
    if (callee.type !== 'MemberExpression' || callee.computed) return null;
    const { object, property } = callee;
    if (object.type !== 'Identifier' || property.type !== 'Identifier' || scope.has(object.name)) return null;
    // Another module's `log` may be of another base.
    return (object.name === 'Math') === (property.name !== 'sigmoid') ? property.name : null;
  }
  function read(node: AnyNode): Expression {
    switch (node.type) {
      case 'Literal':
        return typeof node.value === 'number'
          ? { kind: 'constant', value: node.value }
          : refuse(`the literal ${node.raw}`);
      case 'Identifier':
        return scope.get(node.name) ?? refuse(`the outside variable '${node.name}' (pass it as an argument)`);
      case 'MemberExpression':
        return refuse(`the outside value '${textOf(node)}' (pass it as an argument)`);
      case 'UnaryExpression':
        if (node.operator === '-') return number('negate', asNumber(node.argument));
        if (node.operator === '!') return condition('not', asCondition(node.argument));
        return refuse(`the operator ${node.operator}`);
      case 'BinaryExpression': {
        const arithmetic = BINARY[node.operator];
        if (arithmetic) return number(arithmetic, asNumber(node.left), asNumber(node.right));
        const comparison = COMPARISON[node.operator];
        if (comparison) return condition(comparison, asNumber(node.left), asNumber(node.right));
        return refuse(`the operator ${node.operator}`);
      }
      case 'LogicalExpression':
        if (node.operator === '&&') return condition('and', asCondition(node.left), asCondition(node.right));
        if (node.operator === '||') return condition('or', asCondition(node.left), asCondition(node.right));
        return refuse(`the operator ${node.operator}`);
      case 'ConditionalExpression':
        return {
          kind: 'select',
          operands: [asCondition(node.test), asNumber(node.consequent), asNumber(node.alternate)],
        };
      case 'CallExpression': {
        const name = intrinsicOf(node.callee);
        if (!name) return refuse(`the call of '${textOf(node.callee)}'`);
        const wanted = INTRINSICS[name];
        if (node.arguments.length !== wanted)
          return refuse(`${name} with ${node.arguments.length} argument(s), it takes ${wanted}`);
        return number(name, ...node.arguments.map(asNumber));
      }
      default:
        return refuse(`the construct ${node.type}`);
    }
  }
  function readBlock(statements: readonly Statement[]): Expression {
    for (const statement of statements) {
      if (statement.type === 'ReturnStatement')
        return statement.argument ? asNumber(statement.argument) : refuse('an empty return');
      if (statement.type !== 'VariableDeclaration' || statement.kind !== 'const')
        return refuse('a statement other than const and return');
      for (const { id, init } of statement.declarations) {
        if (id.type !== 'Identifier' || !init) return refuse('a const that is not a plain name');
        scope.set(id.name, read(init));
      }
    }
    return refuse('a body without a return');
  }

  const body = tree.body.type === 'BlockStatement' ? readBlock(tree.body.body) : asNumber(tree.body);
  const free = bound.map((value) => value === null);
  return {
    source: `${source} | ${bound.map((value) => (value === null ? '_' : String(Object.is(value, -0) ? '-0' : value))).join(', ')}`,
    js: (...values) => {
      let next = 0;
      return fn(...bound.map((value, i) => (free[i] ? values[next++]! : value!)));
    },
    arity,
    body,
  };
}
