/**
 * Writes WebAssembly modules of one function in the binary format (WebAssembly Core Specification 3.0, chapter 5), as
 * far as the compiler of `map` functions needs it.
 */

/** Instructions on v128 values that take their operands from the stack; all have the prefix 0xfd. */
export const VECTOR_OPERATORS = {
  'f32x4.eq': 0x41,
  'f32x4.ne': 0x42,
  'f32x4.lt': 0x43,
  'f32x4.gt': 0x44,
  'f32x4.le': 0x45,
  'f32x4.ge': 0x46,
  'v128.not': 0x4d,
  'v128.and': 0x4e,
  'v128.or': 0x50,
  'v128.xor': 0x51,
  'v128.bitselect': 0x52,
  'f32x4.floor': 0x68,
  'i32x4.shl': 0xab,
  'i32x4.shr_s': 0xac,
  'i32x4.shr_u': 0xad,
  'i32x4.add': 0xae,
  'i32x4.sub': 0xb1,
  'f32x4.sqrt': 0xe3,
  'f32x4.add': 0xe4,
  'f32x4.sub': 0xe5,
  'f32x4.mul': 0xe6,
  'f32x4.div': 0xe7,
  'f32x4.min': 0xe8,
  'f32x4.max': 0xe9,
  'f32x4.pmin': 0xea,
  'f32x4.pmax': 0xeb,
  'f32x4.convert_i32x4_s': 0xfa,
  'f32x4.relaxed_madd': 0x105,
} as const;

export type VectorOperator = keyof typeof VECTOR_OPERATORS;

/** `whole`: 4 lanes; `splat`: one value into all lanes; `first`: one value into lane 0, zeros into the others. */
export type LoadKind = 'whole' | 'splat' | 'first';
/** `whole`: 4 lanes; `first`: lane 0 alone. */
type StoreKind = 'whole' | 'first';

const LOADS: Record<LoadKind, number> = { whole: 0x00, splat: 0x09, first: 0x5c };
const STORES: Record<StoreKind, number> = { whole: 0x0b, first: 0x5a };
/** A row may start at any element, so that no access promises more than 4 bytes (2^2). */
const ALIGNMENT = 2;

const INTEGER_OPERATORS = { ne: 0x47, add: 0x6a, sub: 0x6b, mul: 0x6c, and: 0x71, shl: 0x74 } as const;
const VALUE_TYPES = { i32: 0x7f, v128: 0x7b } as const;
export type ValueType = keyof typeof VALUE_TYPES;

const END = 0x0b;
const NO_RESULT = 0x40;
const FUNCTION_TYPE = 0x60;
const SECTIONS = { types: 1, imports: 2, functions: 3, exports: 7, code: 10 } as const;
const EXTERNAL = { function: 0, memory: 2 } as const;
/** Limits of a memory: at least 0 pages, no maximum. */
const ANY_SIZE = [0x00, 0];

/** LEB128 of a whole number from 0 to 2^32 - 1. */
export function unsignedLeb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}

/** LEB128 of a 32-bit integer with sign. */
export function signedLeb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  // The last byte's bit 6 is the sign.
  for (; rest < -64 || rest > 63; rest >>= 7) bytes.push((rest & 127) | 128);
  return [...bytes, rest & 127];
}

/** The instructions of a function's body, appended one by one. */
export class Code {
  readonly bytes: number[] = [];

  get(local: number): void {
    this.#emit(0x20, unsignedLeb(local));
  }

  set(local: number): void {
    this.#emit(0x21, unsignedLeb(local));
  }

  integer(value: number): void {
    this.#emit(0x41, signedLeb(value));
  }

  integerOperation(operator: keyof typeof INTEGER_OPERATORS): void {
    this.bytes.push(INTEGER_OPERATORS[operator]);
  }

  /** local += amount */
  increase(local: number, amount: number): void {
    this.get(local);
    this.integer(amount);
    this.integerOperation('add');
    this.set(local);
  }

  /** Runs `body` for as long as `condition` leaves a number other than 0 on the stack. */
  repeatWhile(condition: () => void, body: () => void): void {
    condition();
    this.#emit(0x04, [NO_RESULT]); // if
    this.#emit(0x03, [NO_RESULT]); // loop
    body();
    condition();
    this.#emit(0x0d, [0]); // br_if to the loop's start
    this.bytes.push(END, END);
  }

  /** A vector whose four lanes hold the same 32 bits. */
  constant(bits: number): void {
    const lane = [bits & 255, (bits >>> 8) & 255, (bits >>> 16) & 255, bits >>> 24];
    this.#vector(0x0c, [...lane, ...lane, ...lane, ...lane]);
  }

  /** Loads from the address on the stack plus `offset` bytes. */
  load(kind: LoadKind, offset: number): void {
    this.#vector(LOADS[kind], [ALIGNMENT, ...unsignedLeb(offset)]);
  }

  /** Stores the vector on the stack at the address below it plus `offset` bytes. */
  store(kind: StoreKind, offset: number): void {
    this.#vector(STORES[kind], [ALIGNMENT, ...unsignedLeb(offset), ...(kind === 'first' ? [0] : [])]);
  }

  operation(operator: VectorOperator): void {
    this.#vector(VECTOR_OPERATORS[operator], []);
  }

  #vector(opcode: number, immediates: readonly number[]): void {
    this.#emit(0xfd, [...unsignedLeb(opcode), ...immediates]);
  }

  #emit(opcode: number, immediates: readonly number[]): void {
    this.bytes.push(opcode, ...immediates);
  }
}

export interface WasmFunction {
  readonly parameters: readonly ValueType[];
  /** Local variables beyond the parameters, numbered after them. */
  readonly locals: readonly ValueType[];
  readonly code: Code;
}

const vector = (items: readonly (readonly number[])[]): number[] => [
  ...unsignedLeb(items.length),
  ...items.flat(),
];
const sized = (bytes: readonly number[]): number[] => [...unsignedLeb(bytes.length), ...bytes];
const text = (value: string): number[] => sized([...new TextEncoder().encode(value)]);
const section = (id: number, items: readonly (readonly number[])[]): number[] => [
  id,
  ...sized(vector(items)),
];

/** A module that imports the memory `env.memory` and exports the function, which returns nothing, as `run`. */
export function encodeModule({ parameters, locals, code }: WasmFunction): Uint8Array<ArrayBuffer> {
  const type = (t: ValueType): number[] => [VALUE_TYPES[t]];
  const signature = [FUNCTION_TYPE, ...vector(parameters.map(type)), ...vector([])];
  const memory = [...text('env'), ...text('memory'), EXTERNAL.memory, ...ANY_SIZE];
  const body = [...vector(locals.map((local) => [1, ...type(local)])), ...code.bytes, END];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d], // "\0asm"
    ...[0x01, 0x00, 0x00, 0x00], // version 1
    ...section(SECTIONS.types, [signature]),
    ...section(SECTIONS.imports, [memory]),
    ...section(SECTIONS.functions, [[0]]),
    ...section(SECTIONS.exports, [[...text('run'), EXTERNAL.function, 0]]),
    ...section(SECTIONS.code, [sized(body)]),
  ]);
}
