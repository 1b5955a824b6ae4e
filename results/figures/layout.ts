import * as Plot from '@observablehq/plot';
import { type FigureDocument, type FigureElement, svgElement } from './dom.ts';
import { shortenText, textWidth, wrapText } from './text-width.ts';
import { FONT, INK, MUTED, PAPER, type SeriesStyle, SIZES, WIDTH } from './theme.ts';

/** A plot within a figure, with axes of its own. */
export interface Panel {
  /** Left out: the figure's title says all. */
  readonly title?: string;
  readonly height: number;
  /** What Observable Plot draws; `width`, `height` and `document` are filled in. */
  readonly plot: Plot.PlotOptions;
}

/** An entry of the legend: a sample, and what it stands for. */
export interface LegendEntry {
  readonly label: string;
  readonly style: SeriesStyle;
  /** Whether the sample is a line with a symbol on it, or a bar. */
  readonly as: 'line' | 'bar';
}

/** A figure before it is drawn. */
export interface FigureParts {
  /** What is compared. */
  readonly title: string;
  /** Dataset, network, seeds. */
  readonly subtitle: string;
  readonly legend?: readonly LegendEntry[];
  readonly panels: readonly Panel[];
  /** Panels side by side; 1 when left out. */
  readonly columns?: number;
  /** What a reader must know to read it: what bands, bars and shades mean, what is left out. */
  readonly caption: string;
}

const MARGIN = 12;
const GAP = 14;
const INNER = WIDTH - 2 * MARGIN;
const LINE_HEIGHT = 1.3;
/** How much wider than Helvetica bold letters may be: those of DejaVu Sans, which browsers take on Linux. */
const BOLD = 1.2;

/** Pixels of a panel where so many stand side by side. */
export const panelWidth = (columns: number): number => (INNER - (columns - 1) * GAP) / columns;

/** Draws a figure as one SVG element of fixed width, title and caption included, so that it can be copied whole. */
export function drawFigure(dom: FigureDocument, parts: FigureParts): FigureElement {
  const { title, subtitle, legend = [], caption } = parts;
  const children: FigureElement[] = [];
  let y = MARGIN;
  const write = (text: string, size: number, colour: string, weight: 'normal' | 'bold' = 'normal') => {
    const width = weight === 'bold' ? INNER / BOLD : INNER;
    for (const line of wrapText(text, width, size)) {
      y += size * LINE_HEIGHT;
      const place = { x: MARGIN, y: round(y - size * 0.3), 'font-size': size, 'font-weight': weight };
      children.push(svgElement(dom, 'text', { ...place, fill: colour }, line));
    }
  };
  write(title, SIZES.title, INK, 'bold');
  write(subtitle, SIZES.small, MUTED);
  y += 6;
  if (legend.length > 0) {
    const { element, height } = drawLegend(dom, legend);
    children.push(placed(element, MARGIN, y));
    y += height + 4;
  }
  y = drawPanels(dom, parts, y, children);
  write(caption, SIZES.small, MUTED);
  return frame(dom, title, `${subtitle}. ${caption}`, children, Math.ceil(y + MARGIN));
}

function frame(
  dom: FigureDocument,
  title: string,
  description: string,
  children: readonly FigureElement[],
  height: number,
): FigureElement {
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    'xmlns:xlink': 'http://www.w3.org/1999/xlink',
    role: 'img',
    width: WIDTH,
    height,
    viewBox: `0 0 ${WIDTH} ${height}`,
    'font-family': FONT,
    'font-size': SIZES.text,
    color: INK,
  };
  return svgElement(dom, 'svg', attributes, [
    svgElement(dom, 'title', {}, title),
    svgElement(dom, 'desc', {}, description),
    svgElement(dom, 'rect', { width: WIDTH, height, fill: PAPER }),
    ...children,
  ]);
}

/** @returns where the next thing can stand */
function drawPanels(
  dom: FigureDocument,
  { panels, columns = 1 }: FigureParts,
  top: number,
  children: FigureElement[],
): number {
  const width = panelWidth(columns);
  let y = top;
  for (let first = 0; first < panels.length; first += columns) {
    const row = panels.slice(first, first + columns);
    const titles = row.map(({ title }) => (title === undefined ? [] : wrapText(title, width, SIZES.text)));
    const head = Math.max(...titles.map(({ length }) => length)) * SIZES.text * LINE_HEIGHT;
    for (const [i, panel] of row.entries()) {
      const x = MARGIN + i * (width + GAP);
      for (const [l, line] of titles[i]!.entries())
        children.push(
          svgElement(
            dom,
            'text',
            { x: round(x), y: round(y + (l + 1) * SIZES.text * LINE_HEIGHT - 4), fill: INK },
            line,
          ),
        );
      children.push(placed(drawPlot(dom, { ...panel.plot, width, height: panel.height }), x, y + head));
    }
    y += head + Math.max(...row.map(({ height }) => height)) + 8;
  }
  return y;
}

/**
 * What Observable Plot draws, without the style sheet that it adds: not every program that reads SVG understands it, and a page with a
 * strict policy refuses it.
 */
export function drawPlot(dom: FigureDocument, options: Plot.PlotOptions): FigureElement {
  const svg = Plot.plot({ ...options, document: dom as never }) as unknown as FigureElement;
  for (const style of Array.from(svg.getElementsByTagName('style'))) style.parentNode!.removeChild(style);
  for (const name of ['class', 'xmlns', 'xmlns:xlink', 'font-family']) svg.removeAttribute(name);
  svg.setAttribute('font-size', String(SIZES.small));
  return svg;
}

function placed(element: FigureElement, x: number, y: number): FigureElement {
  element.setAttribute('x', String(round(x)));
  element.setAttribute('y', String(round(y)));
  return element;
}

const SAMPLE = 34;
const ROW = 18;

function drawLegend(dom: FigureDocument, entries: readonly LegendEntry[]) {
  let [x, row] = [0, 0];
  const places = entries.map((entry) => {
    const label = shortenText(entry.label, INNER - SAMPLE - 24, SIZES.text);
    const width = SAMPLE + 6 + textWidth(label, SIZES.text) + 18;
    if (x > 0 && x + width > INNER) [x, row] = [0, row + 1];
    const place = { ...entry, label, x, y: row * ROW + ROW / 2 };
    x += width;
    return place;
  });
  const height = (row + 1) * ROW;
  const marks = places.flatMap(({ label, style, as, x: left, y }) => [
    as === 'line'
      ? Plot.link([0], {
          ...{ x1: left, x2: left + SAMPLE, y1: y, y2: y },
          ...{ stroke: style.colour, strokeWidth: 2, strokeDasharray: style.dash },
        })
      : Plot.rect([0], { x1: left + 8, x2: left + SAMPLE - 6, y1: y - 5, y2: y + 5, fill: style.colour }),
    ...(as === 'line'
      ? [
          Plot.dot([0], {
            ...{ x: left + SAMPLE / 2, y, r: 3.5, symbol: style.symbol },
            ...{ fill: style.colour, stroke: PAPER, strokeWidth: 0.75 },
          }),
        ]
      : []),
    Plot.text([label], { x: left + SAMPLE + 6, y, text: (text: string) => text, textAnchor: 'start' }),
  ]);
  const element = drawPlot(dom, {
    ...{ width: INNER, height, margin: 0, marks },
    x: { domain: [0, INNER], range: [0, INNER], axis: null },
    y: { domain: [0, height], range: [0, height], axis: null },
  });
  element.setAttribute('font-size', String(SIZES.text));
  return { element, height };
}

const round = (value: number): number => Math.round(value * 100) / 100;
