import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { UserError } from '../../kernels/errors.ts';
import {
  type Expression,
  type JsScalarFunction,
  parseScalarFunction,
  sigmoid,
} from '../../kernels/scalar.ts';

const test = suite('scalar');

/** A function whose text is exactly the given one, whatever the test runner's transpiler does to sources. */
const fromText = (text: string): JsScalarFunction =>
  new Function('sigmoid', 'module', `return ${text}`)(sigmoid, { sigmoid });
const parse = (fn: JsScalarFunction, bound: (number | null)[] = Array(fn.length).fill(null)) =>
  parseScalarFunction(fn, bound);

/** What the graph means, in float64. */
function evaluate(e: Expression, args: readonly number[]): number | boolean {
  if (e.kind === 'constant') return e.value;
  if (e.kind === 'argument') return args[e.index]!;
  const [a, b, c] = e.operands.map((operand) => evaluate(operand, args)) as [number, number, number];
  if (e.kind === 'select') return a ? b : c;
  switch (e.operator) {
    case 'add':
      return a + b;
    case 'subtract':
      return a - b;
    case 'multiply':
      return a * b;
    case 'divide':
      return a / b;
    case 'negate':
      return -a;
    case 'sigmoid':
      return sigmoid(a);
    case 'min':
    case 'max':
      return Math[e.operator](a, b);
    case 'lt':
      return a < b;
    case 'le':
      return a <= b;
    case 'gt':
      return a > b;
    case 'ge':
      return a >= b;
    case 'eq':
      return a === b;
    case 'ne':
      return a !== b;
    case 'and':
      return Boolean(a && b);
    case 'or':
      return Boolean(a || b);
    case 'not':
      return !a;
    default:
      return Math[e.operator](a);
  }
}

const VALUES = [-2.5, -1, 0, 0.3, 1, 7, Number.NaN];

function assertSameFunction(fn: JsScalarFunction): void {
  const { body, arity } = parse(fn);
  assert.is(arity, fn.length);
  for (const x of VALUES)
    for (const y of VALUES) {
      const args = [x, y].slice(0, fn.length);
      assert.equal(evaluate(body, args), fn(...args), `${fn} of ${args}`);
    }
}

const ACCEPTED = [
  '() => 3',
  'x => x',
  '(x, y) => x + y - x * y / 3',
  '(x, y) => -x - -y',
  '(x) => ((x)) * 1e-3 + .5 + 0x10 + 1_000',
  '(x, y) => x < y ? 1 : 0',
  '(x, y) => x <= y ? x : y',
  '(x, y) => x > y ? x : y',
  '(x, y) => x >= y ? 2 * x : -y',
  '(x, y) => x === y ? 1 : 0',
  '(x, y) => x !== y ? 1 : 0',
  '(x, y) => x > 0 && y > 0 || !(x < -1) ? 1 : 2',
  '(x, y) => x > 0 ? (y > 0 ? 1 : 2) : 3',
  '(x, y) => Math.min(x, y) + Math.max(x, 1)',
  '(x) => Math.exp(x) + Math.tanh(x) + Math.abs(x) + Math.floor(x)',
  '(x) => Math.log(x) + Math.sqrt(x)',
  '(x) => sigmoid(x) + (0, module.sigmoid)(x) + module.sigmoid(x)',
  '(x, y) => { const a = x + y; return a * a; }',
  '(x, y) => { const a = x * 2, near = a < y; const b = near ? a : y; return b; }',
  '(x, y) => { let a = x * y; const b = a - x; let c = b * a, d = c > 0; return d ? c : b; }',
  '(x, y) => +(x < y) + +!(x > 0)',
  '(max, exp) => Math.max(max, Math.exp(exp))',
  '(x) => /* why */ x * 2 // what',
];

for (const text of ACCEPTED)
  test(`reads ${text}`, () => {
    assertSameFunction(fromText(`(${text}\n)`));
  });

test('reads functions taken out of Math', () => {
  const { exp } = Math;
  const fn = (x: number) => exp(x);
  assert.is(evaluate(parse(fn).body, [2]), Math.exp(2));
});

test('a name used twice is one value', () => {
  const { body } = parse(fromText('(x) => { const a = x * x; return a + a; }'));
  assert.is(body.kind, 'number');
  if (body.kind === 'number') assert.is(body.operands[0], body.operands[1]);
});

test('bound numbers become constants, the rest arguments in order', () => {
  const fn = fromText('(v, dt, drive) => v + dt * (drive - v)');
  const { arity, body, js } = parse(fn, [null, 0.1, null]);
  assert.is(arity, 2);
  assert.is(evaluate(body, [1, 3]), 1 + 0.1 * 2);
  assert.is(js(1, 3), 1 + 0.1 * 2);
});

test('the source tells functions and bound numbers apart', () => {
  const bind = (bound: (number | null)[], text = '(x, c) => x / c') => parse(fromText(text), bound).source;
  assert.is(bind([null, 2]), bind([null, 2]));
  const sources = [
    [null, 2],
    [null, null],
    [2, null],
    [null, -0],
    [null, 0],
    [null, Number.NaN],
  ].map((b) => bind(b));
  sources.push(bind([null, 2], '(x, c) => x * c'));
  assert.is(new Set(sources).size, sources.length);
});

