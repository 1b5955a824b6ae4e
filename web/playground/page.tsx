import { useCallback, useEffect, useState } from 'preact/hooks';
import { ThemeSwitch } from '../shared/theme-switch.tsx';
import { Angles } from './panels/angles.tsx';
import { Contenders } from './panels/contenders.tsx';
import { Digit, NOTHING_DRAWN, useTestDigit } from './panels/digit.tsx';
import { Fields } from './panels/fields.tsx';
import { Inside } from './panels/inside.tsx';
import { OwnRule } from './panels/own-rule.tsx';
import { Results } from './panels/results.tsx';
import { RulePage } from './panels/rule-page.tsx';
import { Toolbar } from './panels/toolbar.tsx';
import type { Playground } from './playground.ts';

/** The whole page, drawn anew whenever there is news. */
export function Page({ page }: { page: Playground }) {
  const [, setNews] = useState(0);
  useEffect(() => page.listen(() => setNews((news) => news + 1)), [page]);
  const [shown, setShown] = useState(NOTHING_DRAWN);
  useTestDigit(page, setShown);
  const [read, setRead] = useState<string | null>(null);
  const closeRule = useCallback(() => setRead(null), []);
  const rule = page.rules.find(({ name }) => name === read);
  return (
    <>
      <header class="page-head">
        <h1>Dendrite playground</h1>
        <p class="muted">Learning rules train side by side on handwritten digits, in your browser.</p>
        <ThemeSwitch />
      </header>
      <main>
        {page.problem && (
          <p class="problem" role="alert">
            {page.problem}
          </p>
        )}
        {page.loaded < 1 && !page.problem && (
          <p class="loading">
            <label>
              Loading the digits <progress value={page.loaded} />
            </label>
          </p>
        )}
        <Toolbar page={page} />
        <div class="columns">
          <div>
            <Results page={page} />
            <Angles
              page={page}
              diagnostic="angle"
              title="Angle to the gradient"
              meaning="Between what a rule does to the weights of a connection and what the gradient would do: 0° is the gradient, 90° is unrelated to it."
            />
            <Angles
              page={page}
              diagnostic="feedback-angle"
              title="Feedback alignment"
              meaning="Between the feedback weights and the transposed forward weights, which learn to agree with them: 0° is backpropagation."
            />
            <Fields page={page} />
          </div>
          <div>
            <Digit page={page} shown={shown} show={setShown} />
            <Contenders page={page} read={setRead} />
          </div>
        </div>
        <Inside page={page} shown={shown} show={setShown} />
        <OwnRule page={page} />
      </main>
      <footer class="muted">
        Digits: the first 10,000 training digits of MNIST, 8,000 to train on and 2,000 to test on; these
        errors are not comparable with published ones. Nothing leaves this page.
      </footer>
      {rule && <RulePage rule={rule} close={closeRule} />}
    </>
  );
}
