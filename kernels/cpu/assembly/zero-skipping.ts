import { ADD, ENTRY, listedRows, PIECE, RESUME, SET, TILE, WIDEST } from './listed';
import { LIST_ENDS, LIST_ROWS, LIST_STARTS, PACKED_A, PACKED_B } from './memory';
import { packTile, packTransposedTile } from './packing';

/**
 * Matrix products of some size whose left operand has zeros here and there, such as the activity of rectified neurons, half
 * of which are silent. Blocks of it are listed as the product comes to them. The right operand is packed, as for dense
 * products. What a zero would be multiplied with is not looked at, so that a value there that is not finite has no effect.
 */

/** Products with a smaller side leave too little to gain. */
const SMALLEST_SIDE: i32 = 100;
/** If more of the values than that are not zero, the dense product is faster. */
const MOST: f64 = 0.65;

/** Does it pay to leave out the zeros of a, for a product of m x k by k x n? This depends on the shape and on the zeros. */
export function skipsZeros(a: usize, m: i32, n: i32, k: i32): bool {
  if (min(m, min(n, k)) < SMALLEST_SIDE) return false;
  return <f64>nonzeroCount(a, m * k) <= MOST * <f64>(m * k);
}

function nonzeroCount(a: usize, count: i32): i32 {
  const zero = f32x4.splat(0);
  let zeros = i32x4.splat(0);
  let i = 0;
  // A lane of a comparison is -1 where it holds.
  for (; i + 4 <= count; i += 4, a += 16) zeros = i32x4.add(zeros, f32x4.eq(v128.load(a), zero));
  const low = i32x4.extract_lane(zeros, 0) + i32x4.extract_lane(zeros, 1);
  const high = i32x4.extract_lane(zeros, 2) + i32x4.extract_lane(zeros, 3);
  let total = i + low + high;
  for (; i < count; i++, a += 4) total += i32(load<f32>(a) != 0);
  return total;
}

/** out (m x n) = factor * op(a) op(b), or added to it, as `product` in product.ts. */
export function zeroSkippingProduct(
  out: usize, a: usize, b: usize, m: i32, n: i32, k: i32,
  transposeA: bool, transposeB: bool, factor: f32, accumulate: bool,
): void {
  const stride = <usize>n << 2;
  for (let p = 0; p < k; p += PIECE) {
    const steps = min(PIECE, k - p);
    const mode = accumulate ? ADD : p == 0 ? SET : RESUME;
    const scale = accumulate || p + steps == k ? factor : 1;
    for (let i = 0; i < m; i += LIST_ROWS) {
      const rows = min(LIST_ROWS, m - i);
      if (transposeA) listBlockOfColumns(a + (<usize>(p * m + i) << 2), <usize>m << 2, rows, steps);
      else listBlockOfRows(a + (<usize>(i * k + p) << 2), <usize>k << 2, rows, steps);
      for (let j = 0; j < n; j += WIDEST << 2) {
        const columns = min(WIDEST << 2, n - j);
        if (transposeB) packTransposedTile(b + (<usize>(j * k + p) << 2), <usize>k << 2, columns, TILE, steps);
        else packTile(b + (<usize>(p * n + j) << 2), stride, (columns + 3) >> 2, TILE, steps);
        const c = out + (<usize>(i * n + j) << 2);
        listedRows(c, stride, LIST_STARTS, LIST_ENDS, PACKED_A, rows, PACKED_B, TILE, columns, scale, mode);
      }
    }
  }
}

// Each list has room for all steps. A value is written, zero or not, and kept by going on to the next place: whether it is
// zero is hard to foresee for a branch.

/** Lists the first `steps` values of `rows` rows, `stride` bytes apart. */
function listBlockOfRows(a: usize, stride: usize, rows: i32, steps: i32): void {
  for (let i = 0; i < rows; i++, a += stride) {
    const first = PACKED_A + <usize>(i * PIECE) * ENTRY;
    let at = first;
    for (let s = 0; s < steps; s++) {
      const value = load<f32>(a + (<usize>s << 2));
      store<i32>(at, s);
      store<f32>(at, value, 4);
      at += <usize>(value != 0) * ENTRY;
    }
    const place = <usize>i << 2;
    store<u32>(LIST_STARTS + place, i * PIECE);
    store<u32>(LIST_ENDS + place, i * PIECE + <i32>((at - first) / ENTRY));
  }
}

/** Lists the first `rows` columns of `steps` rows, `stride` bytes apart. */
function listBlockOfColumns(a: usize, stride: usize, rows: i32, steps: i32): void {
  for (let i = 0; i < rows; i++) {
    store<u32>(LIST_STARTS + (<usize>i << 2), i * PIECE);
    store<u32>(LIST_ENDS + (<usize>i << 2), i * PIECE);
  }
  for (let s = 0; s < steps; s++, a += stride)
    for (let i = 0; i < rows; i++) {
      const place = <usize>i << 2;
      const value = load<f32>(a + place);
      const end = load<u32>(LIST_ENDS + place);
      const at = PACKED_A + <usize>end * ENTRY;
      store<i32>(at, s);
      store<f32>(at, value, 4);
      store<u32>(LIST_ENDS + place, end + u32(value != 0));
    }
}
