import { DOMParser } from 'linkedom';
import type { FigureDocument, FigureElement } from '../../../results/figures/index.ts';
import {
  type ComparisonDocument,
  comparisonDocument,
  encodeFigure,
  makeFigureDocument,
  type RunResult,
} from '../../../results/index.ts';
import type { EpochRecord } from '../../../training/index.ts';
import { condition, conditions, experiment, run } from '../example.ts';

/** A name that would be markup if it were not escaped. */
export const HOSTILE = `</text><script>alert('1')</script> & "b"`;

/** The conditions of the example, with this document's runs. */
export const documentOf = (
  runs: readonly RunResult[],
  changes: Partial<ComparisonDocument['experiment']> = {},
  labels: readonly string[] = conditions.map(({ label }) => label),
): ComparisonDocument =>
  comparisonDocument({
    dendrite: '1.2.3',
    experiment: { ...experiment, ...changes },
    conditions: conditions.map((one, i) => ({ ...condition(one.rule), label: labels[i]! })),
    runs,
  });

/** Runs of one condition, a list of errors for each seed from 1 on. */
export const seedsOf = (rule: string, errors: readonly number[][]): RunResult[] =>
  errors.map((own, i) => run(rule, i + 1, own));

/** The same runs with a diagnostic in every epoch. */
export const measured = (
  runs: readonly RunResult[],
  diagnostics: (epoch: EpochRecord, run: RunResult) => EpochRecord['diagnostics'],
): RunResult[] =>
  runs.map((one) => ({
    ...one,
    epochs: one.epochs.map((epoch) => ({ ...epoch, diagnostics: diagnostics(epoch, one) })) as EpochRecord[],
  }));

export const dom: FigureDocument = await makeFigureDocument();

/** A drawn figure as a test looks at it. */
export interface Drawn {
  readonly svg: string;
  /** All texts, in the order of the file. */
  readonly texts: readonly string[];
  /** Elements with these attributes. */
  find(selector: string): Attributes[];
}

interface Attributes {
  readonly textContent: string | null;
  getAttribute(name: string): string | null;
}

/**
 * Draws a figure. What is looked at is read back from its file by another program: linkedom, whose document could hold a figure, too.
 */
export async function drawn(draw: (dom: FigureDocument) => FigureElement): Promise<Drawn> {
  const svg = new TextDecoder().decode(await encodeFigure(draw(dom), 'svg'));
  const read = new DOMParser().parseFromString(svg, 'image/svg+xml');
  const find = (selector: string) => [...read.querySelectorAll(selector)] as unknown as Attributes[];
  return { svg, find, texts: find('text').map(({ textContent }) => textContent ?? '') };
}

/** The points of a path of straight lines. */
export const pointsOf = (path: Attributes): [x: number, y: number][] =>
  [...path.getAttribute('d')!.matchAll(/([-\d.]+),([-\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]);
