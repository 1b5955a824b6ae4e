import { useEffect, useMemo, useState } from 'preact/hooks';
import type { NamedText, Refusal, RunPage } from '../../cli/serve/api.ts';
import { countOf } from '../../results/browser.ts';
import {
  type Amount,
  amountAxis,
  type GroupedRuns,
  type Measure,
  type Series,
  scoreDomain,
  seriesOf,
  seriesStyle,
  withUnit,
} from '../../results/figures/index.ts';
import { amountsIn } from '../../results/figures/plots.ts';
import type { Run } from './axes.ts';
import { amountOf } from './courses.ts';
import { Curves } from './curves.tsx';
import { useNavigate, ViewLink } from './link.tsx';
import { ask, isRefusal, type Live } from './live.ts';
import { NetworkFigure } from './network-figure.tsx';
import { StateMark } from './state.tsx';
import { startOf } from './view.ts';

/** All that is known of one run. */
export function RunView({ live, comparison, name }: { live: Live; comparison: string; name: string }) {
  const page = live.pages.get(comparison);
  const known = page && !isRefusal(page) ? page : null;
  const recorded = known?.document.runs.find(({ folder }) => folder === name);
  const answer = useRunPage(comparison, name, recorded?.status ?? null);
  const { view } = useNavigate();
  const run = recorded ?? (answer && !isRefusal(answer) ? answer.run : undefined);
  return (
    <>
      <nav class="trail" aria-label="Where this is">
        <ViewLink to={startOf(null)}>Comparisons</ViewLink>
        <span aria-hidden="true">›</span>
        <ViewLink to={{ ...view, run: null, figures: [] }}>
          {known?.entry.about?.title ?? comparison}
        </ViewLink>
      </nav>
      {answer !== null && isRefusal(answer) && (
        <>
          <h1 tabIndex={-1}>{name}</h1>
          <p class="problem">{answer.error}</p>
        </>
      )}
      {answer === null && <p class="muted">Reading the run…</p>}
      {answer !== null && !isRefusal(answer) && run && (
        <Whole
          page={answer}
          run={run}
          isRunning={known?.running.includes(name) ?? false}
          comparison={comparison}
        />
      )}
    </>
  );
}

/** What the run's folder says: asked for again when the run has another status. */
function useRunPage(comparison: string, run: string, status: string | null): RunPage | Refusal | null {
  const [answer, setAnswer] = useState<RunPage | Refusal | null>(null);
  useEffect(() => {
    const ended = new AbortController();
    ask<RunPage>('run', { comparison, run }, ended.signal)
      .then(setAnswer)
      .catch((error) => {
        if (!ended.signal.aborted) setAnswer({ error: `the server does not answer (${error.message})` });
      });
    return () => ended.abort();
  }, [comparison, run, status]);
  return answer;
}

function Whole({
  page,
  run,
  isRunning,
  comparison,
}: {
  page: RunPage;
  run: Run;
  isRunning: boolean;
  comparison: string;
}) {
  const { view } = useNavigate();
  const amount = amountOf(view);
  const { score } = page;
  const courses = useMemo(() => coursesOf(run, amount, score), [run, amount, score]);
  const last = run.testScore.last ?? run.validationScore?.last ?? null;
  return (
    <>
      <header class="heading">
        <h1 tabIndex={-1}>
          {page.condition.label}, seed {run.seed}
        </h1>
        <p class="standing">
          <StateMark state={isRunning ? 'running' : run.status} />
          <span>
            {score.label} {last === null ? 'not known yet' : `${last.toFixed(score.digits)} ${score.unit}`}
          </span>
          <span class="muted">
            {countOf(run.epochs.length, 'epoch')} recorded · {run.folder}
          </span>
        </p>
        {run.reason !== undefined && <p class="problem">{run.reason}</p>}
        {(run.notes ?? []).map((note) => (
          <p key={note}>{note}</p>
        ))}
        {(run.guards ?? []).map(({ guard, layer, sentence }) => (
          <p key={`${guard} ${layer}`} class="warning">
            {sentence}
          </p>
        ))}
      </header>
      <div class="panels">
        {courses.map(({ title, ...course }) => (
          <section key={title} class="panel">
            <h2>{title}</h2>
            <Curves {...course} height={220} />
          </section>
        ))}
      </div>
      <div class="panels">
        <Texts title="Configuration" texts={page.configuration} />
        <Texts title="Provenance" texts={page.provenance} />
      </div>
      <h2>The trained network</h2>
      <p class="muted">
        Drawn with the weights of the newest checkpoint; asking a large network can take a while.
      </p>
      {page.figures.map((figure) => (
        <NetworkFigure key={figure.name} figure={figure} comparison={comparison} run={run} />
      ))}
    </>
  );
}

