/**
 * How all figures look. They are made to be printed 12 cm wide: 560 pixels become 12 cm, and the smallest letters 6.5 points.
 */
export const WIDTH = 560;
export const FONT = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif";
export const SIZES = { title: 15, text: 12, small: 11 } as const;
export const INK = '#1a1a1a';
export const MUTED = '#5a5a5a';
export const PAPER = '#ffffff';
export const GRID = '#dddddd';

/** Okabe & Ito 2008, "Color Universal Design": told apart by people with any form of colour vision; without its yellow, which is too light for lines. */
const COLOURS = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#56B4E9', '#000000'] as const;
/** Lengths of strokes and gaps. Five dashes and seven colours make 35 different lines, and neighbours differ in grey, too. */
const DASHES = ['', '7 3', '2 2', '9 3 2 3', '13 3'] as const;
const SYMBOLS = ['circle', 'square', 'triangle', 'diamond', 'star'] as const;

/** How one of several things that are compared is drawn: told by colour, and by dash or symbol where there is none. */
export interface SeriesStyle {
  readonly colour: string;
  /** Of a line, as `stroke-dasharray`; '' for an unbroken one. */
  readonly dash: string;
  readonly symbol: (typeof SYMBOLS)[number];
}

/** @param place of the thing among those compared, from 0 */
export const seriesStyle = (place: number): SeriesStyle => ({
  colour: COLOURS[place % COLOURS.length]!,
  dash: DASHES[place % DASHES.length]!,
  symbol: SYMBOLS[place % SYMBOLS.length]!,
});

/** Colours of compartments, phases and the like, which have a meaning of their own. */
export const ROLES = { basal: COLOURS[0], apical: COLOURS[1], soma: COLOURS[6], taught: '#f1e9d8' } as const;
