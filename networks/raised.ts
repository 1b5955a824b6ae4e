import type { Kernels, Tensor } from '../kernels/index.ts';

/** A whole power from 1 to 63 of every element, by squares. */
export function raised(k: Kernels, x: Tensor, power: number): Tensor {
  if (!(Number.isInteger(power) && power >= 1 && power <= 63))
    throw new Error(`a power must be a whole number from 1 to 63, not ${power}`);
  const bit = (place: number) => Math.floor(power / 2 ** place) % 2;
  return k.map(
    (x, b5, b4, b3, b2, b1, b0) => {
      const h5 = b5 > 0 ? x : 1;
      const h4 = h5 * h5 * (b4 > 0 ? x : 1);
      const h3 = h4 * h4 * (b3 > 0 ? x : 1);
      const h2 = h3 * h3 * (b2 > 0 ? x : 1);
      const h1 = h2 * h2 * (b1 > 0 ? x : 1);
      return h1 * h1 * (b0 > 0 ? x : 1);
    },
    ...[x, bit(5), bit(4), bit(3), bit(2), bit(1), bit(0)],
  );
}
