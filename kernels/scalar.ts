import {
  type AnyNode,
  type ArrowFunctionExpression,
  type BinaryExpression,
  type CallExpression,
  type Literal,
  type LogicalExpression,
  parseExpressionAt,
  type Statement,
  type UnaryExpression,
  type VariableDeclaration,
} from 'acorn';
import { UserError } from './errors.ts';

/**
 * One scalar function, written once in TypeScript, compiled for every device. This file turns its source into a small
 * expression graph; cpu/ makes WebAssembly SIMD of it and gpu/ the source of a gpu.js kernel.
 *
 * What such a function may hold: its own parameters, numbers, + - * / and unary minus, comparisons, && || !, the
 * conditional operator, `const` names for intermediate values, and the functions in INTRINSICS. It cannot see
 * variables of the code around it: pass them as arguments. The `let` and the `+(x > 0)` of minifiers are read as well.
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

const LOGICAL: Record<string, ConditionOperator | undefined> = { '&&': 'and', '||': 'or' };

/** By their source: every run of a comparison traces the same functions. */
const bodies = new Map<string, Expression>();

/**
 * Reads a scalar function and fixes the arguments given as numbers.
 * @param fn an arrow function of numbers
 * @param bound one entry a parameter: a number to build in, or null for a tensor argument
 * @throws UserError naming the construct that a map function may not hold
 */
export function parseScalarFunction(fn: JsScalarFunction, bound: readonly (number | null)[]): ScalarFunction {
  const text = fn.toString();
  const shown = bound.map((value) => (value === null ? '_' : Object.is(value, -0) ? '-0' : value));
  const source = `${text} | ${shown.join(', ')}`;
  const body = bodies.get(source) ?? new Reader(text).readFunction(bound);
  bodies.set(source, body);
  return {
    source,
    js: (...values) => {
      let next = 0;
      return fn(...bound.map((value) => (value === null ? values[next++]! : value)));
    },
    arity: bound.filter((value) => value === null).length,
    body,
  };
}

/** Makes the graph of the source text of one arrow function. */
class Reader {
  readonly #text: string;
  /** What the names stand for: the parameters, and the intermediate values so far. */
  readonly #scope = new Map<string, Expression>();

  constructor(text: string) {
    this.#text = text;
  }

