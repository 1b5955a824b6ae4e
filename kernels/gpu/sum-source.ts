import type { Factor } from '../program.ts';
import type { Tensor } from '../tensor.ts';
import { call, type KernelCall, type Target, X, Y } from './call.ts';

/** Text of a sum: lines that compute it, and its value. */
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
export function sumOf(target: Target, count: number, term: (index: string) => string): Total {
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

/** result = total */
export const totalCall = (out: Tensor, args: Readonly<Record<string, Tensor>>, total: Total): KernelCall =>
  call(out, args, `${total.lines}\nreturn ${total.result};`);

/** result = factor * total, added to the old value where the op accumulates. */
export function linearCall(
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
