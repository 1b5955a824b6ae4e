import stringWidth from 'string-width';
import type { RunProgress } from '../../experiments/index.ts';
import { type Sweep, shareOf } from './sweep.ts';
import { number, padded, percent, shorten, stateOf, type Words } from './words.ts';

/** What the lines are about, and how much room there is. */
export interface View {
  /** At work, or ended just now. */
  readonly runs: readonly RunProgress[];
  readonly sweep: Sweep;
  readonly words: Words;
  /** Columns that the longest name of all runs takes. */
  readonly longestName: number;
  readonly columns: number;
  readonly rows: number;
}

/** One of the columns after a name: what is in it, and something about as long as it becomes. */
interface Column {
  text(progress: RunProgress, words: Words): string;
  sample(progress: RunProgress, words: Words): string;
}

const rate = ({ examplesPerSecond }: RunProgress, unit: string): string =>
  examplesPerSecond === null ? '' : `${number(examplesPerSecond)}${unit}`;

const COLUMNS = {
  percent: { text: percent, sample: () => '100 %' },
  epochInWords: {
    text: ({ epoch, epochs }) => `epoch ${number(epoch)} of ${number(epochs)}`,
    sample: ({ epochs }) => `epoch ${number(epochs)} of ${number(epochs)}`,
  },
  epoch: {
    text: ({ epoch, epochs }) => `${number(epoch)}/${number(epochs)}`,
    sample: ({ epochs }) => `${number(epochs)}/${number(epochs)}`,
  },
  scoreInWords: {
    text: (progress, words) => words.score(progress),
    sample: (_, words) => words.score({ testScore: 10, validationScore: 10 }),
  },
  score: {
    text: (progress, words) => words.value(progress),
    sample: (_, words) => words.value({ testScore: 10, validationScore: 10 }),
  },
  rateInWords: { text: (progress) => rate(progress, ' examples/s'), sample: () => '100,000 examples/s' },
  rate: { text: (progress) => rate(progress, '/s'), sample: () => '100,000/s' },
} satisfies Record<string, Column>;

/** What a terminal has room for, the most first: if so many columns are left for the longest name, or all that it takes. */
const LAYOUTS: readonly { bar: boolean; columns: readonly (keyof typeof COLUMNS)[]; name: number }[] = [
  { bar: true, columns: ['percent', 'epochInWords', 'scoreInWords', 'rateInWords'], name: 32 },
  { bar: true, columns: ['percent', 'epochInWords', 'score', 'rateInWords'], name: 28 },
  { bar: true, columns: ['percent', 'epoch', 'score', 'rate'], name: 26 },
  { bar: false, columns: ['percent', 'epoch', 'score', 'rate'], name: 20 },
  { bar: false, columns: ['percent', 'epoch', 'score'], name: 16 },
  { bar: false, columns: ['percent', 'score'], name: 14 },
  { bar: false, columns: ['percent'], name: 0 },
];

const GAP = '  ';
const BAR = { least: 10, most: 24 };

/**
 * The live view: a line for each run at work, as far as there is room, and one for all. Each is shorter than the terminal is wide, so
 * that none wraps, and there are fewer than it has rows.
 */
export function viewLines(view: View): string[] {
  const { runs, rows } = view;
  const room = Math.max(0, rows - 2);
  const shown = runs.length <= room ? runs : runs.slice(0, room >= 3 ? room - 1 : room);
  const hidden = room >= 3 ? runs.length - shown.length : 0;
  return [
    ...runLines(shown, view),
    ...(hidden > 0 ? [shorten(`... and ${number(hidden)} more`, view.columns - 1)] : []),
    lineOfAll(view),
  ];
}

function runLines(runs: readonly RunProgress[], { words, longestName, columns: width }: View): string[] {
  if (runs.length === 0) return [];
  for (const { bar, columns, name } of LAYOUTS) {
    const texts = columns.map((column) => aligned(COLUMNS[column], runs, words));
    const taken = texts.reduce((sum, [text]) => sum + GAP.length + stringWidth(text!), 0);
    const free = width - 1 - taken - (bar ? GAP.length + BAR.least : 0);
    if (free < Math.min(longestName, name)) continue;
    const nameWidth = Math.max(0, Math.min(longestName, free));
    const barWidth = Math.min(BAR.most, BAR.least + free - nameWidth);
    return runs.map((run, i) => {
      const cells = [
        padded(nameIn(run, words, nameWidth), nameWidth),
        ...(bar ? [barOf(shareOf(run), barWidth)] : []),
        ...texts.map((column) => column[i]!),
      ];
      return shorten(cells.join(GAP).trimEnd(), width - 1);
    });
  }
  return [];
}

/** What a column says of each run, on the right of its width. */
function aligned({ text, sample }: Column, runs: readonly RunProgress[], words: Words): string[] {
  const texts = runs.map((run) => text(run, words));
  const all = [...texts, ...runs.map((run) => sample(run, words))];
  const width = Math.max(...all.map((one) => stringWidth(one)));
  return texts.map((one) => ' '.repeat(width - stringWidth(one)) + one);
}

/** Names that fit in less than that have '#1' in place of 'seed 1'. */
const SHORT_NAME = 18;

function nameIn({ condition, seed }: RunProgress, words: Words, width: number): string {
  const whole = words.name({ condition, seed });
  if (stringWidth(whole) <= width) return whole;
  const end = width < SHORT_NAME ? ` #${seed}` : ` seed ${seed}`;
  return `${shorten(words.label(condition), width - end.length)}${end}`;
}

function barOf(share: number, width: number): string {
  const full = Math.floor(Math.min(1, Math.max(0, share)) * width);
  return '━'.repeat(full) + '─'.repeat(width - full);
}

/** In as many words as there is room for. */
function lineOfAll({ sweep, columns }: View): string {
  const { failed, diverged, eta } = stateOf(sweep);
  const running = `${number(sweep.running.length)} running`;
  const [done, total] = [number(sweep.done), number(sweep.total)];
  const short = `${done}/${total}`;
  const inTime = eta.replace('ETA ', '');
  const long = joined(`${done} of ${total} runs done`, running, failed, diverged, eta);
  const barWidth = Math.min(BAR.most, columns - 1 - stringWidth(long) - GAP.length);
  if (barWidth >= BAR.least) return `${barOf(shareOfAll(sweep), barWidth)}${GAP}${long}`;
  const choices = [
    long,
    joined(`${short} done`, running, failed, diverged, eta),
    joined(short, failed, diverged, eta),
    joined(short, failed, diverged, inTime),
    failed === '' ? joined(short, inTime) : joined(short, failed),
    short,
  ];
  return choices.find((text) => stringWidth(text) < columns) ?? shorten(short, columns - 1);
}

const joined = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join(', ');

const shareOfAll = ({ done, total, running }: Sweep): number =>
  (done + running.reduce((sum, run) => sum + shareOf(run), 0)) / total;
