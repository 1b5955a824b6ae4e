import { BLOCK_COLUMNS, BLOCK_ROWS, DEPTH, PACKED_A, PACKED_B } from './memory';
import { packPairs, packRows, packTransposed, WIDTH } from './packing';
import { columnVectorProduct, outerProduct, rowVectorProduct } from './vector-product';
import { madd, storePart } from './vectors';
import { skipsZeros, zeroSkippingProduct } from './zero-skipping';

/**
 * Matrix product in the manner of Goto and van de Geijn 2008, "Anatomy of high-performance matrix multiplication": the
 * operands are taken in blocks that stay in the caches, copied into panels where they do not lie in a good order, and
 * the result is computed in tiles that stay in registers. The order of summation depends on the shapes, and on which values
 * of the left operand are zero, alone.
 */

/** So few steps along the inner dimension touch so few lines of a cache that nothing needs to be copied. */
const SHALLOW: i32 = 16;
/** For so few rows, copying a block of b costs a fifth to a tenth of their products. */
const FEW_ROWS: i32 = 32;

/** out (m x n) = factor * op(a) op(b), or added to it; k is the inner size. All are row-major, without gaps. */
export function product(
  out: usize, a: usize, b: usize, m: i32, n: i32, k: i32,
  transposeA: bool, transposeB: bool, factor: f32, accumulate: bool,
): void {
  if (m == 1) {
    if (transposeB) columnVectorProduct(out, b, a, n, k, factor, accumulate);
    else rowVectorProduct(out, a, b, n, k, factor, accumulate);
  } else if (n == 1) {
    // out' = op(b)' op(a)', and the transpose of a vector lies in memory like the vector itself.
    if (transposeA) rowVectorProduct(out, b, a, m, k, factor, accumulate);
    else columnVectorProduct(out, a, b, m, k, factor, accumulate);
  } else if (k == 1) {
    outerProduct(out, a, b, m, n, factor, accumulate);
  } else if (skipsZeros(a, m, n, k)) {
    zeroSkippingProduct(out, a, b, m, n, k, transposeA, transposeB, factor, accumulate);
  } else {
    matrixProduct(out, a, b, m, n, k, transposeA, transposeB, factor, accumulate);
  }
}

function matrixProduct(
  out: usize, a: usize, b: usize, m: i32, n: i32, k: i32,
  transposeA: bool, transposeB: bool, factor: f32, accumulate: bool,
): void {
  const wide = n > WIDTH && k > SHALLOW;
  const packA = transposeA && wide;
  // Rows of 4 KiB all fall on the same lines of the cache.
  const packB = transposeB || (wide && (m > FEW_ROWS || (n & 1023) == 0));
  const aRow: usize = transposeA ? 4 : <usize>k << 2;
  const aStep: usize = transposeA ? <usize>m << 2 : 4;
  const bStep = <usize>n << 2;
  const depth = blockDepth(k);
  for (let p = 0; p < k; p += depth) {
    const steps = min(depth, k - p);
    const add = accumulate || p > 0;
    for (let i = 0; i < m; i += BLOCK_ROWS) {
      const rows = min(BLOCK_ROWS, m - i);
      const left = a + <usize>i * aRow + <usize>p * aStep;
      if (packA) packPairs(left, aStep, rows, steps);
      for (let j = 0; j < n; j += BLOCK_COLUMNS) {
        const columns = min(BLOCK_COLUMNS, n - j);
        const right = b + (<usize>(transposeB ? j * k + p : p * n + j) << 2);
        if (transposeB) packTransposed(right, <usize>k << 2, columns, steps);
        else if (packB) packRows(right, bStep, columns, steps);
        multiplyBlock(
          out + <usize>i * bStep + (<usize>j << 2), bStep, rows, columns, steps,
          packA ? PACKED_A : left, packA ? 4 : aRow, packA ? 8 : aStep, packA ? <usize>steps << 3 : aRow << 1,
          packB ? PACKED_B : right, packB ? <usize>WIDTH << 2 : bStep, <usize>(packB ? steps * WIDTH : WIDTH) << 2,
          factor, add,
        );
      }
    }
  }
}

/** Splits the inner dimension evenly into blocks of at most DEPTH. */
function blockDepth(k: i32): i32 {
  const blocks = (k + DEPTH - 1) / DEPTH;
  return (k + blocks - 1) / blocks;
}

