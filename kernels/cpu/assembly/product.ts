import { BLOCK_COLUMNS, BLOCK_ROWS, DEPTH, EDGE_TILE, PACKED_A, PACKED_B } from './memory';
import { columnVectorProduct, outerProduct, rowVectorProduct } from './vector-product';

/**
 * Matrix product in the manner of Goto and van de Geijn 2008, "Anatomy of high-performance matrix multiplication":
 * blocks of op(a) and op(b) are copied into panels, so that the innermost loop reads both in order, and the result
 * is computed in tiles that stay in registers. The order of summation depends on the shapes alone.
 *
 * Panels of op(a) hold 4 rows and panels of op(b) 8 columns (or 4, for the last columns), step by step along the
 * inner dimension. The lanes that the last panel lacks hold left-overs, whose products are dropped.
 */

/** out (m x n) = factor * op(a) op(b), or added to it; k is the inner size. All are row-major, without gaps. */
export function product(
  out: usize, a: usize, b: usize, m: i32, n: i32, k: i32,
  transposeA: bool, transposeB: bool, factor: f32, accumulate: bool,
): void {
  const aLength = transposeA ? m : k;
  const bLength = transposeB ? k : n;
  if (m == 1) {
    if (transposeB) columnVectorProduct(out, b, a, n, k, factor, accumulate);
    else rowVectorProduct(out, a, b, n, k, factor, accumulate);
    return;
  }
  if (n == 1) {
    // out' = op(b)' op(a)', and the transpose of a vector lies in memory like the vector itself.
    if (transposeA) rowVectorProduct(out, b, a, m, k, factor, accumulate);
    else columnVectorProduct(out, a, b, m, k, factor, accumulate);
    return;
  }
  if (k == 1) {
    outerProduct(out, a, b, m, n, factor, accumulate);
    return;
  }
  const depth = blockDepth(k);
  for (let p = 0; p < k; p += depth) {
    const steps = min(depth, k - p);
    const add = accumulate || p > 0;
    for (let i = 0; i < m; i += BLOCK_ROWS) {
      const rows = min(BLOCK_ROWS, m - i);
      packA(a, aLength, transposeA, i, rows, p, steps);
      for (let j = 0; j < n; j += BLOCK_COLUMNS) {
        const columns = min(BLOCK_COLUMNS, n - j);
        packB(b, bLength, transposeB, j, columns, p, steps);
        multiplyBlock(out + (<usize>(i * n + j) << 2), n, rows, columns, steps, factor, add);
      }
    }
  }
}

/** Splits the inner dimension evenly into blocks of at most DEPTH. */
function blockDepth(k: i32): i32 {
  const blocks = (k + DEPTH - 1) / DEPTH;
  return (k + blocks - 1) / blocks;
}

/** Panels of b are as wide as a tile, but the last one is narrow where that is enough. */
// @ts-ignore: decorator
@inline
function panelWidth(columnsLeft: i32): i32 {
  return columnsLeft > 4 ? 8 : 4;
}

function multiplyBlock(out: usize, length: i32, rows: i32, columns: i32, steps: i32, factor: f32, add: bool): void {
  const stride = <usize>length << 2;
  let b = PACKED_B;
  for (let j = 0; j < columns; ) {
    const width = panelWidth(columns - j);
    const kept = min(width, columns - j);
    let a = PACKED_A;
    let c = out + (<usize>j << 2);
    for (let i = 0; i < rows; i += 4) {
      if (kept == width && rows - i >= 4) {
        if (width == 8) tile8(c, stride, a, b, steps, factor, add);
        else tile4(c, stride, a, b, steps, factor, add);
      } else {
        if (width == 8) tile8(EDGE_TILE, 32, a, b, steps, factor, false);
        else tile4(EDGE_TILE, 32, a, b, steps, factor, false);
        copyEdge(c, stride, min(4, rows - i), kept, add);
      }
      a += <usize>steps << 4;
      c += stride << 2;
    }
    b += <usize>(steps * width) << 2;
    j += width;
  }
}

function copyEdge(c: usize, stride: usize, rows: i32, columns: i32, add: bool): void {
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) {
      const at = c + <usize>i * stride + (<usize>j << 2);
      const value = load<f32>(EDGE_TILE + (<usize>(i * 8 + j) << 2));
      store<f32>(at, add ? load<f32>(at) + value : value);
    }
}

// @ts-ignore: decorator
@inline
function finish(c: usize, sum: v128, factor: v128, add: bool): void {
  const scaled = f32x4.mul(sum, factor);
  v128.store(c, add ? f32x4.add(v128.load(c), scaled) : scaled);
}

/**
 * c (4 x 8) = factor * panel of a times panel of b, or added to it. A step's 6 loads and the 8 sums fit into the 15
 * vector registers that V8 has, in whatever order it schedules them: larger tiles and longer bodies spill.
 */
