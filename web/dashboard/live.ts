import { useEffect, useState } from 'preact/hooks';
import type {
  Change,
  ComparisonEntry,
  ComparisonList,
  ComparisonPage,
  Refusal,
} from '../../cli/serve/api.ts';

/** What the server has said so far. */
export interface Live {
  /** Null: not yet. */
  readonly list: ComparisonList | null;
  /** Of the comparisons that are looked at, by id. */
  readonly pages: ReadonlyMap<string, ComparisonPage | Refusal>;
  readonly connection: 'opening' | 'open' | 'lost';
}

const NOTHING: Live = { list: null, pages: new Map(), connection: 'opening' };

/** Asks the server. What it refuses is an answer too. */
export async function ask<Answer>(
  path: string,
  asked: Readonly<Record<string, string>> = {},
  signal: AbortSignal | null = null,
): Promise<Answer | Refusal> {
  const response = await fetch(`./api/${path}?${new URLSearchParams(asked)}`, { signal });
  return (await response.json()) as Answer | Refusal;
}

export const isRefusal = (answer: object): answer is Refusal => 'error' in answer;

/** The list of comparisons and some of them whole, as they are now. */
export function useLive(ids: readonly string[]): Live {
  const [live, setLive] = useState(NOTHING);
  const key = JSON.stringify(ids);
  useEffect(() => {
    const wanted = JSON.parse(key) as string[];
    const events = new EventSource(
      `./api/events?${new URLSearchParams(wanted.map((id) => ['comparison', id]))}`,
    );
    const ended = new AbortController();
    const read = (id: string) => readPage(id, ended.signal, setLive);
    // Everything is read when the connection is there, and again when it was lost. What changes meanwhile waits its turn.
    let before: Promise<unknown> = Promise.resolve();
    const after = (work: () => Promise<unknown>): void => {
      before = before.then(work).catch((error) => {
        if (!ended.signal.aborted) setLive((now) => ({ ...now, connection: 'lost' }));
        else if (error.name !== 'AbortError') throw error;
      });
    };
    events.addEventListener('open', () =>
      after(async () => {
        setLive((now) => ({ ...now, connection: 'open' }));
        await Promise.all([readList(ended.signal, setLive), ...wanted.map(read)]);
      }),
    );
    events.addEventListener('error', () => setLive((now) => ({ ...now, connection: 'lost' })));
    events.addEventListener('change', ({ data }) =>
      after(async () => {
        const change = JSON.parse(data) as Change;
        setLive((now) => changed(now, change));
        await Promise.all(change.anew.map(read));
      }),
    );
    return () => {
      events.close();
      ended.abort();
    };
  }, [key]);
  return live;
}

type SetLive = (change: (now: Live) => Live) => void;

async function readList(signal: AbortSignal, setLive: SetLive): Promise<void> {
  const list = await ask<ComparisonList>('comparisons', {}, signal);
  if (!isRefusal(list)) setLive((now) => ({ ...now, list }));
}

async function readPage(id: string, signal: AbortSignal, setLive: SetLive): Promise<void> {
  const page = await ask<ComparisonPage>('comparison', { id }, signal);
  setLive((now) => ({ ...now, pages: new Map(now.pages).set(id, page) }));
}

/** What is known after a change. */
export function changed(live: Live, { comparisons, gone, pages: changes }: Change): Live {
  const pages = new Map(live.pages);
  for (const id of gone) pages.delete(id);
  for (const { id, runs, statistics, ...rest } of changes) {
    const page = pages.get(id);
    if (page === undefined || isRefusal(page)) continue;
    const document = { ...page.document, ...statistics, runs: withRuns(page.document, runs, rest.damaged) };
    pages.set(id, { ...page, ...rest, document });
  }
  return {
    ...live,
    pages,
    list: live.list && { ...live.list, comparisons: entriesAfter(live.list, comparisons, gone) },
  };
}

function entriesAfter(
  { comparisons: before }: ComparisonList,
  changes: readonly ComparisonEntry[],
  gone: readonly string[],
): ComparisonEntry[] {
  const entries = new Map(before.map((entry) => [entry.id, entry]));
  for (const id of gone) entries.delete(id);
  for (const entry of changes) entries.set(entry.id, entry);
  return [...entries.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

type Document = ComparisonPage['document'];

/** In the order of the experiment. Runs that can no longer be read are left out. */
function withRuns(
  { runs, conditions, experiment: { seeds } }: Document,
  changes: readonly Document['runs'][number][],
  damaged: ComparisonPage['damaged'],
): Document['runs'] {
  const byFolder = new Map(runs.map((run) => [run.folder, run]));
  for (const run of changes) byFolder.set(run.folder, run);
  for (const { folder } of damaged) byFolder.delete(folder);
  if (byFolder.size === runs.length) return [...byFolder.values()];
  const places = new Map(conditions.map(({ id }, place) => [id, place]));
  const order = (run: Document['runs'][number]): number =>
    places.get(run.condition)! * seeds.length + seeds.indexOf(run.seed);
  return [...byFolder.values()].sort((a, b) => order(a) - order(b));
}
