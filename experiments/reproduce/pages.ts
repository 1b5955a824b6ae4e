import {
  encodeFigure,
  makeFigureDocument,
  markdownTable,
  type Spread,
  withBlock,
} from '../../results/index.ts';
import { ALL_RULES } from './all-rules.ts';
import type { Paper, PublishedValue } from './catalogue.ts';
import type { RunRecord } from './records.ts';
import { ends, type ReproducedRow, scoreAfter, type Verdict } from './verdict.ts';

const GENERATED = (name: string): string =>
  `<!-- Written by 'dendrite reproduce --record' from the records in ${name}/; 'dendrite reproduce --check' makes it again. -->`;

/** Whether any row has a run. */
export const isMeasured = (rows: readonly ReproducedRow[]): boolean =>
  rows.some(({ runs }) => runs.length > 0);

/** A published table beside what came out here, as SVG. */
export async function paperFigure(
  { title, source }: Paper,
  rows: readonly ReproducedRow[],
): Promise<Uint8Array> {
  // Loaded here, as everything that draws: lists and runs do without it.
  const { published: draw } = await import('../../results/figures/index.ts');
  const measured = rows.map(({ row: { row, published }, runs, verdict }) => ({
    label: row,
    published: published && ends(published.value),
    spread: published?.spread ?? null,
    scores: runs.flatMap(({ scores }) => scoreAfter(scores, published?.epoch ?? 'last') ?? []),
    verdict,
  }));
  const figure = draw(await makeFigureDocument(), title, `after ${source}`, measured);
  return encodeFigure(figure, 'svg');
}

