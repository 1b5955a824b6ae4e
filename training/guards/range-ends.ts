import type { JsScalarFunction } from '../../kernels/index.ts';
import type { Population } from '../../networks/index.ts';

/** 1 for a rate within 0.01 % of an end of the range of its activation, else 0; `most` is the largest rate there is. */
const AT_AN_END: Partial<Record<NonNullable<Population['activation']>, JsScalarFunction>> = {
  tanh: (r, most) => (Math.abs(r) > 0.9999 * most ? 1 : 0),
  sigmoid: (r, most) => (r < 0.0001 * most || r > 0.9999 * most ? 1 : 0),
  // Its lower end is silence, where networks that settle leave most of their neurons.
  'hard-sigmoid': (r, most) => (r > 0.9999 * most ? 1 : 0),
};

/** Null where rates have no end, or share one. */
export const isAtAnEnd = (activation: Population['activation']): JsScalarFunction | null =>
  (activation && AT_AN_END[activation]) ?? null;
