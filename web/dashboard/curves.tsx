import * as Plot from '@observablehq/plot';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { AmountAxis, FigureDocument, Series, SeriesStyle } from '../../results/figures/index.ts';
import { coursePlot, drawPlot, type ValueAxis } from '../../results/figures/plots.ts';
import { Figure } from '../shared/figure.tsx';

/** Lines and bands over the course of training, with a legend; as wide as there is room. */
export function Curves({
  series,
  x,
  y,
  height = 300,
}: {
  series: readonly Series[];
  x: AmountAxis;
  y: ValueAxis;
  height?: number;
}) {
  const [width, place] = useWidth();
  const draw = useCallback(
    (dom: FigureDocument) => {
      const plot = coursePlot(series, x, y);
      return drawPlot(dom, { ...plot, width, height, marks: [...plot.marks!, pointed(series, x, y)] });
    },
    [series, x, y, width, height],
  );
  const names = series.map(({ label }) => label).join(', ');
  return (
    <div class="curves" ref={place}>
      <ul class="legend">
        {series.map(({ label, style }) => (
          <li key={label}>
            <Sample style={style} />
            {label}
          </li>
        ))}
      </ul>
      {series.length === 0 ? (
        <p class="muted empty">Nothing is recorded yet.</p>
      ) : (
        width > 0 && <Figure draw={draw} label={`${y.label} by ${x.label.toLowerCase()}: ${names}`} />
      )}
    </div>
  );
}

/** What the mean beside the pointer is. */
function pointed(series: readonly Series[], x: AmountAxis, { domain: [low, high] }: ValueAxis): Plot.Markish {
  const points = series.flatMap(({ label, means }) =>
    means.map(({ x: amount, mean, interval }, i) => ({
      x: amount / x.unit,
      y: Math.min(high, Math.max(low, mean)),
      title: `${label}\nepoch ${i + 1}: ${number(mean)}${interval ? ` [${interval.map(number).join(', ')}]` : ''}`,
    })),
  );
  return Plot.tip(
    points,
    Plot.pointer({ x: 'x', y: 'y', title: 'title', fill: '#ffffff', stroke: '#5a5a5a', textPadding: 6 }),
  );
}

const number = (value: number): string => String(Number(value.toPrecision(4)));

/** A line with its dashes, as in the figure. */
function Sample({ style: { colour, dash } }: { style: SeriesStyle }) {
  return (
    <svg class="sample figure" width="30" height="10" aria-hidden="true">
      <line x1="0" x2="30" y1="5" y2="5" stroke={colour} stroke-width="2.5" stroke-dasharray={dash} />
    </svg>
  );
}

/** @returns the width of an element in pixels, 0 before it is there */
function useWidth(): [number, { current: HTMLDivElement | null }] {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry!.contentRect.width)));
    observer.observe(place.current!);
    return () => observer.disconnect();
  }, []);
  return [width, place];
}