interface RunCourse {
  readonly title: string;
  readonly series: readonly Series[];
  readonly x: ReturnType<typeof amountAxis>;
  readonly y: {
    readonly label: string;
    readonly domain: readonly [number, number];
    readonly type: 'linear' | 'log';
  };
}

/** The scores in one panel, and a panel for each diagnostic. */
function coursesOf(run: Run, amount: Amount, score: RunPage['score']): RunCourse[] {
  const grouped: GroupedRuns = { conditions: [{ id: run.condition, label: '' }], runs: [run] };
  const x = amountAxis(amount, amountsIn(grouped, amount));
  const line = (label: string, place: number, measure: Measure): Series[] =>
    seriesOf(grouped, amount, measure)
      .map((one) => ({ ...one, label, style: seriesStyle(place), ...asOneLine(one) }))
      .filter(({ means }) => means.length > 0);
  const courses: [title: string, label: string, series: Series[]][] = [
    [
      score.label,
      withUnit(score.label, score.unit),
      [
        ...line('test examples', 0, ({ testScore }) => testScore),
        ...line('validation examples', 2, ({ validationScore }) => validationScore),
        ...line('training examples, before each update', 1, ({ trainScore }) => trainScore),
      ],
    ],
    ['Loss', 'Loss of the training examples', line('training examples', 1, ({ trainLoss }) => trainLoss)],
    ...diagnosticsOf(run).map(([name, places]): [string, string, Series[]] => [
      capital(name),
      name.endsWith('angle') ? withUnit(capital(name), 'degrees') : capital(name),
      places.flatMap((place, i) => line(place, i, ({ diagnostics }) => diagnostics?.[name]?.[place])),
    ]),
  ];
  return courses
    .filter(([, , series]) => series.length > 0)
    .map(([title, label, series]) => {
      const { domain, type } = scoreDomain(series);
      return {
        title,
        series,
        x,
        y: { label: type === 'log' ? `${label}, logarithmic` : label, domain, type },
      };
    });
}

/** A run that diverged or failed is no mean, but here it is all there is. */
const asOneLine = ({ means, lines }: Series): Pick<Series, 'means' | 'lines'> =>
  means.length > 0
    ? { means, lines }
    : { means: (lines[0]?.points ?? []).map(({ x, y }) => ({ x, mean: y, interval: null })), lines };

/** Diagnostics with the places that they were measured in. */
function diagnosticsOf({ epochs }: Run): [name: string, places: string[]][] {
  const found = new Map<string, Set<string>>();
  for (const { diagnostics = {} } of epochs)
    for (const [name, places] of Object.entries(diagnostics)) {
      const own = found.get(name) ?? new Set();
      for (const place of Object.keys(places)) own.add(place);
      found.set(name, own);
    }
  return [...found].map(([name, places]) => [name, [...places]]);
}

const capital = (text: string): string => `${text[0]!.toUpperCase()}${text.slice(1).replaceAll('-', ' ')}`;

function Texts({ title, texts }: { title: string; texts: readonly NamedText[] }) {
  return (
    <section class="panel">
      <h2>{title}</h2>
      <dl>
        {texts.map(([name, text]) => (
          <div key={`${name} ${text}`}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
