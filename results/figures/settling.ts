import * as Plot from '@observablehq/plot';
import type { FigureDocument, FigureElement } from './dom.ts';
import { drawFigure, type LegendEntry, type Panel, panelWidth } from './layout.ts';
import { diverging, greys, type Palette } from './palettes.ts';
import { pixelImage } from './pixel-image.ts';
import type { OfNetworks, ShownNetwork } from './responses.ts';
import { GRID, INK, MUTED, type SeriesStyle, SIZES, seriesStyle } from './theme.ts';
import { imageText, sentences, subtitleText } from './words.ts';

/** A network that settles under one image without its target, and goes on from there nudged towards it. */
export interface SettlingTraces extends ShownNetwork {
  /** Place of the image in the test set, null where it is none of it, and its class. */
  readonly image: number | null;
  readonly answer: number;
  /** Steps of each phase, and the strength of the nudge. */
  readonly free: number;
  readonly nudged: number;
  readonly beta: number;
  /** E at rest and after each step; null where the dynamics have none. */
  readonly energy: Float32Array | null;
  /** The cost C at rest and after each step. */
  readonly cost: Float32Array;
  /** Rates of each population above the input, lowest first, at the end of each phase. */
  readonly populations: readonly {
    readonly name: string;
    readonly free: Float32Array;
    readonly nudged: Float32Array;
  }[];
}

const ENERGY = seriesStyle(0);
const COST = seriesStyle(1);
const MARGINS = { marginLeft: 44, marginRight: 12, marginTop: 22 } as const;

/** How the first of the networks settles. */
export function settling(
  dom: FigureDocument,
  { document, networks }: OfNetworks<SettlingTraces>,
): FigureElement {
  const traces = networks[0]!;
  const { label, seed, image, answer, beta, energy, populations } = traces;
  return drawFigure(dom, {
    title: `${label}: settling while ${imageText(image, answer)} is shown without and with a nudge`,
    subtitle: subtitleText(document, [seed]),
    legend: [
      ...(energy ? [legend('energy E, and E + βC with the nudge', ENERGY)] : []),
      legend('cost C', COST),
    ],
    panels: [
      ...(energy ? [energyPanel(traces, energy)] : []),
      coursePanel(traces, {
        title: 'Cost C of the outputs',
        label: 'Cost',
        parts: [wholeCourse(traces.cost)],
        style: COST,
        hasSteps: true,
      }),
      ...populations.map(statesPanel),
    ],
    caption: sentences(
      `Shaded: the nudged phase, in which the target pulls at the outputs with β = ${beta}.`,
      ...(energy ? ['The step up is βC, which the nudge adds; in each phase the curve falls.'] : []),
      'Below: a square is a neuron, at the end of each phase; its change, red up and blue down, is what the Hebbian products of the two phases differ by.',
    ),
  });
}

const legend = (label: string, style: SeriesStyle): LegendEntry => ({
  label,
  style: { ...style, dash: '' },
  as: 'bar',
});

/** A part of a course: values from a step on. */
interface Part {
  readonly first: number;
  readonly values: readonly number[];
}

const wholeCourse = (values: Float32Array): Part => ({ first: 0, values: [...values] });

/** E of the free phase, and from its end on E + beta C. */
function energyPanel(traces: SettlingTraces, energy: Float32Array): Panel {
  const { free, beta, cost } = traces;
  const nudged = [...energy.subarray(free)].map((e, i) => e + beta * cost[free + i]!);
  return coursePanel(traces, {
    title: 'Energy that the dynamics descend',
    label: 'Energy',
    parts: [
      { first: 0, values: [...energy.subarray(0, free + 1)] },
      { first: free, values: nudged },
    ],
    style: ENERGY,
    hasSteps: false,
  });
}

interface Course {
  readonly title: string;
  readonly label: string;
  readonly parts: readonly Part[];
  readonly style: SeriesStyle;
  /** Whether the axis of steps is shown. */
  readonly hasSteps: boolean;
}

