import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  collectProvenance,
  comparisonDocument,
  defaultContrasts,
  openComparison,
  openRun,
  type RunResult,
  type StoredExperiment,
} from '../../results/index.ts';
import { conditions as bothConditions, experiment as exampleExperiment, spec } from './example.ts';

/** Writes the folder of a comparison with its runs, and a comparison.json of all of them. @param runs of its conditions and seeds */
export function storeComparison(
  folder: string,
  runs: readonly RunResult[],
  changes: Partial<StoredExperiment> = {},
): string {
  const { dataset, device, plugins, task } = spec(1);
  const { conditions = bothConditions } = changes;
  const experiment = {
    ...(changes.experiment ?? exampleExperiment),
    contrasts: defaultContrasts(conditions),
  };
  const places = conditions.flatMap(({ id }) =>
    experiment.seeds.map((seed) => ({ condition: id, seed, folder: `${id}-seed-${seed}` })),
  );
  const provenance = collectProvenance();
  const { dendrite } = provenance;
  const checkpoints = { keep: 'none', seconds: null } as const;
  const stored = { dendrite, given: {}, experiment, conditions: [...conditions], dataset, device, plugins };
  mkdirSync(dirname(folder), { recursive: true });
  const comparison = openComparison(
    dirname(folder),
    { ...stored, checkpoints, runs: places, ...changes, experiment },
    new Date(),
    folder.slice(dirname(folder).length + 1),
  );
  const written = runs.map((run) => {
    const at = join(folder, `${run.condition}-seed-${run.seed}`);
    const condition = conditions.find(({ id }) => id === run.condition)!;
    const common = { dataset: changes.dataset ?? dataset, plugins: changes.plugins ?? plugins };
    const { device: ran, status, reason, statesHash, stateBytes, epochs } = run;
    const opened = openRun(at, {
      spec: { ...spec(run.seed), condition, task: experiment.task ?? task, ...common },
      provenance: { ...provenance, device: ran },
    });
    for (const epoch of epochs) opened.append(epoch);
    if (status !== 'unfinished')
      opened.finish({
        status,
        ...(reason !== undefined && { reason }),
        ...(statesHash !== undefined && { statesHash }),
        ...(stateBytes !== undefined && { stateBytes }),
      });
    return { ...run, folder: at };
  });
  comparison.save(comparisonDocument({ dendrite, experiment, conditions, runs: written }));
  return folder;
}
