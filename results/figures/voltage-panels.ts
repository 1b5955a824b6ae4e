import * as Plot from '@observablehq/plot';
import type { LegendEntry } from './layout.ts';
import { MUTED, ROLES } from './theme.ts';

/** What panels of potentials over time share. */

/** A phase without a target, and the one with it that follows. */
export interface TwoPhases {
  readonly names: readonly [first: string, taught: string];
  /** ms */
  readonly lengths: readonly [first: number, taught: number];
}

export const MARGINS = { marginLeft: 44, marginRight: 12 } as const;

const line = (colour: string): LegendEntry['style'] => ({ colour, dash: '', symbol: 'circle' });

export const COMPARTMENTS: readonly LegendEntry[] = [
  { label: 'apical dendrite', style: line(ROLES.apical), as: 'bar' },
  { label: 'basal dendrite', style: line(ROLES.basal), as: 'bar' },
  { label: 'soma', style: line(ROLES.soma), as: 'bar' },
];

/** An axis of time, to be seen in the last of several panels. */
export const timeScale = ({ lengths: [first, taught] }: TwoPhases, isShown: boolean): Plot.ScaleOptions => ({
  domain: [0, first + taught],
  ticks: 10,
  ...(isShown
    ? { label: 'Time (ms)', labelAnchor: 'center' as const, labelArrow: 'none' as const }
    : { axis: null }),
});

/** Axes of a panel of potentials. */
export const potentialFrame = (phases: TwoPhases, hasTime = false): Plot.PlotOptions => ({
  ...MARGINS,
  ...{ marginTop: 22, marginBottom: hasTime ? 38 : 8 },
  x: timeScale(phases, hasTime),
  y: { label: 'Potential', labelArrow: 'none', ticks: 4, nice: true },
});

/** The shade of the taught phase. */
export const phaseMarks = ({ lengths: [first, taught] }: TwoPhases): Plot.Markish[] => [
  Plot.rectX([0], { x1: first, x2: first + taught, fill: ROLES.taught }),
  Plot.ruleX([first], { stroke: MUTED, strokeDasharray: '2 3' }),
];

/** The names of both phases, at the top of a panel. @param dy pixels below its frame */
export const phaseNames = ({ names, lengths: [first] }: TwoPhases, dy: number): Plot.Markish[] =>
  names.map((name, i) =>
    Plot.text([name], {
      ...{ x: i * first, frameAnchor: 'top', textAnchor: 'start', dx: 5, dy },
      ...{ text: (t: string) => t, fill: MUTED },
    }),
  );
