import { type Dataset, hashDataset } from '../../data/index.ts';
import { openDevice } from '../../devices/index.ts';
import { type Device, ReferenceDevice } from '../../kernels/index.ts';
import { denseMemoryNetwork } from '../../networks/index.ts';
import { findRule } from '../../rules/index.ts';
import {
  type ConditionInput,
  findDiagnostics,
  findTask,
  type RunParts,
  resolveCondition,
  tinyDataset,
} from '../../training/index.ts';

/** Parts of small runs on the tiny dataset. */

export const openCpu = (): Promise<Device> => openDevice({ device: 'cpu', blas: 'none' });

export interface PartsOptions extends ConditionInput {
  readonly task?: string;
  readonly seed?: number;
  readonly diagnostics?: readonly string[];
  readonly device?: Device;
  readonly dataset?: Dataset;
}

/** A rule on 36-8-6-4 where nothing else is said, or on 36-8-4 where it has one hidden layer alone, in batches of 20 if it has no recipe. */
export async function partsOf(
  rule: string,
  {
    task = 'classify',
    seed = 1,
    diagnostics = ['none'],
    device,
    dataset = tinyDataset(),
    ...input
  }: PartsOptions = {},
): Promise<RunParts> {
  const definition = findRule(rule);
  const chosen = findTask(task);
  const hidden = definition.network === denseMemoryNetwork ? [8] : [8, 6];
  const layers = [36, ...hidden, task === 'reconstruct' ? 36 : 4];
  const settings = { layers, ...(!definition.recipes && { batch: 20 }), ...input.settings };
  return {
    condition: resolveCondition(definition, { ...input, settings }, {}, chosen.definition),
    definition,
    seed,
    task: chosen,
    diagnostics: findDiagnostics(diagnostics),
    dataset,
    datasetHash: await hashDataset(dataset),
    device: device ?? new ReferenceDevice(),
  };
}
