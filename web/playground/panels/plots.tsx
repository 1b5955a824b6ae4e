import { dot, gridY, line, type PlotOptions, plot, ruleY } from '@observablehq/plot';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { seriesStyle } from '../../../results/figures/index.ts';
import { Figure } from '../../shared/figure.tsx';

/** A value over training examples. */
export interface Course {
  /** Of the rule in the duel, which gives colour, dash and symbol. */
  readonly place: number;
  readonly points: readonly { readonly examples: number; readonly value: number }[];
}

interface CourseAxes {
  /** Training examples of the longest run. */
  readonly examples: number;
  readonly label: string;
  readonly domain: readonly [number, number];
  readonly type: 'linear' | 'log';
  readonly ticks: readonly number[];
  readonly height: number;
}

const INK = '#1a1a1a';
const GRID = '#dddddd';
const PAPER = '#ffffff';
/** Symbols on a line: more would hide it. */
const SYMBOLS = 8;

/** The courses of all rules on the same axes, as wide as there is room. */
export function CoursePlot({
  courses,
  axes,
  label,
}: {
  courses: readonly Course[];
  axes: CourseAxes;
  label: string;
}) {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry!.contentRect.width)));
    observer.observe(place.current!);
    return () => observer.disconnect();
  }, []);
  const draw = useCallback(() => plot(optionsOf(courses, axes, width)), [courses, axes, width]);
  return (
    <div ref={place} style={{ minHeight: `${axes.height}px` }}>
      {width > 0 && <Figure draw={draw} label={label} />}
    </div>
  );
}

function optionsOf(courses: readonly Course[], axes: CourseAxes, width: number): PlotOptions {
  const { examples, label, domain, type, ticks, height } = axes;
  const [low, high] = domain;
  return {
    ...{ width, height, marginLeft: 40, marginRight: 26, marginTop: 22, marginBottom: 36 },
    style: { fontFamily: 'inherit', fontSize: '12px', background: 'none' },
    x: {
      ...{ domain: [0, examples], label: 'Training examples', labelAnchor: 'center', labelArrow: 'none' },
      ...{
        ticks: Math.max(2, Math.floor(width / 110)),
        tickFormat: (n: number) => n.toLocaleString('en-US'),
      },
    },
    y: { domain, type, label, labelArrow: 'none', ticks, tickFormat: (n: number) => String(n) },
    marks: [
      gridY(ticks, { stroke: GRID, strokeOpacity: 1 }),
      ruleY([low], { stroke: INK }),
      ...courses.flatMap(({ place, points }) => {
        const { colour, dash, symbol } = seriesStyle(place);
        const shown = points.map((point) => ({
          ...point,
          value: Math.min(high, Math.max(low, point.value)),
        }));
        const every = Math.ceil(shown.length / SYMBOLS);
        return [
          line(shown, { x: 'examples', y: 'value', stroke: colour, strokeWidth: 2, strokeDasharray: dash }),
          dot(
            shown.filter((_, i) => (shown.length - 1 - i) % every === 0),
            { x: 'examples', y: 'value', symbol, r: 4, fill: colour, stroke: PAPER, strokeWidth: 0.75 },
          ),
        ];
      }),
    ],
  };
}

/** The line and the symbol of a rule, as plots have it. */
export function Sample({ place }: { place: number }) {
  const { colour, dash, symbol } = seriesStyle(place);
  const draw = useCallback(
    () =>
      plot({
        ...{ width: 34, height: 16, margin: 0, axis: null, x: { domain: [0, 34] }, y: { domain: [0, 16] } },
        marks: [
          line([[0, 8] as const, [34, 8] as const], {
            stroke: colour,
            strokeWidth: 2,
            strokeDasharray: dash,
          }),
          dot([[17, 8] as const], { symbol, r: 4, fill: colour, stroke: PAPER, strokeWidth: 0.75 }),
        ],
      }),
    [colour, dash, symbol],
  );
  return (
    <span class="sample" aria-hidden="true">
      <Figure draw={draw} label="" />
    </span>
  );
}
