/** Arguments of cblas_sgemm, addresses as numbers. */
export type Sgemm = (
  layout: number,
  transposeA: number,
  transposeB: number,
  m: number,
  n: number,
  k: number,
  alpha: number,
  a: number,
  lda: number,
  b: number,
  ldb: number,
  beta: number,
  c: number,
  ldc: number,
) => void;

/** A system BLAS, set to one thread: runs are spread over worker threads, one run a thread. */
export interface Blas {
  /** Library and version, e.g. 'OpenBLAS 0.3.21 (Haswell)'. */
  readonly description: string;
  readonly sgemm: Sgemm;
  /** Address of the buffer in this process. */
  addressOf(buffer: ArrayBuffer): number;
}

/** Values of CBLAS's enumerations. */
export const ROW_MAJOR = 101;
export const AS_IS = 111;
export const TRANSPOSED = 112;
