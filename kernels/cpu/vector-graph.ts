import type { VectorOperator } from './wasm-encoder.ts';

/** How often a value has to be computed: once a call, once a row, or for every group of four elements. */
export const STAGES = { call: 0, row: 1, element: 2 } as const;
export type Stage = (typeof STAGES)[keyof typeof STAGES];

/** A value of four lanes in a computation on vectors. */
export interface Vector {
  readonly id: number;
  readonly stage: Stage;
  readonly content:
    | { readonly kind: 'constant'; readonly bits: number }
    | { readonly kind: 'argument'; readonly index: number }
    | {
        readonly kind: 'operation';
        readonly operator: VectorOperator;
        readonly operands: readonly Vector[];
        /** Number of bits, for the shifts. */
        readonly shift: number | null;
      };
}

export const SIGN_BIT = 0x80000000;

const scratch = new DataView(new ArrayBuffer(4));

/** The bits of a number rounded to float32. */
export function float32Bits(value: number): number {
  scratch.setFloat32(0, value);
  return scratch.getUint32(0);
}

/**
 * A straight computation on vectors of four float32 lanes, built operand first. Equal operations on equal operands
 * are one value. A value belongs to the least frequent stage that its operands allow, so that constants and whatever
 * depends on them alone is computed outside of the loops.
 */
export class VectorGraph {
  /** Every value after its operands. */
  readonly values: Vector[] = [];
  readonly #known = new Map<string, Vector>();

  argument(index: number, stage: Stage): Vector {
    return this.#value(`argument ${index}`, stage, { kind: 'argument', index });
  }

  /** The number rounded to float32, in every lane. */
  number(value: number): Vector {
    return this.bits(float32Bits(value));
  }

  /** The same 32 bits in every lane. */
  bits(bits: number): Vector {
    return this.#value(`constant ${bits >>> 0}`, STAGES.call, { kind: 'constant', bits: bits >>> 0 });
  }

  apply(operator: VectorOperator, ...operands: Vector[]): Vector {
    return this.#operation(operator, operands, null);
  }

  shift(operator: 'i32x4.shl' | 'i32x4.shr_s' | 'i32x4.shr_u', a: Vector, count: number): Vector {
    return this.#operation(operator, [a], count);
  }

  add(a: Vector, b: Vector): Vector {
    return this.apply('f32x4.add', a, b);
  }

  subtract(a: Vector, b: Vector): Vector {
    return this.apply('f32x4.sub', a, b);
  }

  multiply(a: Vector, b: Vector): Vector {
    return this.apply('f32x4.mul', a, b);
  }

  divide(a: Vector, b: Vector): Vector {
    return this.apply('f32x4.div', a, b);
  }

  /** Lane by lane: `yes` where the mask is all ones, `no` where it is all zeros. */
  select(mask: Vector, yes: Vector, no: Vector): Vector {
    return this.apply('v128.bitselect', yes, no, mask);
  }

  #operation(operator: VectorOperator, operands: readonly Vector[], shift: number | null): Vector {
    const stage = Math.max(...operands.map((operand) => operand.stage)) as Stage;
    const key = `${operator} ${operands.map((operand) => operand.id).join(' ')} ${shift}`;
    return this.#value(key, stage, { kind: 'operation', operator, operands, shift });
  }

  #value(key: string, stage: Stage, content: Vector['content']): Vector {
    let value = this.#known.get(key);
    if (!value) {
      value = { id: this.values.length, stage, content };
      this.values.push(value);
      this.#known.set(key, value);
    }
    return value;
  }
}
