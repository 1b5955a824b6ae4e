import pc from 'picocolors';
import type { ComparisonDocument } from './comparison.schema.ts';
import { baselineTable } from './table-baselines.ts';
import { contextLines, warningLines } from './table-context.ts';
import { contrastTable } from './table-contrasts.ts';
import { type Colours, type Column, fitting, grid, joined, paragraph } from './table-grid.ts';
import { intervalText, MISSING, rateText, runsText } from './table-words.ts';

/** How a table is printed. */
export interface TableOptions {
  /** Colours on; the environment variable NO_COLOR wins over it. */
  colour: boolean;
  /** Columns of the terminal. */
  width: number;
  /** Whether the best score of any epoch stands beside the last one; not when left out. */
  best?: boolean;
  /** Whether scores, verdicts and notes stand alone, without speeds and what was trained on which machine; not when left out. */
  brief?: boolean;
}

/**
 * What `dendrite compare` prints: the statistics of each condition, the declared contrasts with their verdicts, the baselines, and below them
 * what they were measured on.
 */
export function comparisonTable(
  document: ComparisonDocument,
  { colour, width, best = false, brief = false }: TableOptions,
): string {
  const colours = pc.createColors(colour && !process.env.NO_COLOR);
  const conditions = fitting(width, (separator) =>
    conditionTable(document, separator, { best, brief }, colours),
  );
  const contrasts = contrastTable(document, width, colours);
  const context = [
    ...warningLines(document).map((line) => paragraph(line, width, colours.yellow)),
    ...(brief ? [] : contextLines(document)).map((line) => paragraph(line, width, colours.dim)),
  ];
  const baselines = baselineTable(document, colours);
  const parts = [conditions, contrasts, baselines, context.length === 0 ? null : context.join('\n')];
  return parts.filter((part) => part !== null).join('\n\n');
}

/** `separator` stands between a mean and its interval: a line break makes the table narrow. */
function conditionTable(
  { summary, experiment, conditions }: ComparisonDocument,
  separator: ' ' | '\n',
  { best, brief }: Required<Pick<TableOptions, 'best' | 'brief'>>,
  colours: Colours,
): string {
  const { score, seeds, scored = 'test' } = experiment;
  const isOneARule = conditions.every(({ label, rule }) => label === rule);
  const fixed = (value: number | null): string => (value === null ? MISSING : value.toFixed(score.digits));
  const spread = (mean: number | null, sd: number | null) =>
    sd === null ? fixed(mean) : `${fixed(mean)} ± ${fixed(sd)}`;
  const means = joined(
    summary.map(({ mean, sd }) => spread(mean, sd)),
    summary.map(({ ci95 }) => intervalText(ci95, fixed)),
    separator,
  );
  const right = (heading: string, cells: readonly string[]): Column => ({
    align: 'right',
    cells: [heading, ...cells],
  });
  return grid(
    [
      {
        align: 'left',
        cells: [isOneARule ? 'Rule' : 'Condition', ...conditions.map(({ label }) => label)],
      },
      right(
        'Runs',
        summary.map((one) => runsText(one, seeds.length)),
      ),
      right(`${score.label}, ${score.unit}\nmean ± sd${separator}[95 % interval]`, means),
      ...(best
        ? [
            right(
              `best epoch, chosen by\n${scored} score: optimistic`,
              summary.map((one) => spread(one.best.mean, one.best.sd)),
            ),
          ]
        : []),
      ...(brief
        ? []
        : [
            right(
              'Examples/s\ntraining',
              summary.map(({ examplesPerSecond }) => rateText(examplesPerSecond)),
            ),
          ]),
    ],
    colours,
  );
}
