import type { ComparisonEntry, ComparisonPage } from '../../cli/serve/api.ts';
import { AMOUNTS } from '../../results/figures/index.ts';
import { type Axis, groupingOf } from './axes.ts';
import { amountOf, measureLabel, measuresOf } from './courses.ts';
import { useNavigate } from './link.tsx';
import { Choices } from './overview.tsx';

type Document = ComparisonPage['document'];

/** What curves show, and which comparison stands beside. */
export function Controls({
  documents,
  axes,
  others,
}: {
  documents: readonly Document[];
  axes: readonly Axis[];
  others: readonly ComparisonEntry[];
}) {
  const { view, tweak } = useNavigate();
  return (
    <div class="controls">
      <Select
        label="Lines by"
        value={groupingOf(axes, view.by).name}
        options={axes.map(({ name, label, values }) => [name, `${label} (${values.length})`])}
        choose={(by) => tweak({ by })}
      />
      <Select
        label="Over"
        value={amountOf(view)}
        options={AMOUNTS.map((name) => [name, name])}
        choose={(amount) => tweak({ amount })}
      />
      <Select
        label="Show"
        value={view.measure}
        options={measuresOf(documents).map((name) => [name, measureLabel(name, documents[0]!)])}
        choose={(measure) => tweak({ measure })}
      />
      {others.length > 0 && (
        <Select
          label="Beside it"
          value={view.beside ?? ''}
          options={[['', 'nothing'], ...others.map(({ id }) => [id, id] as const)]}
          choose={(beside) => tweak({ beside: beside === '' ? null : beside })}
        />
      )}
    </div>
  );
}

function Select({
  label,
  value,
  options,
  choose,
}: {
  label: string;
  value: string;
  options: readonly (readonly [value: string, text: string])[];
  choose(value: string): void;
}) {
  return (
    <label>
      {label}
      <select value={value} onChange={({ currentTarget }) => choose(currentTarget.value)}>
        {options.map(([name, text]) => (
          <option key={name} value={name}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

/** An axis with more values is filtered by words. */
const MOST_VALUES = 40;
const STATUSES = ['finished', 'unfinished', 'diverged', 'failed'] as const;

/** Which runs are shown: by words in the names of conditions, by status, and by values of axes. */
export function Filters({ axes }: { axes: readonly Axis[] }) {
  const { view, tweak } = useNavigate();
  const listed = axes.filter(({ values }) => values.length > 1 && values.length <= MOST_VALUES);
  const limits = Object.keys(view.axes).length + view.status.length;
  return (
    <div class="filters">
      <label>
        Conditions with
        <input
          type="search"
          value={view.text}
          placeholder="words in their names"
          onInput={({ currentTarget }) => tweak({ text: currentTarget.value, page: 1 })}
        />
      </label>
      <details>
        <summary>Filters{limits > 0 ? ` (${limits})` : ''}</summary>
        <div class="filter-choices">
          <Choices
            legend="Status of runs"
            values={STATUSES}
            chosen={view.status}
            choose={(status) => tweak({ status, page: 1 })}
          />
          {listed.map(({ name, label, values }) => (
            <Choices
              key={name}
              legend={label}
              values={values}
              chosen={view.axes[name] ?? []}
              choose={(chosen) => {
                const { [name]: _, ...others } = view.axes;
                tweak({ axes: chosen.length === 0 ? others : { ...others, [name]: chosen }, page: 1 });
              }}
            />
          ))}
        </div>
      </details>
      {(limits > 0 || view.text !== '') && (
        <button type="button" onClick={() => tweak({ text: '', status: [], axes: {}, page: 1 })}>
          Show all
        </button>
      )}
    </div>
  );
}
