import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../kernels/index.ts';
import {
  deviceSchema,
  makeFolder,
  readText,
  type StoredRun,
  writeWhole,
  writingTo,
} from '../../results/index.ts';
import type { Condition } from '../../training/index.ts';
import type { Part } from './catalogue.ts';

const runRecordSchema = z.strictObject({
  condition: z.string().describe('Id of the condition.'),
  seed: z.int(),
  spec: z.string().describe('SHA-256 of what was run: the condition, the seed, the dataset and the task.'),
  status: z.enum(['finished', 'diverged']),
  device: deviceSchema,
  dendrite: z.string().describe('Version of Dendrite.'),
  commits: z
    .array(z.string())
    .min(1)
    .describe('Commit of Dendrite; several where the run went on with another.'),
  node: z.string(),
  date: z.string().describe('When it began, ISO 8601, UTC.'),
  statesHash: z.string().nullable().describe('SHA-256 of the bits of the trained network.'),
  examples: z.number().describe('Training examples shown.'),
  multiplyAccumulates: z.number(),
  seconds: z.number().describe('Of training, evaluation excluded.'),
  scores: z.array(z.number().nullable()).describe('Score of the test examples after each epoch.'),
});

/** One run behind a published table, small enough to be committed. */
export type RunRecord = Readonly<z.infer<typeof runRecordSchema>>;

const fileOf = ({ name }: Part): string => `${name}.jsonl`;

/** The runs that are recorded for a part, from a line each. @throws UserError if the file is damaged */
export function readRecords(tables: string, part: Part): RunRecord[] {
  const folder = join(tables, part.paper);
  const file = fileOf(part);
  if (!existsSync(join(folder, file))) return [];
  const lines = readText(folder, file, ADVICE).split('\n').slice(0, -1);
  return lines.map((line, i) => {
    const parsed = runRecordSchema.safeParse(parseJson(line));
    if (parsed.success) return parsed.data;
    const { path, message } = parsed.error.issues[0]!;
    throw new UserError(
      `${join(folder, file)} is damaged in line ${i + 1} (${path.join('.')}: ${message}); ${ADVICE}`,
    );
  });
}

const ADVICE = 'bring it back from the repository';

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

/**
 * Adds runs to the records of a part, in place of those of the same condition and seed.
 * @throws UserError if the file cannot be written
 */
export function writeRecords(tables: string, part: Part, runs: readonly RunRecord[]): void {
  const isNew = (old: RunRecord) =>
    !runs.some(({ condition, seed }) => condition === old.condition && seed === old.seed);
  const order = part.experiment.conditions.map(({ id }) => id);
  const all = [...readRecords(tables, part).filter(isNew), ...runs].sort(
    (a, b) => order.indexOf(a.condition) - order.indexOf(b.condition) || a.seed - b.seed,
  );
  const folder = join(tables, part.paper);
  makeFolder(folder);
  const text = all.map((run) => `${JSON.stringify(run)}\n`).join('');
  writingTo(folder, () => writeWhole(join(folder, fileOf(part)), [new TextEncoder().encode(text)]));
}

/** SHA-256 of what a run of a part is: equal for runs that are to be averaged. */
export function specHash({ experiment }: Part, condition: Condition, seed: number): string {
  const { dataset, validation, splitSeed, task } = experiment;
  const { id: _id, label: _label, ...what } = condition;
  return createHash('sha256')
    .update(canonical({ ...what, seed, dataset, validation, splitSeed, task }))
    .digest('hex');
}

/** JSON with sorted keys: the same text whatever the order in which a value was put together. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );

/**
 * The record of a run that ended.
 * @returns null where it has not, or failed
 * @throws UserError when the code that made it was not committed
 */
export function recordOf(part: Part, run: StoredRun): RunRecord | null {
  const { status, provenance, epochs, device, folder } = run;
  if ((status !== 'finished' && status !== 'diverged') || device === null) return null;
  const commits = [provenance, ...(provenance.resumed ?? [])].map(({ git }) =>
    git === null || git.dirty ? null : git.commit,
  );
  if (commits.includes(null))
    throw new UserError(
      `the run ${folder} was made by code that was not committed, so nobody could make it again: commit, remove the folder, and run it again`,
    );
  const last = epochs.at(-1);
  return {
    condition: run.condition,
    seed: run.seed,
    spec: specHash(part, run.spec.condition, run.seed),
    status,
    device,
    dendrite: provenance.dendrite,
    commits: [...new Set(commits as string[])],
    node: provenance.node,
    date: provenance.date,
    statesHash: run.statesHash ?? null,
    examples: last?.examples ?? 0,
    multiplyAccumulates: last?.multiplyAccumulates ?? 0,
    seconds: Math.round(epochs.reduce((sum, epoch) => sum + epoch.seconds, 0) * 10) / 10,
    scores: epochs.map(({ testScore }) => testScore),
  };
}
