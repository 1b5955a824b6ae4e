import type { Change, ComparisonEntry, PageChange } from './api.ts';
import { findComparisons } from './find-comparisons.ts';
import { WatchedComparison } from './watched-comparison.ts';

/** Between two looks, while somebody wants to know. */
const LOOK_EVERY_MS = 500;
/** What a look took is waited for so many times after it: a large folder does not keep a core busy. */
const REST = 4;
/** The longest wait, so that an epoch is there within two seconds. */
const LONGEST_MS = 1000;

/** Somebody who wants to know what changes. */
interface Listener {
  /** Comparisons of which each run is wanted. */
  readonly ids: ReadonlySet<string>;
  hear(change: Change): void;
}

/**
 * The comparisons of a folder. They are looked at again and again as long as somebody listens: asking a file system for times and sizes
 * works everywhere, while being told of changes (`fs.watch`) is silent on network file systems, where another machine writes.
 */
export class WatchedFolder {
  /** The real path. */
  readonly root: string;
  readonly #comparisons = new Map<string, WatchedComparison>();
  readonly #listeners = new Set<Listener>();
  #looking: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(root: string) {
    this.root = root;
  }

  /** In the order of their names. */
  get entries(): ComparisonEntry[] {
    return [...this.#comparisons.values()].map(({ entry }) => entry).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  find(id: string): WatchedComparison | undefined {
    return this.#comparisons.get(id);
  }

  /** Waits until what is known is no older than a look. */
  async refresh(): Promise<void> {
    if (performance.now() - this.#lookedAt < LOOK_EVERY_MS) return;
    await this.#look();
  }

  /** @returns what ends it */
  listen(ids: readonly string[], hear: (change: Change) => void): () => void {
    const listener = { ids: new Set(ids), hear };
    this.#listeners.add(listener);
    this.#schedule(0);
    return () => this.#listeners.delete(listener);
  }

  #schedule(ms: number): void {
    if (this.#timer !== null || this.#listeners.size === 0) return;
    this.#timer = setTimeout(async () => {
      const begun = performance.now();
      await this.#look();
      this.#timer = null;
      this.#schedule(Math.min(LONGEST_MS, Math.max(LOOK_EVERY_MS, REST * (performance.now() - begun))));
    }, ms);
  }

  /** One look at a time. */
  #look(): Promise<void> {
    this.#looking ??= this.#lookOnce().finally(() => {
      this.#looking = null;
      this.#lookedAt = performance.now();
    });
    return this.#looking;
  }

  async #lookOnce(): Promise<void> {
    const ids = findComparisons(this.root);
    const gone = [...this.#comparisons.keys()].filter((id) => !ids.includes(id));
    for (const id of gone) this.#comparisons.delete(id);
    const [comparisons, pages, anew]: [ComparisonEntry[], PageChange[], string[]] = [[], [], []];
    for (const id of ids) {
      const comparison = this.#comparisons.get(id) ?? new WatchedComparison(this.root, id);
      const look = await comparison.look();
      this.#comparisons.set(id, comparison);
      if (look === 'unchanged') continue;
      comparisons.push(comparison.entry);
      if (look === 'anew') anew.push(id);
      else pages.push(look);
    }
    if (comparisons.length + gone.length > 0) this.#tell({ comparisons, gone, pages, anew });
  }

  #tell(change: Change): void {
    for (const { ids, hear } of this.#listeners)
      hear({
        ...change,
        pages: change.pages.filter(({ id }) => ids.has(id)),
        anew: change.anew.filter((id) => ids.has(id)),
      });
  }
}
