import { useCallback, useEffect, useState } from 'preact/hooks';

/** What is looked at, and how. All of it is in the address, so that a link shows the same. */
export interface View {
  /** Id of the comparison; null: the list of all. */
  readonly comparison: string | null;
  /** The one beside it. */
  readonly beside: string | null;
  /** Name of the run's folder; null: the comparison. */
  readonly run: string | null;
  /** The axis that curves are grouped by; null: one that gives few lines. */
  readonly by: string | null;
  /** By how much training curves are drawn: one of AMOUNTS. */
  readonly amount: string;
  /** What curves show: `score`, or a diagnostic and its place with `/` between them. */
  readonly measure: string;
  readonly table: 'conditions' | 'runs';
  /** Id of a column, with `-` before it for the largest first; null: in the order of the experiment. */
  readonly sort: string | null;
  /** Of the table, from 1. */
  readonly page: number;
  /** Words that names have in them. */
  readonly text: string;
  readonly status: readonly string[];
  /** Values that are shown of an axis, by the names of axes; left out: all. */
  readonly axes: Readonly<Record<string, readonly string[]>>;
  /** Figures of a run that are open. */
  readonly figures: readonly string[];
}

const START: View = {
  comparison: null,
  beside: null,
  run: null,
  by: null,
  amount: 'examples',
  measure: 'score',
  table: 'conditions',
  sort: null,
  page: 1,
  text: '',
  status: [],
  axes: {},
  figures: [],
};

const AXIS = 'axis.';

/** @param search the part of an address from `?` on */
export function parseView(search: string): View {
  const given = new URLSearchParams(search);
  const limited = [...new Set(given.keys())].filter((name) => name.startsWith(AXIS));
  const page = Number(given.get('page'));
  return {
    comparison: given.get('comparison'),
    beside: given.get('beside'),
    run: given.get('run'),
    by: given.get('by'),
    amount: given.get('amount') ?? START.amount,
    measure: given.get('measure') ?? START.measure,
    table: given.get('table') === 'runs' ? 'runs' : 'conditions',
    sort: given.get('sort'),
    page: Number.isInteger(page) && page > 0 ? page : 1,
    text: given.get('text') ?? '',
    status: given.getAll('status'),
    axes: Object.fromEntries(limited.map((name) => [name.slice(AXIS.length), given.getAll(name)])),
    figures: given.getAll('figure'),
  };
}

/** What is as at the start is left out. */
export function viewAddress(view: View): string {
  const given = new URLSearchParams();
  for (const name of [
    'comparison',
    'beside',
    'run',
    'by',
    'amount',
    'measure',
    'table',
    'sort',
    'text',
  ] as const)
    if (view[name] !== null && view[name] !== START[name]) given.set(name, view[name]);
  if (view.page > 1) given.set('page', String(view.page));
  for (const status of view.status) given.append('status', status);
  for (const [name, values] of Object.entries(view.axes))
    for (const value of values) given.append(AXIS + name, value);
  for (const figure of view.figures) given.append('figure', figure);
  const text = given.toString();
  return text === '' ? './' : `./?${text}`;
}

/** The list of comparisons, or one of them, as it is at first. */
export const startOf = (comparison: string | null): View => ({ ...START, comparison });

/** Changes what is looked at. A step leaves an entry in the browser's history, a tweak does not. */
export interface Navigation {
  readonly view: View;
  step(view: View): void;
  tweak(changes: Partial<View>): void;
}

/** What the address says, and what changes it. */
export function useNavigation(): Navigation {
  const [view, setView] = useState(() => parseView(location.search));
  useEffect(() => {
    const back = (): void => setView(parseView(location.search));
    addEventListener('popstate', back);
    return () => removeEventListener('popstate', back);
  }, []);
  const step = useCallback((next: View) => {
    history.pushState(null, '', viewAddress(next));
    setView(next);
    scrollTo(0, 0);
  }, []);
  const tweak = useCallback((changes: Partial<View>) => {
    setView((before) => {
      const next = { ...before, ...changes };
      history.replaceState(null, '', viewAddress(next));
      return next;
    });
  }, []);
  return { view, step, tweak };
}
