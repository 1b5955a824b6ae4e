import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '../../kernels/index.ts';
import { safetensorsParts } from '../../training/index.ts';
import { holdsComparison, readExperiment } from '../comparison-folder.ts';
import { makeFolder, writeWhole, writingTo } from '../files.ts';
import { holdsRun, readRun, type StoredRun } from '../run-folder.ts';
import { trainedCheckpoint } from '../trained-checkpoint.ts';
import { encodeCsv } from './csv.ts';
import { encodeNpz } from './npz.ts';
import { encodeParquet } from './parquet.ts';
import { encodeEventFiles } from './tensorboard.ts';
import { type NamedTensor, tensorsOf } from './tensors.ts';

/** One file, or those of a folder by their place in it. */
type Content = Bytes | ReadonlyMap<string, Bytes>;

/** In parts, one after the other. */
type Bytes = readonly Uint8Array[];

interface Target {
  readonly in: 'file' | 'folder';
  /** Of the name, where the user gives none. */
  readonly ending: string;
}

type Format = Target &
  (
    | {
        readonly of: 'weights';
        encode(tensors: readonly NamedTensor[], metadata: Record<string, string>): Content | Promise<Content>;
      }
    | {
        readonly of: 'records';
        encode(runs: readonly StoredRun[]): Promise<Content>;
      }
  );

const FORMATS = {
  safetensors: { in: 'file', of: 'weights', ending: '.safetensors', encode: safetensorsParts },
  npz: { in: 'file', of: 'weights', ending: '.npz', encode: encodeNpz },
  csv: { in: 'folder', of: 'weights', ending: '-csv', encode: encodeCsv },
  tensorboard: { in: 'folder', of: 'records', ending: '-tensorboard', encode: encodeEventFiles },
  parquet: { in: 'file', of: 'records', ending: '.parquet', encode: encodeParquet },
} as const satisfies Record<string, Format>;

/** In what weights (safetensors, npz, csv) and records (tensorboard, parquet) can be exported. */
export type ExportFormat = keyof typeof FORMATS;

export const EXPORT_FORMATS = Object.keys(FORMATS) as readonly ExportFormat[];

/** What is exported, and where to. */
export interface ExportOptions {
  readonly format: ExportFormat;
  /** File, or folder for csv and tensorboard; left out: named like the exported folder, in the current one. */
  readonly out?: string | undefined;
  /** Of weights: with the row stores, which hold something of every training example. */
  readonly all?: boolean | undefined;
  /** Write over what is there. */
  readonly force?: boolean | undefined;
}

/** What was exported. */
export interface Exported {
  /** The file or folder that was written. */
  readonly path: string;
  /** What is in it, in words. */
  readonly content: string;
  /** A sentence for each checkpoint that is newer than the weights, and damaged. */
  readonly notes: readonly string[];
}

/**
 * Writes the weights and other states of a run's newest checkpoint, or the records of a run or a comparison, in a format of
 * other programs.
 * @param folder of a run; for records also of a comparison
 * @throws UserError when there is nothing to export, or `out` exists or cannot be written
 */
export async function exportFolder(
  folder: string,
  { format, out, all = false, force = false }: ExportOptions,
): Promise<Exported> {
  const chosen: Format | undefined = FORMATS[format];
  if (!chosen)
    throw new UserError(`there is no format '${format}'; the formats are ${EXPORT_FORMATS.join(', ')}`);
  const path = out ?? `${basename(resolve(folder))}${chosen.ending}`;
  if (!force) refuseExisting(path, chosen.in);
  if (chosen.of === 'weights') {
    const { tensors, metadata, content, notes } = weightsOf(folder, all);
    writeContent(path, await chosen.encode(tensors, metadata));
    return { path, content, notes };
  }
  if (all) throw new UserError(`--all means nothing for ${format}, which holds no tensors; leave it out`);
  const runs = runsIn(folder);
  writeContent(path, await chosen.encode(runs));
  const epochs = runs.reduce((sum, run) => sum + run.epochs.length, 0);
  return { path, content: `${count(epochs, 'epoch')} of ${count(runs.length, 'run')}`, notes: [] };
}

function weightsOf(folder: string, all: boolean) {
  if (holdsComparison(folder))
    throw new UserError(
      `${folder} is the folder of a comparison, and weights belong to a run; name the folder of one of its runs`,
    );
  const { spec, provenance } = readRun(folder);
  const { checkpoint, notes } = trainedCheckpoint(folder);
  const { rule, id, settings, options } = spec.condition;
  const tensors = tensorsOf(checkpoint, all);
  return {
    tensors,
    notes,
    content: `${count(tensors.length, 'tensor')} after ${count(checkpoint.step, 'minibatch', 'es')}`,
    metadata: {
      dendrite: provenance.dendrite,
      rule,
      condition: id,
      seed: String(spec.seed),
      step: String(checkpoint.step),
      dataset: spec.dataset.name,
      task: spec.task,
      settings: JSON.stringify(settings),
      options: JSON.stringify(options),
    },
  };
}

function runsIn(folder: string): readonly StoredRun[] {
  if (holdsComparison(folder)) return readExperiment(folder).runs;
  if (holdsRun(folder)) return [readRun(folder)];
  throw new UserError(
    `the folder ${folder} holds neither a run nor a comparison; name one that \`dendrite compare\` made`,
  );
}

const count = (n: number, what: string, plural = 's'): string =>
  `${n.toLocaleString('en')} ${what}${n === 1 ? '' : plural}`;

function refuseExisting(path: string, kind: Target['in']): void {
  if (!existsSync(path)) return;
  // An empty folder is as good as none.
  if (kind === 'folder' && statSync(path).isDirectory() && readdirSync(path).length === 0) return;
  throw new UserError(`${path} exists already; name another place with --out, or write over it with --force`);
}

function writeContent(path: string, content: Content): void {
  if (content instanceof Map) for (const [name, bytes] of content) writeFile(join(path, name), bytes);
  else writeFile(path, content as Bytes);
}

function writeFile(path: string, bytes: Bytes): void {
  makeFolder(dirname(path));
  writingTo(dirname(path), () => writeWhole(path, bytes));
}