  /** See parseScalarFunction. */
  readFunction(bound: readonly (number | null)[]): Expression {
    const { params, body } = this.#parse();
    if (params.length !== bound.length)
      throw new UserError(
        `map got ${bound.length} argument(s) for the ${params.length} parameter(s) of \`${this.#shown()}\``,
      );
    let index = 0;
    for (const [i, parameter] of params.entries()) {
      if (parameter.type !== 'Identifier') return this.#refuse('a parameter that is not a plain name');
      const value = bound[i]!;
      this.#scope.set(
        parameter.name,
        value === null ? { kind: 'argument', index: index++ } : { kind: 'constant', value },
      );
    }
    return body.type === 'BlockStatement' ? this.#readBlock(body.body) : this.#readNumber(body);
  }

  #parse(): ArrowFunctionExpression {
    let tree: AnyNode;
    try {
      tree = parseExpressionAt(this.#text, 0, { ecmaVersion: 2023 }) as AnyNode;
    } catch {
      return this.#refuse('this source text');
    }
    if (tree.type !== 'ArrowFunctionExpression') return this.#refuse('anything but an arrow function');
    return tree.async ? this.#refuse('an async function') : tree;
  }

  #shown(): string {
    return this.#text.replace(/\s+/g, ' ').slice(0, 120);
  }

  #refuse(what: string): never {
    throw new UserError(
      `map cannot compile ${what} in \`${this.#shown()}\`; see docs/kernels.md for what a map function may hold`,
    );
  }

  #textOf({ start, end }: AnyNode): string {
    return this.#text.slice(start, end);
  }

  #readBlock(statements: readonly Statement[]): Expression {
    for (const statement of statements) {
      if (statement.type === 'ReturnStatement')
        return statement.argument ? this.#readNumber(statement.argument) : this.#refuse('an empty return');
      // Minifiers make `let` of `const`; as assignments are refused, both name one value.
      if (statement.type !== 'VariableDeclaration' || !['const', 'let'].includes(statement.kind))
        return this.#refuse('a statement other than const, let and return');
      this.#declare(statement);
    }
    return this.#refuse('a body without a return');
  }

  #declare({ kind, declarations }: VariableDeclaration): void {
    for (const { id, init } of declarations) {
      const name = id.type === 'Identifier' ? id.name : this.#refuse(`a ${kind} that is not a plain name`);
      this.#scope.set(name, init ? this.#read(init) : this.#refuse(`a ${kind} without a value`));
    }
  }

  #readNumber(node: AnyNode): Expression {
    const e = this.#read(node);
    return e.kind === 'condition' ? this.#refuse('a condition used as a number (write c ? 1 : 0)') : e;
  }

  #readCondition(node: AnyNode): Expression {
    const e = this.#read(node);
    return e.kind === 'condition' ? e : this.#refuse('a number used as a condition (write x !== 0)');
  }

  #read(node: AnyNode): Expression {
    switch (node.type) {
      case 'Literal':
        return this.#readLiteral(node);
      case 'Identifier':
        return (
          this.#scope.get(node.name) ??
          this.#refuse(`the outside variable '${node.name}' (pass it as an argument)`)
        );
      case 'MemberExpression':
        return this.#refuse(`the outside value '${this.#textOf(node)}' (pass it as an argument)`);
      case 'UnaryExpression':
        return this.#readUnary(node);
      case 'BinaryExpression':
        return this.#readBinary(node);
      case 'LogicalExpression':
        return this.#readLogical(node);
      case 'ConditionalExpression': {
        const [yes, no] = [node.consequent, node.alternate];
        return select(this.#readCondition(node.test), this.#readNumber(yes), this.#readNumber(no));
      }
      case 'CallExpression':
        return this.#readCall(node);
      default:
        return this.#refuse(`the construct ${node.type}`);
    }
  }

  #readLiteral({ value, raw }: Literal): Expression {
    return typeof value === 'number' ? { kind: 'constant', value } : this.#refuse(`the literal ${raw}`);
  }

  #readUnary({ operator, argument }: UnaryExpression): Expression {
    if (operator === '-') return number('negate', this.#readNumber(argument));
    if (operator === '!') return condition('not', this.#readCondition(argument));
    if (operator !== '+') return this.#refuse(`the operator ${operator}`);
    const e = this.#read(argument);
    // Minifiers make `+c` of `c ? 1 : 0`.
    return e.kind === 'condition' ? select(e, ONE, ZERO) : this.#refuse('the operator +');
  }

  #readBinary({ operator, left, right }: BinaryExpression): Expression {
    const [arithmetic, comparison] = [BINARY[operator], COMPARISON[operator]];
    if (arithmetic) return number(arithmetic, this.#readNumber(left), this.#readNumber(right));
    if (comparison) return condition(comparison, this.#readNumber(left), this.#readNumber(right));
    return this.#refuse(`the operator ${operator}`);
  }

  #readLogical({ operator, left, right }: LogicalExpression): Expression {
    const logical = LOGICAL[operator];
    if (!logical) return this.#refuse(`the operator ${operator}`);
    return condition(logical, this.#readCondition(left), this.#readCondition(right));
  }

  #readCall({ callee, arguments: given }: CallExpression): Expression {
    const name = this.#intrinsicOf(callee);
    if (!name) return this.#refuse(this.#unknownCall(callee));
    const wanted = INTRINSICS[name];
    if (given.length !== wanted)
      return this.#refuse(`${name} with ${given.length} argument(s), it takes ${wanted}`);
    return number(name, ...given.map((node) => this.#readNumber(node)));
  }

  #unknownCall(callee: AnyNode): string {
    const call = `the call of '${this.#textOf(callee)}'`;
    return callee.type === 'Identifier' && !this.#scope.has(callee.name)
      ? `${call}, an unknown name (is the code minified? keep names),`
      : call;
  }

  /** Of `Math.exp`, `sigmoid`, `exp` taken out of Math, or what transpilers make of an import: `(0, module.sigmoid)`. */
  #intrinsicOf(callee: AnyNode): Intrinsic | null {
    if (callee.type === 'SequenceExpression') return this.#intrinsicOf(callee.expressions.at(-1)!);
    const name = this.#calledName(callee);
    return name !== null && Object.hasOwn(INTRINSICS, name) ? (name as Intrinsic) : null;
  }

  #calledName(callee: AnyNode): string | null {
    const scope = this.#scope;
    if (callee.type === 'Identifier') return scope.has(callee.name) ? null : callee.name;
    if (callee.type !== 'MemberExpression' || callee.computed) return null;
    const { object, property } = callee;
    if (object.type !== 'Identifier' || property.type !== 'Identifier' || scope.has(object.name)) return null;
    // Another module's `log` may be of another base.
    return (object.name === 'Math') === (property.name !== 'sigmoid') ? property.name : null;
  }
}

const ONE: Expression = { kind: 'constant', value: 1 };
const ZERO: Expression = { kind: 'constant', value: 0 };

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

const select = (...operands: [test: Expression, yes: Expression, no: Expression]): Expression => ({
  kind: 'select',
  operands,
});
