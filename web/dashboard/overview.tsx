import type { ComparisonEntry, ComparisonList } from '../../cli/serve/api.ts';
import { useNavigate, ViewLink } from './link.tsx';
import { Counts, Eta, Progress, StateMark } from './state.tsx';
import { type Column, SortableTable } from './table.tsx';
import { startOf } from './view.ts';
import { dateText } from './words.ts';

/** All comparisons of the folder. */
export function Overview({ list }: { list: ComparisonList }) {
  const { view, tweak } = useNavigate();
  const { text, status } = view;
  const words = text.toLowerCase().split(/\s+/);
  const shown = list.comparisons.filter((entry) => {
    const name = [entry.id, entry.about?.title, entry.about?.dataset, ...(entry.about?.rules ?? [])]
      .join(' ')
      .toLowerCase();
    return (
      words.every((word) => name.includes(word)) && (status.length === 0 || status.includes(entry.state))
    );
  });
  const states = [...new Set(list.comparisons.map(({ state }) => state))];
  return (
    <>
      <h1 tabIndex={-1}>Comparisons in {list.folder}</h1>
      <div class="controls">
        <label>
          Find
          <input
            type="search"
            value={text}
            onInput={({ currentTarget }) => tweak({ text: currentTarget.value, page: 1 })}
          />
        </label>
        {states.length > 1 && (
          <Choices
            legend="State"
            values={states}
            chosen={status}
            choose={(chosen) => tweak({ status: chosen, page: 1 })}
          />
        )}
      </div>
      {list.comparisons.length === 0 ? (
        <p>
          No comparison is in this folder yet. <code>dendrite compare</code> makes one, and it appears here.
        </p>
      ) : (
        <SortableTable caption="Comparisons" columns={COLUMNS} rows={shown} keyOf={({ id }) => id} />
      )}
    </>
  );
}

const COLUMNS: readonly Column<ComparisonEntry>[] = [
  {
    ...{ id: 'name', heading: 'Comparison', as: 'text' },
    value: ({ id }) => id,
    cell: ({ id, about, problem }) => (
      <>
        <ViewLink to={startOf(id)}>{id === '.' ? 'the folder itself' : id}</ViewLink>
        {about && <small>{about.title ?? shortList(about.rules)}</small>}
        {problem !== null && <small class="problem">{problem}</small>}
      </>
    ),
  },
  {
    ...{ id: 'state', heading: 'State', as: 'text' },
    value: ({ state }) => state,
    cell: ({ state }) => <StateMark state={state} />,
  },
  {
    ...{ id: 'progress', heading: 'Runs that have ended', as: 'text' },
    value: ({ about }) =>
      about && (about.runs.finished + about.runs.diverged + about.runs.failed) / about.runs.all,
    cell: ({ about }) =>
      about && (
        <>
          <Progress about={about} />
          <small>
            <Counts about={about} />
          </small>
        </>
      ),
  },
  {
    ...{ id: 'left', heading: 'Time left', as: 'text' },
    value: ({ about }) => about?.secondsLeft ?? null,
    cell: (entry) => <Eta entry={entry} />,
  },
  {
    ...{ id: 'dataset', heading: 'Dataset', as: 'text' },
    value: ({ about }) => about?.dataset ?? null,
    cell: ({ about }) => about?.dataset,
  },
  {
    ...{ id: 'begun', heading: 'Begun', as: 'text' },
    value: ({ about }) => about?.startedAt ?? null,
    cell: ({ about }) => about && dateText(about.startedAt),
  },
];

const NAMED = 4;

const shortList = (rules: readonly string[]): string =>
  rules.length > NAMED
    ? `${rules.slice(0, NAMED).join(', ')} and ${rules.length - NAMED} more`
    : rules.join(', ');

/** Some of a few values. None chosen is all. */
export function Choices({
  legend,
  values,
  chosen,
  choose,
}: {
  legend: string;
  values: readonly string[];
  chosen: readonly string[];
  choose(values: string[]): void;
}) {
  return (
    <fieldset class="choices">
      <legend>{legend}</legend>
      {values.map((value) => (
        <label key={value}>
          <input
            type="checkbox"
            checked={chosen.includes(value)}
            onChange={() =>
              choose(chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen, value])
            }
          />
          {value}
        </label>
      ))}
    </fieldset>
  );
}
