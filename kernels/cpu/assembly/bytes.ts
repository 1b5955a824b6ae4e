/**
 * Turns `count` bytes into float32, each times `scale`, in place: the bytes lie in the last quarter of the room for the
 * result. The result never overtakes the bytes that are still to be read: 4 i <= 3 count + i.
 */
export function scaleBytes(out: usize, count: i32, scale: f32): void {
  let from = out + 3 * <usize>count;
  const factor = f32x4.splat(scale);
  let i = 0;
  for (; i + 16 <= count; i += 16, from += 16, out += 64) {
    const bytes = v128.load(from);
    const low = i16x8.extend_low_i8x16_u(bytes);
    const high = i16x8.extend_high_i8x16_u(bytes);
    v128.store(out, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(low)), factor));
    v128.store(out, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(low)), factor), 16);
    v128.store(out, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(high)), factor), 32);
    v128.store(out, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(high)), factor), 48);
  }
  for (; i < count; i++, from++, out += 4) store<f32>(out, <f32>load<u8>(from) * scale);
}
