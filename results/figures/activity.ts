import * as Plot from '@observablehq/plot';
import type { FigureDocument, FigureElement } from './dom.ts';
import { drawFigure, type Panel } from './layout.ts';
import { networkTitle, type OfNetworks, type PopulationRates, type TestResponses } from './responses.ts';
import { GRID, INK, ROLES } from './theme.ts';
import { comparedText, subtitleText, withUnit } from './words.ts';

const BINS = 40;

/** A bar of a histogram. */
interface Bar {
  readonly from: number;
  readonly to: number;
  /** Of all rates, %. */
  readonly share: number;
}

/** Histograms of the firing rates of hidden neurons on the test set, a panel for each network and hidden population. */
export function activity(
  dom: FigureDocument,
  { document, networks }: OfNetworks<TestResponses>,
): FigureElement {
  const panels = networks.flatMap((network) => {
    const hidden = network.populations.slice(0, -1);
    return (hidden.length === 0 ? network.populations : hidden).map((population) =>
      histogram(networkTitle(network, networks), population),
    );
  });
  return drawFigure(dom, {
    title: `Firing rates of neurons on the test set: ${comparedText(networks.map(({ label }) => label))}`,
    subtitle: subtitleText(
      document,
      networks.map(({ seed }) => seed),
    ),
    columns: panels.length === 1 ? 1 : 2,
    panels,
    caption:
      'A rate counts once for each neuron and test example, with the weights of the newest checkpoint. The vertical line is the mean.',
  });
}

function histogram(title: string, population: PopulationRates): Panel {
  const { name, unit, rates } = population;
  const bars = barsOf(population);
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  return {
    title: `${title}: ${name}, mean ${mean.toPrecision(2).replace('-', '−')}`,
    height: 190,
    plot: {
      ...{ marginLeft: 44, marginRight: 12, marginTop: 24, marginBottom: 38 },
      x: {
        ...{ domain: [bars[0]!.from, bars.at(-1)!.to], ticks: 5 },
        ...{ label: withUnit('Firing rate', unit), labelAnchor: 'center', labelArrow: 'none' },
      },
      y: { label: 'Share of all rates (%)', labelArrow: 'none', ticks: 5 },
      marks: [
        Plot.gridY({ stroke: GRID, strokeOpacity: 1, ticks: 5 }),
        Plot.rectY(bars, { x1: 'from', x2: 'to', y: 'share', fill: ROLES.basal, inset: 0.4 }),
        Plot.ruleY([0], { stroke: INK }),
        Plot.ruleX([mean], { stroke: INK, strokeWidth: 1.5 }),
      ],
    },
  };
}

/** The range of the rates in equal bins; of rates without a range, from the smallest to the largest of them. */
function barsOf({ rates, range }: PopulationRates): Bar[] {
  const [low, high] = range ?? extremesOf(rates);
  const width = (high > low ? high - low : 1) / BINS;
  const counts = new Array<number>(BINS).fill(0);
  for (const rate of rates) {
    const bin = Math.floor((rate - low) / width);
    counts[Math.min(BINS - 1, Math.max(0, bin))]! += 1;
  }
  return counts.map((count, i) => ({
    from: low + i * width,
    to: low + (i + 1) * width,
    share: (100 * count) / rates.length,
  }));
}

const extremesOf = (values: Float32Array): [number, number] =>
  values.reduce<[number, number]>(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
