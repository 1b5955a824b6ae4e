import type { ReadComparison } from '../comparison-folder.ts';
import { deviceText } from '../table-context.ts';
import { startLines } from '../table-start.ts';
import { countOf } from '../table-words.ts';
import { type Html, type HtmlPart, html } from './html.ts';
import { definitions } from './table.ts';

/** Which code ran, on which data, on which machines, and when. */
export function provenance({ experiment, runs, document }: ReadComparison): Html {
  const { dataset, startedAt } = experiment;
  // A run that was gone on with has several.
  const worked = runs.flatMap(({ provenance: { resumed = [], ...first } }) => [first, ...resumed]);
  const ends = runs.flatMap(({ finishedAt }) => finishedAt ?? []).sort();
  const each = (text: (one: (typeof worked)[number]) => string): HtmlPart => counted(worked.map(text));
  const start = startLines(document)
    .map(({ text }) => text)
    .join('; ');
  return definitions([
    ['Begun', timeText(startedAt)],
    ...(ends.length === 0 ? [] : [['Last run ended', timeText(ends.at(-1)!)] as const]),
    ['Dendrite', each(({ dendrite, git }) => `${dendrite}, ${gitText(git)}`)],
    ['Node.js', each(({ node, platform }) => `${node} on ${platform}`)],
    ['Machine', each(({ cpu, cores }) => `${cpu}, ${countOf(cores, 'core')}`)],
    ['Device', each(({ device }) => deviceText(device))],
    ...(start === '' ? [] : [['Start', start] as const]),
    ['Dataset', html`${dataset.name}, SHA-256 <code>${dataset.hash}</code>`],
  ]);
}

const gitText = (git: { readonly commit: string; readonly dirty: boolean } | null): string =>
  git === null
    ? 'not from a checkout'
    : `commit ${git.commit.slice(0, 12)}${git.dirty ? ' with files that were changed since' : ''}`;

/** Different values, the most frequent first, and how many runs have each. */
function counted(values: readonly string[]): HtmlPart {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  if (counts.size === 0) return 'no run has begun';
  if (counts.size === 1) return [...counts.keys()][0]!;
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([value, count]) => html`<span class="line">${value} (${countOf(count, 'run')})</span>`);
}

const timeText = (time: string): string => `${time.slice(0, 19).replace('T', ' ')} UTC`;