const REFUSED: [text: string, what: string][] = [
  ['(x) => x ** 2', 'the operator **'],
  ['(x) => x % 2', 'the operator %'],
  ['(x) => x | 0', 'the operator |'],
  ['(x) => +x', 'the operator +'],
  ['(x) => ~x', 'the operator ~'],
  ['(x) => x == 1 ? 1 : 0', 'the operator =='],
  ['(x) => x != 1 ? 1 : 0', 'the operator !='],
  ['(x) => x ?? 1', 'the operator ??'],
  ['(x) => x * rate', "the outside variable 'rate' (pass it as an argument)"],
  ['(x) => x * Math.PI', "the outside value 'Math.PI' (pass it as an argument)"],
  ['(x) => x > 0', 'a condition used as a number (write c ? 1 : 0)'],
  ['(x) => 1 + (x > 0)', 'a condition used as a number (write c ? 1 : 0)'],
  ['(x) => x ? 1 : 0', 'a number used as a condition (write x !== 0)'],
  ['(x) => !x ? 1 : 0', 'a number used as a condition (write x !== 0)'],
  ['(x, y) => x && y', 'a number used as a condition (write x !== 0)'],
  ['(x) => Math.pow(x, 2)', "the call of 'Math.pow'"],
  ['(x) => other.log(x)', "the call of 'other.log'"],
  ['(x) => Math.sigmoid(x)', "the call of 'Math.sigmoid'"],
  ['(x) => Math["exp"](x)', 'the call of \'Math["exp"]\''],
  ['(x) => a.b.sigmoid(x)', "the call of 'a.b.sigmoid'"],
  ['(exp) => exp(exp)', "the call of 'exp'"],
  ['(x) => x.exp(x)', "the call of 'x.exp'"],
  ['(x) => toString(x)', "the call of 'toString', an unknown name (is the code minified? keep names),"],
  ['(x) => e(x)', "the call of 'e', an unknown name (is the code minified? keep names),"],
  ['(x) => (() => x)()', "the call of '() => x'"],
  ['(x) => Math.min(x)', 'min with 1 argument(s), it takes 2'],
  ['(x) => Math.max(x, 0, 1)', 'max with 3 argument(s), it takes 2'],
  ['(x) => Math.exp()', 'exp with 0 argument(s), it takes 1'],
  ['(x) => Math.exp(...x)', 'the construct SpreadElement'],
  ['(x) => "one"', 'the literal "one"'],
  ['(x) => x > 0 ? true : 0', 'the literal true'],
  ['(x) => 1n', 'the literal 1n'],
  ['(x) => [x]', 'the construct ArrayExpression'],
  ['(x) => (0, x)', 'the construct SequenceExpression'],
  ['(x) => this', 'the construct ThisExpression'],
  ['(x) => Math?.exp(x)', 'the construct ChainExpression'],
  ['(x = 1) => x', 'a parameter that is not a plain name'],
  ['(...x) => 1', 'a parameter that is not a plain name'],
  ['({ x }) => x', 'a parameter that is not a plain name'],
  ['(x) => { }', 'a body without a return'],
  ['(x) => { return; }', 'an empty return'],
  ['(x) => { var y = x; return y; }', 'a statement other than const, let and return'],
  ['(x) => { let y = x; y = 2; return y; }', 'a statement other than const, let and return'],
  ['(x) => { let y = x; return y = 2; }', 'the construct AssignmentExpression'],
  ['(x) => { let y = x; return y++; }', 'the construct UpdateExpression'],
  ['(x) => { let y; return x; }', 'a let without a value'],
  ['(x) => { let { y } = x; return y; }', 'a let that is not a plain name'],
  ['(x) => { if (x > 0) return 1; return 0; }', 'a statement other than const, let and return'],
  ['(x) => { const { y } = x; return y; }', 'a const that is not a plain name'],
  ['(x) => { const y = z, z = x; return y; }', "the outside variable 'z' (pass it as an argument)"],
  ['async (x) => x', 'an async function'],
  ['function (x) { return x; }', 'anything but an arrow function'],
  ['Math.tanh', 'this source text'],
];

for (const [text, what] of REFUSED)
  test(`refuses ${text}`, () => {
    const fn = fromText(`(${text})`);
    const parameters = text.startsWith('(x, y)') ? 2 : 1;
    assert.throws(
      () => parse(fn, Array(parameters).fill(null)),
      (error: unknown) =>
        error instanceof UserError &&
        error.message ===
          `map cannot compile ${what} in \`${fn.toString()}\`; see docs/kernels.md for what a map function may hold`,
    );
  });

test('refuses another number of arguments than parameters', () => {
  assert.throws(
    () => parse(fromText('(x, y) => x + y'), [null]),
    (error: unknown) =>
      error instanceof UserError &&
      error.message === 'map got 1 argument(s) for the 2 parameter(s) of `(x, y) => x + y`',
  );
});

test('shows a long function on one line, shortened', () => {
  const text = `(x) => {\n  const a = x;\n  return ${'a + '.repeat(100)} b;\n}`;
  assert.throws(
    () => parse(fromText(text)),
    (error: Error) => !error.message.includes('\n') && error.message.length < 300,
  );
});

test('sigmoid on the host', () => {
  assert.is(sigmoid(0), 0.5);
  assert.is(sigmoid(-1000), 0);
  assert.is(sigmoid(1000), 1);
  assert.ok(Math.abs(sigmoid(1) - 0.7310585786300049) < 1e-15);
});

test.run();
