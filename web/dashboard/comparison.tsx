import { useMemo } from 'preact/hooks';
import type { ComparisonPage, Refusal } from '../../cli/serve/api.ts';
import { scoreName, subtitleText } from '../../results/figures/index.ts';
import { axesOf, filtered, groupingOf } from './axes.ts';
import { ConditionTable } from './condition-table.tsx';
import { Controls, Filters } from './controls.tsx';
import { amountOf, axesFor, courseOf } from './courses.ts';
import { Curves } from './curves.tsx';
import { useNavigate, ViewLink } from './link.tsx';
import { isRefusal, type Live } from './live.ts';
import { RunTable } from './run-table.tsx';
import { Counts, Eta, Progress, StateMark } from './state.tsx';
import { startOf } from './view.ts';
import { dateText } from './words.ts';

/** One comparison, or two side by side under the same controls. */
export function ComparisonView({ live, ids }: { live: Live; ids: readonly string[] }) {
  const { view, tweak } = useNavigate();
  const answers = ids.map((id) => live.pages.get(id));
  const pages = answers.filter((page): page is ComparisonPage => page !== undefined && !isRefusal(page));
  const documents = pages.map(({ document }) => document);
  const { text, status, axes: limits, by, measure } = view;
  const amount = amountOf(view);
  const axes = useMemo(() => axesOf(documents), documents);
  const shown = useMemo(
    () => documents.map((document) => filtered(document, axes, view)),
    [...documents, text, status, limits],
  );
  const courses = useMemo(
    () =>
      documents.map((document, i) =>
        courseOf(document, shown[i]!, groupingOf(axes, by), { amount, measure }),
      ),
    [shown, by, amount, measure],
  );
  const fitted = useMemo(
    () => documents[0] && axesFor(courses, documents[0], { amount, measure }),
    [courses],
  );
  const others = (live.list?.comparisons ?? []).filter(
    ({ id, about }) => about !== null && id !== view.comparison,
  );
  return (
    <>
      <nav class="trail" aria-label="Where this is">
        <ViewLink to={startOf(null)}>Comparisons</ViewLink>
      </nav>
      {ids.length > 1 ? (
        <>
          <h1 tabIndex={-1}>Two comparisons side by side</h1>
          {new Set(documents.map(({ experiment }) => scoreName(experiment))).size > 1 && (
            <p class="warning">
              They are not scored alike: {documents.map(({ experiment }) => scoreName(experiment)).join('; ')}
              .
            </p>
          )}
        </>
      ) : (
        pages[0] && <Heading page={pages[0]} folder={live.list?.folder} level={1} />
      )}
      {documents.length > 0 && (
        <>
          <Controls documents={documents} axes={axes} others={others} />
          <Filters axes={axes} />
        </>
      )}
      <div class={ids.length > 1 ? 'beside' : ''}>
        {ids.map((id, i) => {
          const place = pages.findIndex(({ entry }) => entry.id === id);
          return place < 0 ? (
            <Unread key={id} id={id} answer={answers[i]} />
          ) : (
            <section key={id} class="comparison" aria-label={id}>
              {ids.length > 1 && <Heading page={pages[place]!} folder={live.list?.folder} level={2} />}
              <Curves series={courses[place]!.series} {...fitted!} />
              {courses[place]!.notes.length > 0 && <p class="muted">{courses[place]!.notes.join(' ')}</p>}
              <fieldset class="tabs">
                <legend class="visually-hidden">Table</legend>
                {(['conditions', 'runs'] as const).map((table) => (
                  <button
                    key={table}
                    type="button"
                    aria-pressed={view.table === table}
                    onClick={() => tweak({ table, sort: null, page: 1 })}
                  >
                    {table === 'conditions'
                      ? `Conditions (${shown[place]!.conditions.length})`
                      : `Runs (${shown[place]!.runs.length})`}
                  </button>
                ))}
              </fieldset>
              {view.table === 'conditions' ? (
                <ConditionTable page={pages[place]!} shown={shown[place]!} />
              ) : (
                <RunTable page={pages[place]!} shown={shown[place]!} />
              )}
            </section>
          );
        })}
      </div>
    </>
  );
}

/** What stands in place of a comparison that is not here, or not yet. */
function Unread({ id, answer }: { id: string; answer: ComparisonPage | Refusal | undefined }) {
  return (
    <section class="comparison" aria-label={id}>
      <h1 tabIndex={-1}>{id}</h1>
      {answer !== undefined && isRefusal(answer) ? (
        <p class="problem">{answer.error}</p>
      ) : (
        <p class="muted">Reading the runs…</p>
      )}
    </section>
  );
}

function Heading({
  page,
  folder,
  level,
}: {
  page: ComparisonPage;
  folder: string | undefined;
  level: 1 | 2;
}) {
  const { entry, document, status, damaged } = page;
  const Title = level === 1 ? 'h1' : 'h2';
  return (
    <header class="heading">
      <Title tabIndex={-1}>{entry.about?.title ?? (entry.id === '.' ? folder : entry.id)}</Title>
      <p class="muted">
        {entry.about?.title != null && `${entry.id} · `}
        {subtitleText(document, document.experiment.seeds)}
      </p>
      <p class="standing">
        <StateMark state={entry.state} />
        {entry.about && <Progress about={entry.about} />}
        <Eta entry={entry} />
        {entry.about && <Counts about={entry.about} />}
        {entry.about && <span class="muted">begun {dateText(entry.about.startedAt)}</span>}
      </p>
      {damaged.map(({ folder, problem }) => (
        <p key={folder} class="problem">
          {problem}
        </p>
      ))}
      {status.errors.map(({ where, what, when }) => (
        <p key={where} class="problem">
          {where}: {what} ({dateText(when)})
        </p>
      ))}
    </header>
  );
}
