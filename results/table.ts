import { stripVTControlCharacters } from 'node:util';
import Table from 'cli-table3';
import pc from 'picocolors';
import type { ComparisonDocument, ConditionSummary } from './comparison.schema.ts';
import { referenceCondition } from './comparison-document.ts';
import { contextLines, warningLines } from './table-context.ts';
import type { Line } from './table-words.ts';

/** How a table is printed. */
export interface TableOptions {
  /** Colours on; the environment variable NO_COLOR wins over it. */
  colour: boolean;
  /** Columns of the terminal. */
  width: number;
}

type Colours = ReturnType<typeof pc.createColors>;

/** What `dendrite compare` prints: the statistics of each condition, and below them what they were measured on. */
export function comparisonTable(document: ComparisonDocument, { colour, width }: TableOptions): string {
  const colours = pc.createColors(colour && !process.env.NO_COLOR);
  const wide = table(document, ' ', colours);
  const fits = widthOf(wide.split('\n')) <= width;
  const context = [
    ...warningLines(document).map((line) => paragraph(line, width, colours.yellow)),
    ...contextLines(document).map((line) => paragraph(line, width, colours.dim)),
  ];
  return `${fits ? wide : table(document, '\n', colours)}\n\n${context.join('\n')}`;
}

/** `separator` stands between a mean and its interval: a line break makes the table narrow. */
function table(
  { summary, experiment, conditions }: ComparisonDocument,
  separator: string,
  colours: Colours,
): string {
  const { score, seeds } = experiment;
  const total = seeds.length;
  const isOneARule = conditions.every(({ label, rule }) => label === rule);
  const fixed = (value: number | null): string => (value === null ? MISSING : value.toFixed(score.digits));
  const signed = (value: number | null): string => signedText(value, score.digits);
  const columns = [
    [isOneARule ? 'Rule' : 'Condition', ...conditions.map(({ label }) => label)],
    ['Runs', ...summary.map(({ n }) => (n === total ? `${n}` : `${n} of ${total}`))],
    [
      `${score.label}, ${score.unit}\nmean ± sd${separator}[95 % interval]`,
      ...joined(
        summary.map(({ mean, sd }) => (sd === null ? fixed(mean) : `${fixed(mean)} ± ${fixed(sd)}`)),
        summary.map(({ ci95 }) => interval(ci95, fixed)),
        separator,
      ),
    ],
    [
      `Difference to${separator}${referenceCondition(conditions).label}\n[95 % interval]`,
      ...joined(
        summary.map(({ difference }) => signed(difference?.mean ?? null)),
        summary.map(({ difference }) => interval(difference?.ci95 ?? null, signed)),
        separator,
      ).map((cell, row) => verdict(summary[row]!, score.better, colours)(cell)),
    ],
    ['Examples/s\ntraining', ...summary.map(({ examplesPerSecond }) => rate(examplesPerSecond))],
  ];
  return render(columns, colours);
}

/** Pads the intervals to one width, so that the means before them stand in line. */
function joined(means: string[], intervals: string[], separator: string): string[] {
  const width = separator === '\n' ? 0 : widthOf(intervals);
  return means.map((mean, row) => mean + separator + intervals[row]!.padStart(width));
}

/**
 * Green where the whole interval is better than the reference, red where it is worse. Differences that are all the same
 * have an interval without width, which says nothing of other seeds.
 */
function verdict(
  { difference }: ConditionSummary,
  better: 'lower' | 'higher',
  colours: Colours,
): (cell: string) => string {
  if (!difference?.ci95 || difference.sd === 0) return String;
  const [low, high] = difference.ci95;
  if (high < 0) return better === 'lower' ? colours.green : colours.red;
  if (low > 0) return better === 'lower' ? colours.red : colours.green;
  return String;
}

const BARE = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', right: '', 'right-mid': '' },
  ...{ mid: '─', 'mid-mid': '──', middle: '  ' },
};

function render(columns: string[][], colours: Colours): string {
  const [head, ...rows] = columns[0]!.map((_, row) => columns.map((column) => column[row]!));
  const grid = new Table({
    head: head!.map(colours.bold),
    colAligns: columns.map((_, index) => (index === 0 ? 'left' : 'right')),
    rowAligns: ['bottom'],
    chars: BARE,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
  });
  grid.push(...rows);
  return grid.toString().replaceAll(/ +$/gm, '');
}

const LABEL = 10;
/** A terminal may say that it has no columns at all. */
const NARROWEST = 40;

/** A label and its text, broken into lines of `width` columns; a word longer than that is left whole. */
function paragraph({ label, text }: Line, width: number, colour: (text: string) => string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1)} ${word}`.trimStart();
    if (longer.length > Math.max(width - LABEL, NARROWEST) && lines.at(-1) !== '') lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines.map((line, row) => colour((row === 0 ? label : '').padEnd(LABEL) + line)).join('\n');
}

const widthOf = (lines: readonly string[]): number =>
  Math.max(...lines.map((line) => stripVTControlCharacters(line).length));

const MISSING = '–';

/** With a plus sign where it is due; what rounds to zero has no sign. */
function signedText(value: number | null, digits: number): string {
  if (value === null) return MISSING;
  const text = value.toFixed(digits);
  if (Number(text) === 0) return (0).toFixed(digits);
  return value > 0 ? `+${text}` : text;
}

const interval = (ends: [number, number] | null, format: (value: number) => string): string =>
  ends === null ? MISSING : `[${format(ends[0])}, ${format(ends[1])}]`;

const THREE_DIGITS = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });

const rate = (value: number | null): string => (value === null ? MISSING : THREE_DIGITS.format(value));