/** A published table beside what came out here, in Markdown. */
export const paperPage = (paper: Paper, rows: readonly ReproducedRow[]): string =>
  [
    GENERATED(paper.name),
    `# ${paper.title}`,
    `Source: ${paper.source}. Test errors in percent on MNIST.`,
    markdownTable(RESULT_COLUMNS, rows.map(resultCells)),
    ...(isMeasured(rows) ? [`![Published errors beside those measured here](${paper.name}.svg)`] : []),
    ...rows.flatMap(({ runs, planned, row }) =>
      runs.length > 0 && runs.length < planned
        ? [`${row.row}: ${planned - runs.length} of ${planned} runs are still missing.`]
        : [],
    ),
    verdictsInWords(rows),
    `Made with \`dendrite reproduce ${paper.name}\`.`,
    list('Where this differs from the source', [
      ...paper.deviations,
      ...rows.flatMap(({ row }) => row.deviations.map((deviation) => `${row.row}: ${deviation}`)),
    ]),
    list('To know', paper.notes),
    '## Where each number comes from',
    markdownTable(
      ['row', 'read where', 'bound: match, near', 'seeds', 'commit', 'device', 'spec', 'minutes a run'],
      rows.map(traceCells),
    ),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n');

/** The README with the rows that are measured, of all papers. */
export const withPublishedRows = (
  readme: string,
  papers: readonly (readonly [Paper, readonly ReproducedRow[]])[],
): string =>
  withBlock(
    readme,
    { file: 'README.md', name: 'published tables', generator: 'dendrite reproduce --record' },
    markdownTable(
      ['published test error on MNIST, %', 'published', 'here: mean ± sd [95 % interval]', 'runs', 'verdict'],
      papers.flatMap(([{ name, source }, rows]) =>
        rows
          .filter(({ runs }) => runs.length > 0)
          .map((row) => {
            const [of, published, here, , runs, , verdict] = resultCells(row);
            return [
              `[${/^.*?\d{4}/.exec(source)![0]}](results/tables/${name}.md), ${of}`,
              published!,
              here!,
              runs!,
              verdict!,
            ];
          }),
      ),
    ),
  );

/** All papers of the catalogue with the verdicts on their rows, in Markdown. */
export const indexPage = (
  papers: readonly (readonly [Paper, readonly ReproducedRow[]])[],
  hasAllRules: boolean,
): string =>
  `${[
    GENERATED('the folders beside it'),
    '# Published tables, reproduced',
    'A verdict is computed from a bound that was set before the runs: *match*: the mean of all planned runs is within the bound of a value that was read in its source; *near*: within the wider bound, or a value that nobody has looked up, or runs are missing; *miss*: further away, or a run diverged.',
    markdownTable(
      ['table', 'source', ...COUNTED],
      papers.map(([{ name, title, source }, rows]) => [
        `[${title}](${name}.md)`,
        source,
        ...COUNTED.map((verdict) => String(rows.filter((row) => row.verdict === verdict).length)),
      ]),
    ),
    ...(hasAllRules
      ? [
          `[Every rule on one network](${ALL_RULES}.md), with equal tuning budgets, its costs and what it assumes, is no table of others.`,
        ]
      : []),
  ].join('\n\n')}\n`;

const COUNTED: readonly Verdict[] = ['match', 'near', 'miss', 'not measured'];

/** The columns of `resultCells`. */
export const RESULT_COLUMNS = [
  ...['row', 'published', 'here: mean ± sd [95 % interval]', 'best epoch', 'runs', 'difference', 'verdict'],
];

/** A row of a reproduced table, as texts: for the page and for the terminal. */
export const resultCells = ({
  row,
  last,
  best,
  runs,
  planned,
  distance,
  verdict,
}: ReproducedRow): string[] => [
  row.row,
  row.published === null ? '–' : published(row.published),
  spread(last),
  best.mean === null ? '–' : `${fixed(best.mean)}${best.sd === null ? '' : ` ± ${fixed(best.sd)}`}`,
  `${runs.length} of ${planned}`,
  distance === null ? '–' : signed(distance),
  verdict === 'near' && row.published?.confidence === 'as remembered' ? 'near (as remembered)' : verdict,
];

const traceCells = ({ row, runs }: ReproducedRow): string[] => {
  const { published: given } = row;
  const distinct = (of: (run: RunRecord) => string): string => [...new Set(runs.map(of))].join(', ') || '–';
  return [
    row.row,
    given === null ? '–' : (given.where ?? given.confidence),
    given === null ? '–' : `±${given.bound.match}, ±${given.bound.near}`,
    distinct(({ seed }) => String(seed)),
    distinct(({ commits }) => commits.map((commit) => commit.slice(0, 7)).join(' then ')),
    distinct(({ device: { backend, blas } }) => (blas === null ? backend : `${backend}, ${blas}`)),
    distinct(({ spec }) => spec.slice(0, 8)),
    runs.length === 0
      ? '–'
      : (runs.reduce((sum, { seconds }) => sum + seconds, 0) / runs.length / 60).toFixed(1),
  ];
};

const fixed = (value: number): string => value.toFixed(2);
const signed = (value: number): string => {
  const text = fixed(value);
  return Number(text) === 0 ? fixed(0) : value > 0 ? `+${text}` : text;
};

/** A published value as its source has it. */
function published({ value, spread: around, epoch, confidence }: PublishedValue): string {
  const figure = typeof value === 'number' ? String(value) : value.join(' to ');
  const about = [
    ...(epoch === 'not stated' ? [] : [`${epoch} epoch`]),
    ...(confidence === 'read' ? [] : [confidence]),
  ];
  return `${figure}${around === undefined ? '' : ` ± ${around}`}${about.length > 0 ? ` (${about.join(', ')})` : ''}`;
}

/** A mean with what is known of its scatter. */
function spread({ mean, sd, ci95 }: Spread): string {
  if (mean === null) return '–';
  if (sd === null || ci95 === null) return fixed(mean);
  return `${fixed(mean)} ± ${fixed(sd)} [${ci95.map(fixed).join(', ')}]`;
}

/** One sentence for each row that missed. */
function verdictsInWords(rows: readonly ReproducedRow[]): string {
  return rows
    .filter(({ verdict }) => verdict === 'miss')
    .map(({ row, distance, runs }) => {
      const diverged = runs.filter(({ status }) => status === 'diverged').length;
      if (diverged > 0) return `${row.row} is a miss: ${diverged} of ${runs.length} runs diverged.`;
      return `${row.row} is a miss: ${fixed(Math.abs(distance!))} percent points ${distance! > 0 ? 'worse' : 'better'} than published.`;
    })
    .join('\n\n');
}

const list = (title: string, items: readonly string[]): string =>
  items.length === 0 ? '' : `## ${title}\n\n${items.map((item) => `- ${item}`).join('\n')}`;
