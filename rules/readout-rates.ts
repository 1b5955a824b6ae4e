/** Learning rates of a recipe: the hidden layers learn at one, the read-out on top at another; input side first. */
export const readoutRates = (layers: readonly number[], hidden: number, readout: number): number[] => [
  ...Array(layers.length - 2).fill(hidden),
  readout,
];
