import { useMemo } from 'preact/hooks';
import type { Playground } from '../playground.ts';
import { degrees, labelAt } from './labels.ts';
import { type Course, CoursePlot } from './plots.tsx';
import { longest } from './results.tsx';

const RIGHT_ANGLE = 90;
const STEP = 30;

/** A diagnostic in degrees over training examples: a plot for each connection or pathway. */
export function Angles({
  page,
  diagnostic,
  title,
  meaning,
}: {
  page: Playground;
  diagnostic: string;
  title: string;
  meaning: string;
}) {
  const sides = page.duel?.sides ?? [];
  const places = [
    ...new Set(
      sides.flatMap(({ looks }) =>
        looks.flatMap((look) => Object.keys(look.diagnostics?.[diagnostic] ?? {})),
      ),
    ),
  ];
  const id = `${diagnostic}-title`;
  const missing = sides.flatMap((side, place) =>
    (side.opened?.notes ?? [])
      .filter((note) => note.startsWith(`${diagnostic} `))
      .map((note) => ({ place, note: note.slice(note.indexOf(': ') + 2) })),
  );
  return (
    <section class="panel" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <p class="muted">{meaning}</p>
      <div class="multiples">
        {places.map((place) => (
          <AnglePlot key={place} page={page} diagnostic={diagnostic} place={place} />
        ))}
      </div>
      {missing.map(({ place, note }) => (
        <p class="muted" key={`${place} ${note}`}>
          {labelAt(page, place)}: {note}.
        </p>
      ))}
    </section>
  );
}

function AnglePlot({ page, diagnostic, place }: { page: Playground; diagnostic: string; place: string }) {
  const sides = page.duel?.sides ?? [];
  const courses = sides.map(
    (side, i): Course => ({
      place: i,
      points: side.looks.flatMap(({ examples, diagnostics }) => {
        const value = diagnostics?.[diagnostic]?.[place];
        return value === null || value === undefined ? [] : [{ examples, value }];
      }),
    }),
  );
  const largest = Math.max(...courses.flatMap(({ points }) => points.map(({ value }) => value)));
  const top = Math.max(RIGHT_ANGLE, STEP * Math.ceil(largest / STEP));
  const examples = longest(sides);
  const axes = useMemo(
    () => ({
      ...{ examples, label: 'Degrees', type: 'linear' as const, height: 180, domain: [0, top] as const },
      ticks: Array.from({ length: top / STEP + 1 }, (_, i) => i * STEP),
    }),
    [examples, top],
  );
  const words = sides
    .map((side, i) => `${labelAt(page, i)} ${degrees(side.last?.diagnostics?.[diagnostic]?.[place])}`)
    .join(', ');
  return (
    <figure>
      <figcaption>{place}</figcaption>
      <CoursePlot courses={courses} axes={axes} label={`${place}, degrees by training examples. ${words}`} />
    </figure>
  );
}
