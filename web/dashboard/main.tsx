import { render } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { applyRememberedTheme, ThemeSwitch } from '../shared/theme-switch.tsx';
import { ComparisonView } from './comparison.tsx';
import { NavigationContext, ViewLink } from './link.tsx';
import { type Live, useLive } from './live.ts';
import { Overview } from './overview.tsx';
import { RunView } from './run-view.tsx';
import { startOf, useNavigation, type View } from './view.ts';

function Dashboard() {
  const navigation = useNavigation();
  const { view } = navigation;
  const { comparison, beside, run } = view;
  const ids = useMemo(
    () => [comparison, run === null ? beside : null].filter((id) => id !== null),
    [comparison, beside, run],
  );
  const live = useLive(ids);
  useTitle(view);
  const main = useFocusOnStep(`${comparison} ${run}`);
  return (
    <NavigationContext.Provider value={navigation}>
      <header class="top">
        <ViewLink to={startOf(null)}>Dendrite</ViewLink>
        <Connection live={live} />
        <ThemeSwitch />
      </header>
      <main ref={main}>
        <Content live={live} view={view} ids={ids} />
      </main>
    </NavigationContext.Provider>
  );
}

function Content({
  live,
  view: { comparison, run },
  ids,
}: {
  live: Live;
  view: View;
  ids: readonly string[];
}) {
  if (comparison !== null && run !== null)
    return <RunView key={`${comparison}/${run}`} live={live} comparison={comparison} name={run} />;
  if (comparison !== null) return <ComparisonView live={live} ids={ids} />;
  return live.list ? <Overview list={live.list} /> : <p class="muted">Reading the folder…</p>;
}

const CONNECTIONS: Readonly<Record<Live['connection'], string>> = {
  opening: 'connecting',
  open: 'live',
  lost: 'no connection to dendrite serve; trying again',
};

function Connection({ live: { connection } }: { live: Live }) {
  return (
    <span class={`connection ${connection}`} role="status">
      {CONNECTIONS[connection]}
    </span>
  );
}

function useTitle({ comparison, run }: View): void {
  useEffect(() => {
    document.title = [run, comparison, 'Dendrite dashboard'].filter((part) => part !== null).join(' · ');
  }, [comparison, run]);
}

/** Who moves by keyboard or hears the page begins at the top of what is new. */
function useFocusOnStep(place: string) {
  const main = useRef<HTMLElement>(null);
  const before = useRef(place);
  useEffect(() => {
    if (before.current !== place) main.current?.querySelector<HTMLElement>('h1, nav a')?.focus();
    before.current = place;
  }, [place]);
  return main;
}

applyRememberedTheme();
render(<Dashboard />, document.querySelector('#page')!);
