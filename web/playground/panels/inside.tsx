import { useEffect, useState } from 'preact/hooks';
import type { Side } from '../duel.ts';
import type { Playground } from '../playground.ts';
import { Picture, VIEWS } from '../views/pictures.tsx';
import type { Recording, ViewName } from '../views/recorders.ts';
import type { Shown } from '../views/view.ts';
import { Control, readWhole, TextControl } from './controls.tsx';
import type { ShownDigit } from './digit.tsx';
import { labelAt } from './labels.ts';
import { Sample } from './plots.tsx';

const CLASSES = 10;

/** What is special about the families that duel: the view of each, while it is shown the digit at hand. */
export function Inside({
  page,
  shown,
  show,
}: {
  page: Playground;
  shown: ShownDigit;
  show(shown: ShownDigit): void;
}) {
  const sides = page.duel?.sides ?? [];
  const views = sides.flatMap((side, place) =>
    (side.opened?.views ?? []).map((view) => ({ side, place, view })),
  );
  return (
    <section class="panel" aria-labelledby="inside-title">
      <h2 id="inside-title">Inside the networks</h2>
      {views.length === 0 ? (
        <p class="muted">
          None of these rules has a view of its own; segregated-dendrite, equilibrium-propagation and
          feedback-alignment have one.
        </p>
      ) : (
        <div class="controls">
          <TextControl
            label="Hidden neuron"
            explanation="Of the lowest hidden layer, from 0; empty: the one that the target changes most."
            text={page.state.neuron === null ? '' : String(page.state.neuron)}
            read={(text): { value: number | null } | string => {
              if (text === '') return { value: null };
              const neurons = page.state.hidden[0] ?? 0;
              const number = readWhole(0)(text);
              return typeof number !== 'string' && number.value >= neurons
                ? `There are ${neurons}: give a number below.`
                : number;
            }}
            choose={(value) => page.show({ neuron: value })}
          />
          <Control label="Taught as" explanation="The class that the teaching signal asks for.">
            {(ids) => (
              <select
                {...ids}
                value={String(shown.label)}
                onChange={({ currentTarget: { value } }) => show({ ...shown, label: Number(value) })}
              >
                {Array.from({ length: CLASSES }, (_, label) => (
                  <option key={label}>{label}</option>
                ))}
              </select>
            )}
          </Control>
        </div>
      )}
      <div class="views">
        {views.map(({ side, place, view }) => (
          <article key={`${place} ${view}`}>
            <h3>
              <Sample place={place} /> {labelAt(page, place)}: {VIEWS[view].title}
            </h3>
            <p class="muted">{VIEWS[view].about}</p>
            <View
              side={side}
              view={view}
              shown={shown}
              place={shown.isDrawn ? null : page.state.digit}
              neuron={page.state.neuron}
            />
          </article>
        ))}
      </div>
    </section>
  );
}

/** Records anew when something else is shown, and when the network was looked at again. */
function View({
  side,
  view,
  shown: { image, label },
  place,
  neuron,
}: Pick<Shown, 'place' | 'neuron'> & { side: Side; view: ViewName; shown: ShownDigit }) {
  const [recording, setRecording] = useState<Recording | null>(null);
  const looks = side.looks.length;
  useEffect(() => {
    let isCurrent = true;
    void side
      .record(view, { image, label, place, neuron })
      .then((answer) => isCurrent && setRecording(answer));
    return () => {
      isCurrent = false;
    };
  }, [side, view, image, label, place, neuron, looks]);
  return recording === null ? <p class="muted">Recording…</p> : <Picture recording={recording} />;
}
