import * as Plot from '@observablehq/plot';

/** Colours from the most negative value to the most positive one: an odd number, so that one is for 0. */
const COLOURS = 65;

/** A palette for pixels, and where a value stands in it. */
export interface Palette {
  /** 'rgb(1, 2, 3)' */
  readonly colours: readonly string[];
  /** @param share of the value at the end of the scale, -1 to 1 or 0 to 1; beyond it the colour is that of the end */
  place(share: number): number;
}

const bounded = (share: number, low: number): number => Math.min(1, Math.max(low, share));

/** Blue, white, red: also told apart without seeing red or green. */
export function diverging(): Palette {
  const { apply } = Plot.scale({
    color: { type: 'diverging', scheme: 'RdBu', reverse: true, domain: [-1, 1] },
  });
  const middle = (COLOURS - 1) / 2;
  return {
    colours: Array.from({ length: COLOURS }, (_, i) => apply(i / middle - 1) as string),
    place: (share) => middle + Math.round(middle * bounded(share, -1)),
  };
}

/** White to black. */
export function greys(): Palette {
  const last = COLOURS - 1;
  const level = (i: number): number => Math.round(255 * (1 - i / last));
  return {
    colours: Array.from({ length: COLOURS }, (_, i) => `rgb(${level(i)}, ${level(i)}, ${level(i)})`),
    place: (share) => Math.round(last * bounded(share, 0)),
  };
}
