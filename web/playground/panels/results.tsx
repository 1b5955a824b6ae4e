import { useMemo } from 'preact/hooks';
import type { Side } from '../duel.ts';
import type { Playground } from '../playground.ts';
import { count, degrees, labelAt, percent } from './labels.ts';
import { type Course, CoursePlot, Sample } from './plots.tsx';

const CHANCE = 90;
const TICKS = [1, 2, 5, 10, 20, 50, 100];

/** Test error over training examples, with a table of how things stand. */
export function Results({ page }: { page: Playground }) {
  const sides = page.duel?.sides ?? [];
  const courses = sides.map(
    (side, place): Course => ({
      place,
      points: side.looks.flatMap(({ examples, testScore }) =>
        testScore === null ? [] : [{ examples, value: testScore }],
      ),
    }),
  );
  const lowest = Math.min(CHANCE, ...courses.flatMap(({ points }) => points.map(({ value }) => value)));
  const low = TICKS.findLast((tick) => tick <= lowest) ?? TICKS[0]!;
  const examples = longest(sides);
  const axes = useMemo(
    () => ({
      ...{ examples, label: 'Test error (%), logarithmic', type: 'log' as const, height: 300 },
      ...{ domain: [low, 100] as const, ticks: TICKS.filter((tick) => tick >= low) },
    }),
    [examples, low],
  );
  const words = sides
    .map((side, place) => `${labelAt(page, place)} ${percent(side.last?.testScore)}`)
    .join(', ');
  return (
    <section class="panel" aria-labelledby="results-title">
      <h2 id="results-title">Test error</h2>
      <p class="muted">
        The share of the 2,000 test digits that each network gets wrong, by training examples.
      </p>
      <CoursePlot courses={courses} axes={axes} label={`Test error by training examples. ${words}`} />
      <Standings page={page} />
      <Fairness sides={sides} />
    </section>
  );
}

/** Training examples of the longest run. */
export const longest = (sides: readonly Side[]): number =>
  Math.max(1, ...sides.map(({ opened }) => opened?.examples ?? 0));

/** The mean of a diagnostic over connections, or over pathways. */
function meanOf(side: Side, diagnostic: string): number | null {
  const measured = Object.values(side.last?.diagnostics?.[diagnostic] ?? {}).filter(
    (value) => value !== null,
  );
  return measured.length === 0 ? null : measured.reduce((sum, value) => sum + value, 0) / measured.length;
}

function Standings({ page }: { page: Playground }) {
  const sides = page.duel?.sides ?? [];
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a narrow screen scrolls it, with keys too
    <section class="scrolls" aria-label="How the rules stand" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Rule</th>
            <th scope="col">Test error</th>
            <th scope="col">Examples</th>
            <th scope="col">Examples/s</th>
            <th scope="col" title="Mean over connections of the angle between update and gradient">
              Angle to gradient
            </th>
            <th scope="col" title="Mean over pathways of the angle between feedback and forward weights">
              Feedback angle
            </th>
            <th scope="col">Network</th>
          </tr>
        </thead>
        <tbody>
          {page.state.contenders.map((_, place) => {
            const side = sides[place];
            return (
              <tr key={place} data-state={side?.state}>
                <th scope="row">
                  <Sample place={place} /> {labelAt(page, place)}
                </th>
                <td>{percent(side?.last?.testScore)}</td>
                <td>{side ? count(side.examples) : '–'}</td>
                <td>{side?.examplesPerSecond ? count(side.examplesPerSecond) : '–'}</td>
                <td>{side ? degrees(meanOf(side, 'angle')) : '–'}</td>
                <td>{side ? degrees(meanOf(side, 'feedback-angle')) : '–'}</td>
                <td>{side?.opened?.about.network.name ?? '–'}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

const LETTERS = 8;

/** Whether the runs truly began alike: hashes of weights and order. */
function Fairness({ sides }: { sides: readonly Side[] }) {
  const starts = sides.flatMap(({ opened }) => (opened ? [opened] : []));
  if (starts.length === 0) return null;
  const kinds = [...new Set(starts.map(({ start: { initialHash } }) => initialHash))];
  const orders = [...new Set(starts.map(({ start: { orderHash } }) => orderHash))];
  const hash = (text: string) => (
    <code key={text} title={text}>
      {text.slice(0, LETTERS)}
    </code>
  );
  return (
    <p class="muted fairness">
      {kinds.length === 1
        ? 'The same initial weights for all: '
        : 'Not all have the same initial weights, for their kinds of networks or recipes draw other ones: '}
      {kinds.map(hash)}. {orders.length === 1 ? 'The same order of digits: ' : 'Different orders of digits: '}
      {orders.map(hash)} (SHA-256). Computed with{' '}
      {[
        ...new Set(
          starts.map(({ backend }) => (backend.includes('fma') ? 'fused multiply-add' : 'exact bits')),
        ),
      ].join(' and ')}
      .
    </p>
  );
}
