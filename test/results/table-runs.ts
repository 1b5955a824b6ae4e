import {
  type ComparedRun,
  comparisonDocument,
  type ExperimentRecord,
  type RunResult,
} from '../../results/index.ts';
import type { TableRun } from '../../results/pivot/table-runs.ts';
import type { Condition } from '../../training/index.ts';
import { experiment, spec } from './example.ts';

/** Runs of one comparison, the first condition its reference. */
export function tableRuns(
  conditions: readonly Condition[],
  runs: readonly RunResult[],
  changes: Partial<ExperimentRecord> & { comparison?: string; hash?: string } = {},
): TableRun[] {
  const { comparison = 'runs/a', hash = '0'.repeat(64), ...measured } = changes;
  const record = { ...experiment, ...measured };
  const { runs: compared } = comparisonDocument({
    dendrite: '1.2.3',
    experiment: record,
    conditions,
    runs,
  });
  const find = (id: string, seed: number): ComparedRun | null =>
    compared.find((one) => one.condition === id && one.seed === seed) ?? null;
  return compared.map((one) => ({
    comparison,
    dendrite: '1.2.3',
    experiment: record,
    dataset: { ...spec(1).dataset, name: record.dataset, validation: record.validation, hash },
    condition: conditions.find(({ id }) => id === one.condition)!,
    run: one,
    reference:
      one.condition === conditions[0]!.id
        ? null
        : { label: conditions[0]!.label, run: find(conditions[0]!.id, one.seed) },
  }));
}
