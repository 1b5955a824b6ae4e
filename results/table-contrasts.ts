import type { ComparisonDocument, ExperimentRecord } from './comparison.schema.ts';
import type { ContrastResult } from './contrast.schema.ts';
import { type Colours, type Column, fitting, grid, joined, widthOf, wrap } from './table-grid.ts';
import { intervalText, type Line, labelOf, pText, signedText } from './table-words.ts';

/** The declared contrasts: differences, p and verdicts in words; null where none was declared. */
export function contrastTable(document: ComparisonDocument, width: number, colours: Colours): string | null {
  if (document.contrasts.length === 0) return null;
  return fitting(width, (separator) => {
    const columns = columnsOf(document, separator, colours);
    const left = width - columns.reduce((sum, { cells }) => sum + GAP + linesWidth(cells), 0);
    return grid([...columns, verdictColumn(document, Math.max(left, NARROWEST), colours)], colours);
  });
}

const GAP = 2;
/** That of 'not distinguishable at n = 3;'. */
const NARROWEST = 29;

const linesWidth = (cells: readonly string[]): number => widthOf(cells.flatMap((cell) => cell.split('\n')));

function columnsOf(
  { contrasts, experiment, conditions }: ComparisonDocument,
  separator: ' ' | '\n',
  colours: Colours,
): Column[] {
  const { digits } = experiment.score;
  const signed = (value: number | null): string => signedText(value, digits);
  const [{ to }] = contrasts as [ContrastResult];
  const isToOne = contrasts.every((contrast) => contrast.to === to);
  const names = contrasts.map((contrast) =>
    isToOne
      ? labelOf(conditions, contrast.condition)
      : `${labelOf(conditions, contrast.condition)}${separator}to ${labelOf(conditions, contrast.to)}`,
  );
  const means = joined(
    contrasts.map(({ mean }) => signed(mean)),
    contrasts.map(({ ci95 }) => intervalText(ci95, signed)),
    separator,
  ).map((cell, row) => colourOf(contrasts[row]!, colours)(cell));
  return [
    {
      align: 'left',
      cells: [isToOne ? `Difference to\n${labelOf(conditions, to)}` : 'Difference', ...names],
    },
    {
      align: 'right',
      cells: [`mean${separator}[95 % interval]`, ...means],
    },
    {
      align: 'right',
      cells: [contrasts.length > 1 ? 'p (Holm)' : 'p', ...contrasts.map(({ pHolm }) => pText(pHolm))],
    },
  ];
}

function verdictColumn(
  { contrasts, experiment }: ComparisonDocument,
  width: number,
  colours: Colours,
): Column {
  const cells = contrasts.map((contrast) =>
    wrap(verdictText(contrast, experiment), width).map(colourOf(contrast, colours)).join('\n'),
  );
  return { align: 'left', cells: ['Verdict', ...cells] };
}

/** Green where a verdict says better, red where it says worse. */
const colourOf = ({ verdict }: ContrastResult, colours: Colours): ((text: string) => string) => {
  if (verdict === 'better') return colours.green;
  return verdict === 'worse' ? colours.red : String;
};

/** The verdict of a contrast in words, and over how many of the seeds it is where some did not finish with both. */
export function verdictText(
  { n, sd, verdict, detectable, equivalence }: ContrastResult,
  { score: { digits }, seeds }: ExperimentRecord,
): string {
  if (n === 0) return 'none: no seed finished with both';
  if (n === 1) return 'none from one seed';
  if (sd === 0) return 'none: all differences are the same';
  const parts = [
    verdict === 'not distinguishable'
      ? `not distinguishable at n = ${n}; a difference of ${detectable!.toFixed(digits)} or more would have been shown`
      : verdict!,
  ];
  if (equivalence) {
    const margin = `±${equivalence.margin}`;
    parts.push(equivalence.isShown ? `equivalent within ${margin}` : `not shown to be within ${margin}`);
  }
  if (n < seeds.length) parts.push(`over ${n} of ${seeds.length} seeds`);
  return parts.join('; ');
}

/** What the verdicts are taken from. */
export function contrastLines({ contrasts, experiment }: ComparisonDocument): Line[] {
  if (contrasts.length === 0) return [];
  const side = experiment.score.better === 'lower' ? 'below' : 'above';
  const parts = [`differences of runs with the same seed, ${side} zero is better`];
  if (contrasts.some(({ verdict }) => verdict !== null)) {
    const adjusted = contrasts.length > 1 ? `, adjusted by Holm for ${contrasts.length} contrasts` : '';
    parts.push(`verdicts of paired t tests at 5 %${adjusted}`);
  }
  if (contrasts.some(({ verdict }) => verdict === 'not distinguishable'))
    parts.push('what would have been shown: in 80 of 100 repetitions with as much scatter');
  if (contrasts.some(({ equivalence }) => equivalence?.isShown != null))
    parts.push('equivalence by two one-sided t tests at 5 %');
  return [{ label: 'Contrasts', text: parts.join('; ') }];
}

/** What must not be overlooked: that a permutation test could bear out a verdict and does not. */
export const contrastNotes = ({ contrasts, conditions }: ComparisonDocument): string[] =>
  contrasts
    .filter((contrast) => isDoubtful(contrast, contrasts.length))
    .map(({ condition, permutation }) => {
      const label = labelOf(conditions, condition);
      return `${label}: the permutation test, which does not assume that scores scatter normally, does not bear out the verdict (p = ${pText(permutation!.pHolm)})`;
    });

function isDoubtful({ n, verdict, permutation }: ContrastResult, family: number): boolean {
  if (verdict === null || verdict === 'not distinguishable') return false;
  const least = (family * 2) / 2 ** n;
  return least <= 0.05 && permutation!.pHolm > 0.05;
}
