import { basename, resolve } from 'node:path';
import type { BasicType, ColumnSource } from 'hyparquet-writer';
import { UserError } from '../../kernels/index.ts';
import type { EpochRecord } from '../../training/index.ts';
import type { StoredRun } from '../run-folder.ts';

type Value = string | number | bigint | boolean | null;

/** A row, by column; what it lacks is null. */
type Row = Readonly<Record<string, Value>>;

/** Types of the columns that every row has. Others have that of their values. */
const TYPES: Readonly<Record<string, BasicType>> = {
  run: 'STRING',
  condition: 'STRING',
  label: 'STRING',
  rule: 'STRING',
  recipe: 'STRING',
  dataset: 'STRING',
  task: 'STRING',
  seed: 'INT64',
  status: 'STRING',
  initialHash: 'STRING',
  orderHash: 'STRING',
  epoch: 'INT32',
  examples: 'INT64',
  multiplyAccumulates: 'DOUBLE',
  trainLoss: 'DOUBLE',
  trainScore: 'DOUBLE',
  validationScore: 'DOUBLE',
  testScore: 'DOUBLE',
  seconds: 'DOUBLE',
  evaluationSeconds: 'DOUBLE',
  examplesPerSecond: 'DOUBLE',
  diverged: 'STRING',
  guards: 'STRING',
};

/**
 * A Parquet file with a row for each epoch of each run. Settings, options and diagnostics are columns of their own, named by
 * their place: 'settings.batch', 'options.beta', 'diagnostics.angle.input to hidden 1'. What is a list is a text, as on the
 * command line. A run that recorded no epoch has no row.
 * @throws UserError when no run has recorded an epoch
 */
export async function encodeParquet(runs: readonly StoredRun[]): Promise<Uint8Array[]> {
  const rows = runs.flatMap(rowsOf);
  if (rows.length === 0)
    throw new UserError('no run has recorded an epoch yet; export again when one has ended');
  const { parquetWriteBuffer } = await import('hyparquet-writer');
  return [new Uint8Array(parquetWriteBuffer({ columnData: columnsOf(rows), createdBy: 'Dendrite' }))];
}

function rowsOf({ spec, status, epochs, folder }: StoredRun): Row[] {
  const { condition, seed, dataset, task } = spec;
  const { initialHash = null, orderHash = null } = epochs[0] ?? {};
  const run = {
    run: basename(resolve(folder)),
    condition: condition.id,
    label: condition.label,
    rule: condition.rule,
    recipe: condition.recipe,
    dataset: dataset.name,
    task,
    seed: BigInt(seed),
    status,
    initialHash,
    orderHash,
    ...named('settings', condition.settings),
    ...named('options', condition.options),
  };
  return epochs.map((epoch) => ({ ...run, ...metricsOf(epoch) }));
}

const named = (prefix: string, values: object): Row =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}.${name}`, cellOf(value)]));

const cellOf = (value: unknown): Value => (Array.isArray(value) ? value.join(',') : (value as Value));

function metricsOf({
  examples,
  validationScore,
  diverged,
  diagnostics = {},
  guards = [],
  initialHash: _,
  orderHash: __,
  ...metrics
}: EpochRecord): Row {
  const measured = Object.entries(diagnostics).map(([name, values]) => named(`diagnostics.${name}`, values));
  return {
    ...metrics,
    examples: BigInt(examples),
    validationScore: validationScore ?? null,
    diverged: diverged ?? null,
    guards: guards.length > 0 ? guards.map(({ sentence }) => sentence).join('; ') : null,
    ...Object.assign({}, ...measured),
  };
}

/** Known columns first, then the others by name: equal experiments make equal columns. */
function columnsOf(rows: readonly Row[]): ColumnSource[] {
  const names = new Set(rows.flatMap((row) => Object.keys(row)));
  const others = [...names].filter((name) => !(name in TYPES)).sort();
  return [...Object.keys(TYPES), ...others].map((name) => {
    const data = rows.map((row) => row[name] ?? null);
    const type = TYPES[name] ?? typeOf(data);
    return { name, type, data: type === 'STRING' ? data.map(textOf) : data };
  });
}

const textOf = (value: Value): string | null => (value === null ? null : String(value));

/** Options of one name may have values of several kinds, as they belong to several rules. */
function typeOf(values: readonly Value[]): BasicType {
  const kinds = new Set(values.filter((value) => value !== null).map((value) => typeof value));
  if (kinds.size > 1 || kinds.has('string')) return 'STRING';
  return kinds.has('boolean') ? 'BOOLEAN' : 'DOUBLE';
}
