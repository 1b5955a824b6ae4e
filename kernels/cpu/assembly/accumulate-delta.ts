import { ENTRY, listedRow } from './listed';
import { EVENT_LIST, EVENTS } from './memory';

/** out (m x n) += (after - before) b, for after and before (m x k) and b (k x n), by the values that differ alone. */
export function accumulateDelta(out: usize, before: usize, after: usize, b: usize, m: i32, n: i32, k: i32): void {
  const stride = <usize>n << 2;
  for (let i = 0; i < m; i++, out += stride)
    for (let p = 0; p < k; ) {
      const count = min(EVENTS, k - p);
      const end = listChanges(before, after, count);
      if (end != EVENT_LIST) listedRow(out, EVENT_LIST, end, b + <usize>p * stride, n, stride, 1, true);
      p += count;
      before += <usize>count << 2;
      after += <usize>count << 2;
    }
}

/** Lists where `count` values differ, and by how much; returns the end of the list. */
function listChanges(before: usize, after: usize, count: i32): usize {
  let at = EVENT_LIST;
  let j = 0;
  for (; j + 16 <= count; j += 16, before += 64, after += 64) {
    let mask = different16(before, after);
    while (mask != 0) {
      const lane = <i32>ctz(mask);
      at = list(at, j + lane, before + (<usize>lane << 2), after + (<usize>lane << 2));
      mask &= mask - 1;
    }
  }
  for (; j < count; j++, before += 4, after += 4)
    if (load<f32>(before) != load<f32>(after)) at = list(at, j, before, after);
  return at;
}

// @ts-ignore: decorator
@inline
function list(at: usize, place: i32, before: usize, after: usize): usize {
  store<i32>(at, place);
  store<f32>(at, load<f32>(after) - load<f32>(before), 4);
  return at + ENTRY;
}

/** A bit for each of 16 values that differs. */
// @ts-ignore: decorator
@inline
function different16(before: usize, after: usize): u32 {
  const first = i16x8.narrow_i32x4_s(
    f32x4.ne(v128.load(before), v128.load(after)),
    f32x4.ne(v128.load(before, 16), v128.load(after, 16)),
  );
  const second = i16x8.narrow_i32x4_s(
    f32x4.ne(v128.load(before, 32), v128.load(after, 32)),
    f32x4.ne(v128.load(before, 48), v128.load(after, 48)),
  );
  return <u32>i8x16.bitmask(i8x16.narrow_i16x8_s(first, second));
}