function tile8(c: usize, stride: usize, a: usize, b: usize, steps: i32, factor: f32, add: bool): void {
  let c00 = f32x4.splat(0), c01 = f32x4.splat(0), c10 = f32x4.splat(0), c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0), c21 = f32x4.splat(0), c30 = f32x4.splat(0), c31 = f32x4.splat(0);
  for (let p = 0; p < steps; p++) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load32_splat(a);
    c00 = f32x4.add(c00, f32x4.mul(a0, b0));
    c01 = f32x4.add(c01, f32x4.mul(a0, b1));
    const a1 = v128.load32_splat(a, 4);
    c10 = f32x4.add(c10, f32x4.mul(a1, b0));
    c11 = f32x4.add(c11, f32x4.mul(a1, b1));
    const a2 = v128.load32_splat(a, 8);
    c20 = f32x4.add(c20, f32x4.mul(a2, b0));
    c21 = f32x4.add(c21, f32x4.mul(a2, b1));
    const a3 = v128.load32_splat(a, 12);
    c30 = f32x4.add(c30, f32x4.mul(a3, b0));
    c31 = f32x4.add(c31, f32x4.mul(a3, b1));
    a += 16;
    b += 32;
  }
  const scale = f32x4.splat(factor);
  finish(c, c00, scale, add);
  finish(c + 16, c01, scale, add);
  c += stride;
  finish(c, c10, scale, add);
  finish(c + 16, c11, scale, add);
  c += stride;
  finish(c, c20, scale, add);
  finish(c + 16, c21, scale, add);
  c += stride;
  finish(c, c30, scale, add);
  finish(c + 16, c31, scale, add);
}

/** The same for a panel of b with 4 columns. */
function tile4(c: usize, stride: usize, a: usize, b: usize, steps: i32, factor: f32, add: bool): void {
  let c0 = f32x4.splat(0), c1 = f32x4.splat(0), c2 = f32x4.splat(0), c3 = f32x4.splat(0);
  for (let p = 0; p < steps; p++) {
    const b0 = v128.load(b);
    c0 = f32x4.add(c0, f32x4.mul(v128.load32_splat(a), b0));
    c1 = f32x4.add(c1, f32x4.mul(v128.load32_splat(a, 4), b0));
    c2 = f32x4.add(c2, f32x4.mul(v128.load32_splat(a, 8), b0));
    c3 = f32x4.add(c3, f32x4.mul(v128.load32_splat(a, 12), b0));
    a += 16;
    b += 16;
  }
  const scale = f32x4.splat(factor);
  finish(c, c0, scale, add);
  finish(c += stride, c1, scale, add);
  finish(c += stride, c2, scale, add);
  finish(c += stride, c3, scale, add);
}

/** Copies rows i .. i+rows of op(a), steps p .. p+steps, into panels of 4 rows. */
function packA(a: usize, length: i32, transposed: bool, i: i32, rows: i32, p: i32, steps: i32): void {
  let to = PACKED_A;
  for (let r = i; r < i + rows; r += 4) {
    const kept = min(4, i + rows - r);
    if (transposed) packAcross(to, 4, a + (<usize>(p * length + r) << 2), length, kept, steps);
    else packAlong(to, 4, a + (<usize>(r * length + p) << 2), length, kept, steps);
    to += <usize>steps << 4;
  }
}

/** Copies columns j .. j+columns of op(b), steps p .. p+steps, into panels of 8 columns, the last one of 8 or 4. */
function packB(b: usize, length: i32, transposed: bool, j: i32, columns: i32, p: i32, steps: i32): void {
  let to = PACKED_B;
  for (let c = 0; c < columns; ) {
    const width = panelWidth(columns - c);
    const kept = min(width, columns - c);
    if (transposed) packAlong(to, width, b + (<usize>((j + c) * length + p) << 2), length, kept, steps);
    else packAcross(to, width, b + (<usize>(p * length + j + c) << 2), length, kept, steps);
    to += <usize>(steps * width) << 2;
    c += width;
  }
}

/** A panel from a matrix whose rows run across the panel: each step is `width` neighbours, of which `kept` exist. */
function packAcross(to: usize, width: i32, from: usize, length: i32, kept: i32, steps: i32): void {
  const stride = <usize>length << 2;
  const step = <usize>width << 2;
  const end = to + <usize>steps * step;
  if (kept == 8) {
    for (; to < end; to += 32, from += stride) {
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, 16), 16);
    }
  } else if (kept == 4) {
    for (; to < end; to += 16, from += stride) v128.store(to, v128.load(from));
  } else {
    for (; to < end; to += step, from += stride)
      for (let c = 0; c < kept; c++) store<f32>(to + (<usize>c << 2), load<f32>(from + (<usize>c << 2)));
  }
}

/** A panel from a matrix whose rows run along the panel: row c of the `kept` rows is column c of the panel. */
function packAlong(to: usize, width: i32, from: usize, length: i32, kept: i32, steps: i32): void {
  const stride = <usize>length << 2;
  const step = <usize>width << 2;
  let c = 0;
  for (; c + 4 <= kept; c += 4) {
    transposeFour(to + (<usize>c << 2), step, from, stride, steps);
    from += stride << 2;
  }
  for (; c < kept; c++, from += stride)
    for (let s = 0; s < steps; s++) store<f32>(to + (<usize>c << 2) + <usize>s * step, load<f32>(from + (<usize>s << 2)));
}

/** Four rows of `steps` values become four columns. */
function transposeFour(to: usize, step: usize, from: usize, stride: usize, steps: i32): void {
  let s = 0;
  for (; s + 4 <= steps; s += 4) {
    const r0 = v128.load(from);
    const r1 = v128.load(from + stride);
    const r2 = v128.load(from + 2 * stride);
    const r3 = v128.load(from + 3 * stride);
    const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
    const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
    const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
    v128.store(to + step, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7));
    v128.store(to + 2 * step, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5));
    v128.store(to + 3 * step, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7));
    from += 16;
    to += step << 2;
  }
  for (; s < steps; s++, from += 4, to += step) {
    store<f32>(to, load<f32>(from));
    store<f32>(to, load<f32>(from + stride), 4);
    store<f32>(to, load<f32>(from + 2 * stride), 8);
    store<f32>(to, load<f32>(from + 3 * stride), 12);
  }
}
