import { outOfMemory } from '../allocation.ts';
import { inputsOf, type Op, outputOf, type Program } from '../program.ts';
import type { Tensor } from '../tensor.ts';

const ALIGNMENT = 64;
const PAGE = 64 * 1024;
/** Kernels may read (not write) this far past the end of a tensor. */
const MARGIN = 64;

export const bytesOf = (t: Tensor): number => t.rows * t.columns * Float32Array.BYTES_PER_ELEMENT;

interface Stretch {
  readonly start: number;
  readonly size: number;
}

/** Hands out stretches of a range of addresses: the first free one that is large enough, else one at the end. */
export class Stretches {
  /** In order of address; no two touch. */
  #free: Stretch[] = [];
  readonly #sizes = new Map<number, number>();
  #end: number;

  constructor(start: number) {
    this.#end = start;
  }

  /** First address that was never handed out. */
  get end(): number {
    return this.#end;
  }

  /** Number of stretches handed out and not given back. */
  get count(): number {
    return this.#sizes.size;
  }

  take(bytes: number): number {
    // Never empty: every stretch has an address of its own.
    const size = Math.max(1, Math.ceil(bytes / ALIGNMENT)) * ALIGNMENT;
    const place = this.#free.findIndex((stretch) => stretch.size >= size);
    const start = place < 0 ? this.#end : this.#free[place]!.start;
    if (place < 0) this.#end += size;
    else {
      const rest = this.#free[place]!.size - size;
      this.#free.splice(place, 1, ...(rest > 0 ? [{ start: start + size, size: rest }] : []));
    }
    this.#sizes.set(start, size);
    return start;
  }

  giveBack(start: number): void {
    const size = this.#sizes.get(start);
    if (size === undefined) throw new Error(`no stretch of memory in use starts at ${start}`);
    this.#sizes.delete(start);
    const merged: Stretch[] = [];
    for (const stretch of [...this.#free, { start, size }].sort((a, b) => a.start - b.start)) {
      const last = merged.at(-1);
      if (last && last.start + last.size === stretch.start)
        merged[merged.length - 1] = { start: last.start, size: last.size + stretch.size };
      else merged.push(stretch);
    }
    this.#free = merged;
  }
}

/** The tensors of one device in one WebAssembly memory, which grows as needed. Addresses are multiples of 64. */
export class Arena {
  readonly memory: WebAssembly.Memory;
  readonly #stretches: Stretches;
  #floats: Float32Array<ArrayBuffer>;
  #bytes: Uint8Array<ArrayBuffer>;

  /** @param start first address that is free for tensors */
  constructor(memory: WebAssembly.Memory, start: number) {
    this.memory = memory;
    this.#stretches = new Stretches(start);
    this.#floats = new Float32Array(memory.buffer);
    this.#bytes = new Uint8Array(memory.buffer);
  }

  /** Number of live allocations. */
  get count(): number {
    return this.#stretches.count;
  }

  /** All of the memory. Growth detaches the views that were made before: do not keep them. */
  get floats(): Float32Array<ArrayBuffer> {
    return this.#floats;
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes;
  }

  /**
   * @returns the address of uninitialised memory
   * @throws UserError if the memory cannot grow
   */
  allocate(bytes: number): number {
    const start = this.#stretches.take(bytes);
    const missing = this.#stretches.end + MARGIN - this.#bytes.length;
    if (missing > 0) this.#grow(missing);
    return start;
  }

  release(start: number): void {
    this.#stretches.giveBack(start);
  }

  #grow(missing: number): void {
    // By a quarter at least, so that many small tensors do not make many steps of it.
    const wanted = Math.ceil(Math.max(missing, this.#bytes.length / 4) / PAGE);
    try {
      this.memory.grow(wanted);
    } catch {
      throw outOfMemory('the cpu device (which can use 4096 MiB at most)', this.#bytes.length + missing);
    }
    this.#floats = new Float32Array(this.memory.buffer);
    this.#bytes = new Uint8Array(this.memory.buffer);
  }
}

/** Where the tensors that belong to a program lie in its region, and the size of the region. */
export interface Layout {
  readonly offsets: ReadonlyMap<Tensor, number>;
  readonly bytes: number;
}

/** The ops of a program in a row, and where those of each repeat begin and end. */
function flatten(program: Program): { ops: Op[]; loops: { start: number; end: number }[] } {
  const ops: Op[] = [];
  const loops: { start: number; end: number }[] = [];
  const add = (op: Op): void => {
    ops.push(op);
    if (op.kind !== 'repeat') return;
    const start = ops.length;
    op.body.forEach(add);
    loops.push({ start, end: ops.length - 1 });
  };
  program.ops.forEach(add);
  return { ops, loops };
}

/** The last op that uses each tensor. What a repeat uses of the ops before it, every iteration uses. */
function lastUses(
  uses: readonly (readonly Tensor[])[],
  loops: readonly { start: number; end: number }[],
): Map<Tensor, number> {
  const first = new Map<Tensor, number>();
  const last = new Map<Tensor, number>();
  for (const [i, tensors] of uses.entries())
    for (const t of tensors) {
      if (!first.has(t)) first.set(t, i);
      last.set(t, i);
    }
  for (const { start, end } of loops)
    for (const t of uses.slice(start, end + 1).flat())
      if (first.get(t)! < start) last.set(t, Math.max(last.get(t)!, end));
  return last;
}

/** An argument whose place the result of a map may take, element by element: one that nothing needs any more. */
function mapsOver(op: Op, out: Tensor, ending: ReadonlySet<Tensor>): Tensor | undefined {
  if (op.kind !== 'map') return undefined;
  return op.args.find((t) => ending.has(t) && t.rows === out.rows && t.columns === out.columns);
}

/**
 * Lays out the host scalars and temporaries of a program. Two temporaries share memory if one is used for the last time
 * before the other is computed. The result of a map may lie where an argument lay that is used for the last time, so that
 * less memory goes through the caches; no other result shares memory with what the op reads.
 * @throws Error if an op reads a temporary that the program has not computed before
 */
export function layOut(program: Program): Layout {
  const stretches = new Stretches(0);
  const offsets = new Map<Tensor, number>();
  const place = (t: Tensor): void => {
    offsets.set(t, stretches.take(bytesOf(t)));
  };
  for (const { tensor } of program.hostScalars) place(tensor);

  const { ops, loops } = flatten(program);
  const uses = ops.map((op) => [...new Set([outputOf(op) ?? [], inputsOf(op)].flat())]);
  const lastUse = lastUses(uses, loops);
  // Those that a repeat's last op is the last to use may have been used by another op of it.
  const ends = new Map<number, Tensor[]>();
  for (const [t, i] of lastUse) if (t.storage === 'temporary') ends.set(i, [...(ends.get(i) ?? []), t]);
  for (const [i, op] of ops.entries()) {
    if (op.kind === 'repeat') place(op.iteration);
    for (const t of inputsOf(op))
      if (t.storage !== 'state' && !offsets.has(t))
        throw new Error(`'${t.name}' is used in '${program.name}' before anything there computes it`);
    const out = outputOf(op);
    const ending = new Set(ends.get(i));
    if (out?.storage === 'temporary' && !offsets.has(out)) {
      const replaced = mapsOver(op, out, ending);
      if (replaced) {
        offsets.set(out, offsets.get(replaced)!);
        ending.delete(replaced);
      } else place(out);
    }
    for (const t of ending) stretches.giveBack(offsets.get(t)!);
  }
  return { offsets, bytes: stretches.end };
}
