import { useEffect, useState } from 'preact/hooks';
import type { Refusal, RunPage } from '../../cli/serve/api.ts';
import { Figure } from '../shared/figure.tsx';
import type { Run } from './axes.ts';
import { useNavigate } from './link.tsx';
import { ask, isRefusal } from './live.ts';

const TITLES: Readonly<Record<string, string>> = {
  confusion: 'Confusion matrix',
  'receptive-fields': 'Receptive fields',
  activity: 'Firing rates',
  voltages: 'Potentials of one neuron in time',
};

/** A figure of the network, which the server draws when it is opened. */
export function NetworkFigure({
  figure: { name, description, missing },
  comparison,
  run,
}: {
  figure: RunPage['figures'][number];
  comparison: string;
  run: Run;
}) {
  const { view, tweak } = useNavigate();
  const title = TITLES[name] ?? name;
  if (missing !== null)
    return (
      <p class="muted">
        {title}: {missing}.
      </p>
    );
  const isOpen = view.figures.includes(name);
  const others = view.figures.filter((one) => one !== name);
  return (
    <details
      open={isOpen}
      onToggle={({ currentTarget }) => {
        if (currentTarget.open !== isOpen)
          tweak({ figures: currentTarget.open ? [...others, name] : others });
      }}
    >
      <summary>
        {title} <span class="muted">{description}</span>
      </summary>
      {isOpen && <Drawn asked={{ comparison, run: run.folder, figure: name }} title={title} />}
    </details>
  );
}

interface Answer {
  readonly svg: string;
  readonly notes: readonly string[];
}

function Drawn({ asked, title }: { asked: Record<'comparison' | 'run' | 'figure', string>; title: string }) {
  const [answer, setAnswer] = useState<Answer | Refusal | null>(null);
  const [draw, setDraw] = useState<(() => Element) | null>(null);
  const { comparison, run, figure } = asked;
  useEffect(() => {
    const ended = new AbortController();
    ask<Answer>('figure', { comparison, run, figure }, ended.signal)
      .then((got) => {
        setAnswer(got);
        if (!isRefusal(got)) setDraw(() => () => svgOf(got.svg));
      })
      .catch((error) => {
        if (!ended.signal.aborted) setAnswer({ error: `the server does not answer (${error.message})` });
      });
    return () => ended.abort();
  }, [comparison, run, figure]);
  if (answer === null) return <p class="muted">Asking the network…</p>;
  if (isRefusal(answer)) return <p class="problem">{answer.error}</p>;
  return (
    <>
      {answer.notes.map((note) => (
        <p key={note}>{note}</p>
      ))}
      {draw && (
        <div class="on-paper">
          <Figure draw={draw} label={title} />
        </div>
      )}
    </>
  );
}

/** The drawing as elements. It is our own server's, in which names are texts; and the page's policy runs no script of it. */
const svgOf = (text: string): Element =>
  document.importNode(new DOMParser().parseFromString(text, 'image/svg+xml').documentElement, true);
