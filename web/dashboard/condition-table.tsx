import type { ComparisonPage } from '../../cli/serve/api.ts';
import {
  intervalText,
  labelOf,
  MISSING,
  pText,
  rateText,
  runsText,
  signedText,
} from '../../results/browser.ts';
import type { Filtered } from './axes.ts';
import { useNavigate, ViewLink } from './link.tsx';
import { type Column, SortableTable } from './table.tsx';

type Document = ComparisonPage['document'];

/** A condition, with what the report says of it. */
interface Row {
  readonly summary: Document['summary'][number];
  readonly label: string;
  readonly contrasts: Document['contrasts'];
  readonly status: ComparisonPage['status']['conditions'][number] | undefined;
}

/** The report's table of scores, with how far each condition is. */
export function ConditionTable({ page, shown }: { page: ComparisonPage; shown: Filtered }) {
  const { document, status } = page;
  const summaries = new Map(document.summary.map((one) => [one.condition, one]));
  const progress = new Map(status.conditions.map((one) => [one.condition, one]));
  const rows = shown.conditions.map(
    ({ id, label }): Row => ({
      summary: summaries.get(id)!,
      label,
      contrasts: document.contrasts.filter(({ condition }) => condition === id),
      status: progress.get(id),
    }),
  );
  const { label, unit, better } = document.experiment.score;
  return (
    <SortableTable
      caption={`${label}, ${unit}, over seeds; ${better} is better`}
      columns={columnsOf(document, page.entry.id)}
      rows={rows}
      keyOf={({ summary }) => summary.condition}
    />
  );
}

function columnsOf(document: Document, comparison: string): Column<Row>[] {
  const { score, seeds } = document.experiment;
  const fixed = (value: number | null): string => (value === null ? MISSING : value.toFixed(score.digits));
  const spread = (mean: number | null, sd: number | null): string =>
    sd === null ? fixed(mean) : `${fixed(mean)} ± ${fixed(sd)}`;
  return [
    {
      ...{ id: 'condition', heading: 'Condition', as: 'text' },
      value: ({ label }) => label,
      cell: ({ label }) => <RunsLink comparison={comparison} label={label} />,
    },
    {
      ...{ id: 'runs', heading: 'Runs', hint: 'in the mean', as: 'number' },
      value: ({ summary }) => summary.n,
      cell: ({ summary }) => <Lines texts={runsText(summary, seeds.length).split('\n')} />,
    },
    {
      ...{ id: 'epochs', heading: 'Epochs', hint: 'of all runs', as: 'number' },
      value: ({ status }) => status?.epochs ?? null,
      cell: ({ status }) =>
        status && (status.epochsInAll === null ? status.epochs : `${status.epochs} of ${status.epochsInAll}`),
    },
    {
      ...{
        id: 'score',
        heading: `${score.label}, ${score.unit}`,
        hint: 'mean ± sd, last epoch',
        as: 'number',
      },
      value: ({ summary }) => summary.mean,
      cell: ({ summary }) => spread(summary.mean, summary.sd),
    },
    {
      ...{ id: 'interval', heading: '95 % interval', as: 'number' },
      value: ({ summary }) => (summary.ci95 ? summary.ci95[1] - summary.ci95[0] : null),
      cell: ({ summary }) => intervalText(summary.ci95, fixed),
    },
    ...(document.contrasts.length > 0 ? contrastColumns(document) : []),
    {
      ...{ id: 'best', heading: 'Best epoch', hint: 'optimistic', as: 'number' },
      value: ({ summary }) => summary.best.mean,
      cell: ({ summary }) => spread(summary.best.mean, summary.best.sd),
    },
    {
      ...{ id: 'speed', heading: 'Examples/s', hint: 'training', as: 'number' },
      value: ({ summary }) => summary.examplesPerSecond,
      cell: ({ summary }) => rateText(summary.examplesPerSecond),
    },
  ];
}

/** What the declared contrasts say: a line for each. */
function contrastColumns({ contrasts, conditions, experiment }: Document): Column<Row>[] {
  const references = new Set(contrasts.map(({ to }) => to));
  const { digits } = experiment.score;
  const signed = (value: number | null): string => signedText(value, digits);
  const to = (id: string): string => (references.size === 1 ? '' : ` to ${labelOf(conditions, id)}`);
  const [reference] = references;
  const [only] =
    references.size === 1 ? [`to ${labelOf(conditions, reference!)}`] : ['of declared contrasts'];
  const column = (
    id: string,
    heading: string,
    hint: string,
    value: (contrast: Document['contrasts'][number]) => number | string | null,
    text: (contrast: Document['contrasts'][number]) => string,
  ): Column<Row> => ({
    ...{ id, heading, hint, as: 'number' },
    value: ({ contrasts: [first] }) => (first ? value(first) : null),
    cell: ({ contrasts: own }) => <Lines texts={own.map(text)} />,
  });
  return [
    column(
      'difference',
      'Difference',
      only,
      ({ mean }) => mean,
      ({ mean, ci95, to: id }) =>
        mean === null ? MISSING : `${signed(mean)} ${intervalText(ci95, signed)}${to(id)}`,
    ),
    column(
      'p',
      contrasts.length > 1 ? 'p (Holm)' : 'p',
      'paired t test',
      ({ pHolm }) => pHolm,
      ({ pHolm }) => pText(pHolm),
    ),
    {
      ...{ id: 'verdict', heading: 'Verdict', hint: 'at 5 %', as: 'text' },
      value: ({ contrasts: [first] }) => first?.verdict ?? null,
      cell: ({ contrasts: own }) => own.map(({ to: id, words }) => <Verdict key={id} words={words} />),
    },
  ];
}

function Lines({ texts }: { texts: readonly string[] }) {
  return (
    <>
      {texts.map((text) => (
        <span key={text} class="line">
          {text}
        </span>
      ))}
    </>
  );
}

/** The word, and below it what else is to be said. */
function Verdict({ words }: { words: string }) {
  const [verdict, ...others] = words.split('; ');
  return (
    <span class="line verdict">
      {verdict}
      {others.length > 0 && <small>{others.join('; ')}</small>}
    </span>
  );
}

/** Leads to the runs behind the numbers. */
function RunsLink({ comparison, label }: { comparison: string; label: string }) {
  const { view } = useNavigate();
  const axes = { ...view.axes, condition: [label] };
  return (
    <ViewLink to={{ ...view, comparison, beside: null, table: 'runs', sort: null, page: 1, axes }}>
      {label}
    </ViewLink>
  );
}