/**
 * `aRow`, `aStep` and `aPanel`: bytes from a value of the left operand to that of the next row, of the next inner step
 * and of the next two rows. `bStep` and `bPanel`: from a row of the right one to the next, and to the next panel.
 */
function multiplyBlock(
  out: usize, stride: usize, rows: i32, columns: i32, steps: i32,
  a: usize, aRow: usize, aStep: usize, aPanel: usize, b: usize, bStep: usize, bPanel: usize,
  factor: f32, add: bool,
): void {
  const scale = f32x4.splat(factor);
  const aLength = <usize>steps * aStep;
  for (let j = 0; j < columns; j += WIDTH, b += bPanel, out += WIDTH << 2) {
    const left = columns - j;
    let from = a;
    let c = out;
    for (let i = 0; i < rows; i += 2, from += aPanel, c += stride << 1) {
      const two = rows - i > 1;
      const second = two ? from + aRow : from;
      if (left > 12) tile(4, c, stride, two, left, from, second, aStep, aLength, b, bStep, scale, add);
      else if (left > 8) tile(3, c, stride, two, left, from, second, aStep, aLength, b, bStep, scale, add);
      else if (left > 4) tile(2, c, stride, two, left, from, second, aStep, aLength, b, bStep, scale, add);
      else tile(1, c, stride, two, left, from, second, aStep, aLength, b, bStep, scale, add);
    }
  }
}

/**
 * Two rows of up to 4 vectors of the result; the second row is dropped if there are not two. 8 sums, 4 vectors of b and
 * what a step needs besides fit into the 15 registers that V8 has. Four rows of two vectors, with as many sums and loads,
 * ran at 50 GFLOP/s where these run at 60.
 */
// @ts-ignore: decorator
@inline
function tile(
  vectors: i32, c: usize, stride: usize, two: bool, columns: i32,
  first: usize, second: usize, aStep: usize, aLength: usize, b: usize, bStep: usize, scale: v128, add: bool,
): void {
  let c00 = f32x4.splat(0), c01 = f32x4.splat(0), c02 = f32x4.splat(0), c03 = f32x4.splat(0);
  let c10 = f32x4.splat(0), c11 = f32x4.splat(0), c12 = f32x4.splat(0), c13 = f32x4.splat(0);
  for (let at: usize = 0; at < aLength; at += aStep, b += bStep) {
    const a0 = v128.load32_splat(first + at);
    const a1 = v128.load32_splat(second + at);
    const b0 = v128.load(b);
    c00 = madd(c00, a0, b0);
    c10 = madd(c10, a1, b0);
    if (vectors > 1) {
      const b1 = v128.load(b, 16);
      c01 = madd(c01, a0, b1);
      c11 = madd(c11, a1, b1);
    }
    if (vectors > 2) {
      const b2 = v128.load(b, 32);
      c02 = madd(c02, a0, b2);
      c12 = madd(c12, a1, b2);
    }
    if (vectors > 3) {
      const b3 = v128.load(b, 48);
      c03 = madd(c03, a0, b3);
      c13 = madd(c13, a1, b3);
    }
  }
  finishRow(vectors, c, columns, c00, c01, c02, c03, scale, add);
  if (two) finishRow(vectors, c + stride, columns, c10, c11, c12, c13, scale, add);
}

/** Stores `vectors` sums, of the last of which only some lanes may be columns. */
// @ts-ignore: decorator
@inline
function finishRow(
  vectors: i32, c: usize, columns: i32, c0: v128, c1: v128, c2: v128, c3: v128, scale: v128, add: bool,
): void {
  if (vectors > 1) v128.store(c, result(c, c0, scale, add));
  if (vectors > 2) v128.store(c, result(c + 16, c1, scale, add), 16);
  if (vectors > 3) v128.store(c, result(c + 32, c2, scale, add), 32);
  const last = c + (<usize>(vectors - 1) << 4);
  const sum = vectors == 1 ? c0 : vectors == 2 ? c1 : vectors == 3 ? c2 : c3;
  storePart(last, result(last, sum, scale, add), columns - ((vectors - 1) << 2));
}

// @ts-ignore: decorator
@inline
function result(c: usize, sum: v128, scale: v128, add: bool): v128 {
  return add ? madd(v128.load(c), sum, scale) : f32x4.mul(sum, scale);
}
