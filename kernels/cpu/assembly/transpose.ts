/** out (n x m) = a (m x n) transposed, in squares of 4 x 4. */
export function transpose(out: usize, a: usize, m: i32, n: i32): void {
  const stride = <usize>n << 2;
  const outStride = <usize>m << 2;
  let i = 0;
  for (; i + 4 <= m; i += 4) {
    const rows = a + <usize>i * stride;
    const columns = out + (<usize>i << 2);
    let j = 0;
    for (; j + 4 <= n; j += 4)
      squareAt(columns + <usize>j * outStride, outStride, rows + (<usize>j << 2), stride);
    for (; j < n; j++)
      for (let r: usize = 0; r < 4; r++)
        store<f32>(columns + <usize>j * outStride + (r << 2), load<f32>(rows + r * stride + (<usize>j << 2)));
  }
  for (; i < m; i++)
    for (let j = 0; j < n; j++)
      store<f32>(out + <usize>j * outStride + (<usize>i << 2), load<f32>(a + <usize>i * stride + (<usize>j << 2)));
}

// @ts-ignore: decorator
@inline
function squareAt(to: usize, toStride: usize, from: usize, stride: usize): void {
  transposeSquare(to, toStride, from, from + stride, from + 2 * stride, from + 3 * stride);
}

/** Four values of each of four rows become four rows that are `toStride` bytes apart. */
// @ts-ignore: decorator
@inline
export function transposeSquare(
  to: usize, toStride: usize, row0: usize, row1: usize, row2: usize, row3: usize,
): void {
  const r0 = v128.load(row0);
  const r1 = v128.load(row1);
  const r2 = v128.load(row2);
  const r3 = v128.load(row3);
  const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
  const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
  v128.store(to + toStride, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7));
  v128.store(to + 2 * toStride, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5));
  v128.store(to + 3 * toStride, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7));
}