function coursePanel(
  { free, nudged }: SettlingTraces,
  { title, label, parts, style, hasSteps }: Course,
): Panel {
  const place = { x: 'step', y: 'value' } as const;
  const points = parts.map(({ first, values }) => values.map((value, i) => ({ step: first + i, value })));
  return {
    title,
    height: hasSteps ? 136 : 116,
    plot: {
      ...{ ...MARGINS, marginBottom: hasSteps ? 38 : 10 },
      x: {
        domain: [0, free + nudged],
        ...(hasSteps
          ? { label: 'Step', labelAnchor: 'center', labelArrow: 'none', tickFormat: 'd' }
          : { axis: null }),
      },
      y: { label, labelArrow: 'none', ticks: 4, nice: true },
      marks: [
        Plot.rectX([0], { x1: free, x2: free + nudged, fill: GRID, fillOpacity: 0.55 }),
        ...(['free phase', 'nudged phase'] as const).map((name, i) =>
          Plot.text([name], {
            ...{ x: i * free, frameAnchor: 'top', textAnchor: 'start', dx: 5, dy: -12 },
            ...{ text: (t: string) => t, fill: MUTED },
          }),
        ),
        ...points.map((part) => Plot.line(part, { ...place, stroke: style.colour, strokeWidth: 1.8 })),
        ...points.map((part) => Plot.dot(part, { ...place, fill: style.colour, r: 2 })),
      ],
    },
  };
}

type State = SettlingTraces['populations'][number];

/** Images of a state: neurons side by side, row by row. */
const MOST_IN_A_ROW = 32;
/** Pixels beside an image, and above it for its name. */
const INSET = 7;
const HEAD = 18;

/** Free rates, nudged rates and their difference, side by side. */
function statesPanel({ name, free, nudged }: State): Panel {
  const change = nudged.map((rate, i) => rate - free[i]!);
  const largest = Math.max(...change.map(Math.abs)) || 1;
  const highest = Math.max(...free, ...nudged) || 1;
  const across = Math.min(free.length, free.length > 64 ? MOST_IN_A_ROW : 10);
  const down = Math.ceil(free.length / across);
  const [grey, coloured] = [greys(), diverging()];
  const width = panelWidth(1) / 3 - 2 * INSET;
  const images = [
    { title: 'free', src: picture(free, highest, across, grey) },
    { title: 'nudged', src: picture(nudged, highest, across, grey) },
    { title: `change, ±${largest.toPrecision(2)}`, src: picture(change, largest, across, coloured) },
  ];
  const height = Math.max(14, (width * down) / across);
  return {
    title: `Rates of ${name}, white 0 to black ${highest.toPrecision(2)}`,
    height: height + HEAD,
    plot: {
      margin: 0,
      marginTop: HEAD,
      x: { domain: [0, 3], axis: null },
      y: { domain: [0, 1], axis: null },
      marks: images.flatMap(({ title, src }, i) => [
        Plot.image([0], {
          ...{ x: i + 0.5, y: 0.5, src: () => src, width, height, preserveAspectRatio: 'none' },
          imageRendering: 'optimizeSpeed',
        }),
        Plot.rect([0], {
          ...{ x1: i, x2: i + 1, y1: 0, y2: 1, stroke: GRID, fill: 'none' },
          ...{ insetLeft: INSET, insetRight: INSET },
        }),
        Plot.text([title], {
          ...{ x: i + 0.5, frameAnchor: 'top', dy: -12, text: (t: string) => t },
          ...{ fill: INK, fontSize: SIZES.small },
        }),
      ]),
    },
  };
}

function picture(values: Float32Array, end: number, across: number, { colours, place }: Palette): string {
  const pixels = new Uint8Array(Math.ceil(values.length / across) * across).fill(place(0));
  for (const [i, value] of values.entries()) pixels[i] = place(value / end);
  return pixelImage(pixels, across, colours);
}
