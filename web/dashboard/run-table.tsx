import type { ComparisonPage } from '../../cli/serve/api.ts';
import { labelOf, MISSING, rateText } from '../../results/browser.ts';
import type { Filtered, Run } from './axes.ts';
import { useNavigate, ViewLink } from './link.tsx';
import { StateMark } from './state.tsx';
import { type Column, SortableTable } from './table.tsx';

type Document = ComparisonPage['document'];

/** The runs, each with its last score. */
export function RunTable({ page, shown }: { page: ComparisonPage; shown: Filtered }) {
  const running = new Set(page.running);
  return (
    <SortableTable
      caption="Runs"
      columns={columnsOf(page.document, page.entry.id, running)}
      rows={shown.runs}
      keyOf={({ folder }) => folder}
    />
  );
}

function columnsOf(document: Document, comparison: string, running: ReadonlySet<string>): Column<Run>[] {
  const { experiment, conditions } = document;
  const { score, scored } = experiment;
  const scoreOf = (run: Run) => (scored ? run.validationScore! : run.testScore);
  const fixed = (value: number | null): string => (value === null ? MISSING : value.toFixed(score.digits));
  const labels = new Map(conditions.map(({ id }) => [id, labelOf(conditions, id)]));
  const stateOf = ({ status, folder }: Run): string =>
    status === 'unfinished' && running.has(folder) ? 'running' : status;
  return [
    {
      ...{ id: 'condition', heading: 'Run', as: 'text' },
      value: ({ condition, seed }) => `${labels.get(condition)} ${seed}`,
      cell: (run) => <RunLink comparison={comparison} run={run} label={labels.get(run.condition)!} />,
    },
    {
      ...{ id: 'status', heading: 'Status', as: 'text' },
      value: stateOf,
      cell: (run) => (
        <>
          <StateMark state={stateOf(run)} />
          {run.reason !== undefined && <small>{run.reason}</small>}
        </>
      ),
    },
    {
      ...{ id: 'score', heading: `${score.label}, ${score.unit}`, hint: 'last epoch', as: 'number' },
      value: (run) => scoreOf(run).last,
      cell: (run) => fixed(scoreOf(run).last),
    },
    {
      ...{ id: 'best', heading: 'Best epoch', hint: 'optimistic', as: 'number' },
      value: (run) => scoreOf(run).best,
      cell: (run) => fixed(scoreOf(run).best),
    },
    {
      ...{ id: 'epochs', heading: 'Epochs', as: 'number' },
      value: ({ epochs }) => epochs.length,
      cell: ({ epochs }) => epochs.length,
    },
    {
      ...{ id: 'speed', heading: 'Examples/s', hint: 'training', as: 'number' },
      value: ({ examplesPerSecond }) => examplesPerSecond,
      cell: ({ examplesPerSecond }) => rateText(examplesPerSecond),
    },
  ];
}

function RunLink({ comparison, run, label }: { comparison: string; run: Run; label: string }) {
  const { view } = useNavigate();
  return (
    <ViewLink to={{ ...view, comparison, beside: null, run: run.folder, figures: [] }}>
      {label}, seed {run.seed}
    </ViewLink>
  );
}
