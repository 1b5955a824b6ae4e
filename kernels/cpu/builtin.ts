/** The built-in kernels, see assembly/. Tensors are given as addresses in the memory, sizes in elements. */
export interface CpuKernels {
  /** First address that the kernels do not use themselves. */
  readonly ARENA_START: { readonly value: number };
  /** Places in a piece of a list, see assembly/listed.ts. */
  readonly PIECE: { readonly value: number };
  /** Whether the kernels round once where they multiply and add, for `epsilon` = 2^-13. */
  roundsOnce(epsilon: number): number;
  product(
    out: number,
    a: number,
    b: number,
    m: number,
    n: number,
    k: number,
    transposeA: boolean,
    transposeB: boolean,
    factor: number,
    accumulate: boolean,
  ): void;
  sumOverRows(out: number, a: number, m: number, n: number, factor: number, accumulate: boolean): void;
  sumOverColumns(out: number, a: number, m: number, n: number, factor: number, accumulate: boolean): void;
  dot(out: number, a: number, b: number, count: number): void;
  argmax(out: number, a: number, m: number, n: number): void;
  softmax(out: number, a: number, m: number, n: number): void;
  uniform(
    out: number,
    count: number,
    step: number,
    key0: number,
    key1: number,
    low: number,
    range: number,
  ): void;
  normal(
    out: number,
    count: number,
    step: number,
    key0: number,
    key1: number,
    mean: number,
    deviation: number,
  ): void;
  bernoulli(out: number, count: number, step: number, key0: number, key1: number, probability: number): void;
  spikes(
    out: number,
    untilSpike: number,
    mean: number,
    count: number,
    step: number,
    key0: number,
    key1: number,
  ): void;
  sparseProduct(
    out: number,
    a: number,
    b: number,
    m: number,
    n: number,
    k: number,
    factor: number,
    accumulate: boolean,
  ): void;
  sparseOuterProduct(
    out: number,
    a: number,
    b: number,
    m: number,
    n: number,
    k: number,
    factor: number,
    accumulate: boolean,
  ): void;
  listRows(starts: number, entries: number, bytes: number, m: number, n: number, scale: number): void;
  listColumns(
    starts: number,
    entries: number,
    rowStarts: number,
    rowEntries: number,
    m: number,
    n: number,
  ): void;
  listedProduct(
    out: number,
    starts: number,
    entries: number,
    b: number,
    m: number,
    n: number,
    k: number,
    factor: number,
    accumulate: boolean,
  ): void;
  /** Where `accumulateDelta` leaves differences. */
  readonly DIFFERENCES: { readonly value: number };
  /** Returns 1 where it leaves after - before at DIFFERENCES, and the product to its caller. */
  accumulateDelta(
    out: number,
    before: number,
    after: number,
    b: number,
    m: number,
    n: number,
    k: number,
    most: number,
  ): number;
  transpose(out: number, a: number, m: number, n: number): void;
  convolve(out: number, a: number, kernel: number, pending: number, count: number, taps: number): void;
  scaleBytes(out: number, count: number, scale: number): void;
}
