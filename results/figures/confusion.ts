import * as Plot from '@observablehq/plot';
import { UserError } from '../../kernels/index.ts';
import { thousands } from '../table-words.ts';
import type { FigureDocument, FigureElement } from './dom.ts';
import { drawFigure, type Panel } from './layout.ts';
import { networkTitle, type OfNetworks, type TestResponses } from './responses.ts';
import { INK, PAPER } from './theme.ts';
import { comparedText, subtitleText } from './words.ts';

/** More classes leave no room for numbers. */
const MOST_NUMBERED = 12;

/** A field of the matrix. */
interface Field {
  readonly actual: number;
  readonly answered: number;
  readonly count: number;
  /** Of the examples of the class. */
  readonly share: number;
}

/** Confusion matrices on the test set: which class is taken for which, a panel for each network. */
export function confusion(
  dom: FigureDocument,
  { document, networks }: OfNetworks<TestResponses>,
): FigureElement {
  const other = networks.find(({ classes }) => classes === null);
  if (other)
    throw new UserError(
      `${other.label}: outputs are no classes with which the test labels could be compared; choose another figure`,
    );
  const columns = networks.length === 1 ? 1 : 2;
  return drawFigure(dom, {
    title: `Which class is taken for which: ${comparedText(networks.map(({ label }) => label))}`,
    subtitle: subtitleText(
      document,
      networks.map(({ seed }) => seed),
    ),
    columns,
    panels: networks.map((network) => matrix(network, networkTitle(network, networks), columns)),
    caption:
      'Numbers of test examples, with the weights of the newest checkpoint; an empty field is none. Shades are the share of the examples of the true class (a row), on a square-root scale, so that few errors are seen.',
  });
}

function matrix(network: TestResponses, title: string, columns: number): Panel {
  const fields = fieldsOf(network);
  const size = Math.sqrt(fields.length);
  const wrong = fields.filter(({ actual, answered }) => actual !== answered);
  const errors = wrong.reduce((sum, { count }) => sum + count, 0);
  const all = network.classes!.length;
  const classes = Array.from({ length: size }, (_, i) => i);
  const axis = { labelAnchor: 'center', labelArrow: 'none', tickSize: 0 } as const;
  return {
    title: `${title}: ${thousands(errors)} of ${thousands(all)} wrong`,
    height: columns === 1 ? 400 : 262,
    plot: {
      ...{ marginLeft: 40, marginRight: columns === 1 ? 130 : 4, marginTop: 4, marginBottom: 36 },
      x: { domain: classes, label: 'Class that the network answers', ...axis },
      y: { domain: classes, label: 'True class', ...axis },
      color: { type: 'sqrt', domain: [0, 1], scheme: 'Blues' },
      marks: [
        Plot.cell(fields, { x: 'answered', y: 'actual', fill: 'share', inset: 0.5 }),
        ...(size > MOST_NUMBERED
          ? []
          : [
              Plot.text(
                fields.filter(({ count }) => count > 0),
                {
                  ...{ x: 'answered', y: 'actual', text: (field: Field) => `${field.count}` },
                  ...{
                    fill: (field: Field) => (field.share > 0.4 ? PAPER : INK),
                    fontSize: columns === 1 ? 11 : 9.5,
                  },
                },
              ),
            ]),
      ],
    },
  };
}

function fieldsOf({ populations, classes }: TestResponses): Field[] {
  const { rates, size } = populations.at(-1)!;
  const counts = Array.from({ length: size }, () => new Array<number>(size).fill(0));
  for (const [example, actual] of classes!.entries())
    counts[actual]![largest(rates.subarray(example * size, (example + 1) * size))]! += 1;
  return counts.flatMap((row, actual) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return row.map((count, answered) => ({
      actual,
      answered,
      count,
      share: total === 0 ? 0 : count / total,
    }));
  });
}

/** The first of equal ones, as the score counts it. */
const largest = (rates: Float32Array): number =>
  rates.reduce((best, rate, i) => (rate > rates[best]! ? i : best), 0);
