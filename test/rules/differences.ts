/** The largest difference between a direction and the central differences of a loss by the same state. */
export function distanceFromDifferences(
  state: Float64Array,
  direction: ArrayLike<number>,
  loss: () => number,
): number {
  const step = 1e-5;
  return Math.max(
    ...Array.from(state, (value, i) => {
      state[i] = value + step;
      const above = loss();
      state[i] = value - step;
      const below = loss();
      state[i] = value;
      return Math.abs((above - below) / (2 * step) - direction[i]!);
    }),
  );
}
