import { UserError } from '../errors.ts';
import type { ConditionOperator, Expression, NumberOperator, ScalarFunction } from '../scalar.ts';

/**
 * The body of a scalar function as text that gpu.js compiles.
 *
 * gpu.js takes a whole number in the text for an integer where it can, so every constant of the function travels as a
 * `this.constants` value of type Float. Comparisons are written so that NaN stays NaN: a shader's own min and max may
 * drop it, and a diverged run would look healthy.
 */
export interface ExpressionText {
  /** `const` lines that compute intermediate values, each once. */
  readonly lines: readonly string[];
  readonly result: string;
  readonly constants: Readonly<Record<string, number>>;
}

const COMPARISONS: Partial<Record<ConditionOperator, string>> = {
  lt: '<',
  le: '<=',
  gt: '>',
  ge: '>=',
  eq: '===',
  ne: '!==',
  and: '&&',
  or: '||',
};

/** @param argument text that stands for the i-th argument */
export function expressionText(fn: ScalarFunction, argument: (index: number) => string): ExpressionText {
  const lines: string[] = [];
  const constants: Record<string, number> = {};
  const done = new Map<Expression, string>();

  const named = (text: string): string => {
    const name = `v${lines.length}`;
    lines.push(`const ${name} = ${text};`);
    return name;
  };
  const constant = (value: number): string => {
    if (!Number.isFinite(value))
      throw new UserError(
        `the gpu device cannot build the constant ${value} into \`${fn.source.slice(0, 80)}\`: pass it as a host scalar`,
      );
    const name = `c${Object.keys(constants).length}`;
    constants[name] = value;
    return `this.constants.${name}`;
  };
  const compute = (e: Expression): string => {
    switch (e.kind) {
      case 'constant':
        return constant(e.value);
      case 'argument':
        return argument(e.index);
      case 'number':
        return named(numberText(e.operator, e.operands.map(write), named));
      case 'condition':
        return conditionText(e.operator, e.operands.map(write));
      case 'select': {
        const [test, yes, no] = e.operands.map(write);
        return named(`${test} ? ${yes} : ${no}`);
      }
    }
  };
  function write(e: Expression): string {
    const text = done.get(e) ?? compute(e);
    done.set(e, text);
    return text;
  }
  return { result: write(fn.body), lines, constants };
}

function conditionText(operator: ConditionOperator, operands: string[]): string {
  const [a, b] = operands as [string, string];
  // Shader compilers fold `x === x`, the test for NaN, to true.
  if (a === b && operator === 'eq') return `(${a} < 0.0 || ${a} >= 0.0)`;
  if (a === b && operator === 'ne') return `(!(${a} < 0.0 || ${a} >= 0.0))`;
  return operator === 'not' ? `(!${a})` : `(${a} ${COMPARISONS[operator]} ${b})`;
}

function numberText(operator: NumberOperator, operands: string[], named: (text: string) => string): string {
  const [a, b] = operands as [string, string];
  switch (operator) {
    case 'add':
      return `${a} + ${b}`;
    case 'subtract':
      return `${a} - ${b}`;
    case 'multiply':
      return `${a} * ${b}`;
    case 'divide':
      return `${a} / ${b}`;
    case 'negate':
      return `-${a}`;
    case 'min':
      return `${a} <= ${b} ? ${a} : (${a} > ${b} ? ${b} : ${a} + ${b})`;
    case 'max':
      return `${a} >= ${b} ? ${a} : (${a} < ${b} ? ${b} : ${a} + ${b})`;
    case 'sigmoid': {
      // exp of a negative number only, so that nothing overflows.
      const e = named(`Math.exp(-Math.abs(${a}))`);
      return `${a} < 0.0 ? ${e} / (1.0 + ${e}) : 1.0 / (1.0 + ${e})`;
    }
    case 'tanh': {
      // WGSL allows its own tanh an error of 1e-5; near 0, where 1 - e cancels, the Taylor series is exact in float32.
      const e = named(`Math.exp(-2.0 * Math.abs(${a}))`);
      const far = named(`(1.0 - ${e}) / (1.0 + ${e})`);
      const s = named(`${a} * ${a}`);
      const near = named(
        `${a} + ${a} * ${s} * (${s} * (${s} * (${s} * 0.021869489 - 0.053968254) + 0.13333334) - 0.33333334)`,
      );
      return `Math.abs(${a}) < 0.3 ? ${near} : (${a} < 0.0 ? -${far} : ${far})`;
    }
    default:
      return `Math.${operator}(${a})`;
  }
}
