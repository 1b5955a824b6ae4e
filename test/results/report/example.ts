import { DOMParser } from 'linkedom';
import {
  collectProvenance,
  comparisonDocument,
  type ReadComparison,
  type RunResult,
  type StoredExperiment,
} from '../../../results/index.ts';
import { type ReportParts, reportFigures, reportPage } from '../../../results/report/index.ts';
import { conditions, experiment, spec } from '../example.ts';

const provenance = { ...collectProvenance(), cpu: 'An example processor', cores: 2 };

/** What is read back from the folder of a comparison with these runs. */
export function comparisonOf(
  runs: readonly RunResult[],
  changes: Partial<StoredExperiment> = {},
): ReadComparison {
  const { dataset, device, plugins } = spec(1);
  const stored: StoredExperiment = {
    ...{ format: 1, dendrite: '1.2.3', startedAt: '2026-01-31T17:05:09.250Z', given: {} },
    ...{ experiment, conditions, dataset, device, plugins },
    checkpoints: { keep: 'last', seconds: null },
    runs: [],
    ...changes,
  };
  const { dendrite, tuning } = stored;
  return {
    experiment: stored,
    runs: runs.map((run) => ({
      ...run,
      finishedAt: run.status === 'unfinished' ? null : '2026-01-31T17:06:09.250Z',
      spec: spec(run.seed),
      provenance: { ...provenance, device: run.device },
      truncated: false,
    })),
    document: comparisonDocument({
      ...{ dendrite, tuning, runs },
      experiment: stored.experiment,
      conditions: stored.conditions,
    }),
  };
}

/** What tests look at of an element. */
export interface Part {
  readonly tagName: string;
  readonly textContent: string;
  readonly attributes: Iterable<{ readonly name: string; readonly value: string }>;
  getAttribute(name: string): string | null;
}

/** A report as it is read back. */
export interface ReadReport {
  readonly text: string;
  find(selector: string): Part[];
  /** Texts of the elements. */
  texts(selector: string): string[];
}

/** Reads a page back with another program than the one that made it. */
export function readPage(text: string): ReadReport {
  const page = new DOMParser().parseFromString(text, 'text/html');
  const find = (selector: string) => [...page.querySelectorAll(selector)] as unknown as Part[];
  return {
    text,
    find,
    texts: (selector) => find(selector).map(({ textContent }) => textContent.trim().replaceAll(/\s+/g, ' ')),
  };
}

/** The report of a comparison, with figures where they are asked for. */
export async function reportOf(
  comparison: ReadComparison,
  { isDrawn = false, ...changes }: Partial<ReportParts> & { readonly isDrawn?: boolean } = {},
): Promise<ReadReport> {
  const parts: ReportParts = {
    ...{ comparison, title: null, experimentFile: null },
    figures: isDrawn ? await reportFigures(comparison.document) : [],
    folderOf: ({ condition, seed }) => `${condition}-seed-${seed}`,
    ...changes,
  };
  return readPage(reportPage(parts));
}
