import type { Dataset } from '../data/index.ts';
import { type DeviceOptions, openDevice } from '../devices/index.ts';
import type { Device } from '../kernels/index.ts';
import {
  type DeviceRecord,
  type EpochRecord,
  openRun,
  type Provenance,
  type RunResult,
} from '../results/index.ts';
import { findRule } from '../rules/index.ts';
import type { RulePlan } from './experiment.ts';
import { firstLine, loadPlugins } from './plugins.ts';
import { type TrainingOutcome, train } from './training.ts';

/** Everything that one run needs; plain data, so that it can be sent to a worker thread. */
export interface RunOrder {
  readonly plan: RulePlan;
  readonly seed: number;
  readonly dataset: Dataset;
  readonly device: DeviceOptions;
  readonly plugins: readonly string[];
  readonly folder: string;
  readonly provenance: Provenance;
}

export interface RunProgress {
  readonly rule: string;
  readonly seed: number;
  readonly epoch: number;
  readonly stepsDone: number;
  readonly stepsTotal: number;
  /** After the last finished epoch, in percent. */
  readonly testError: number | null;
  readonly device: string;
  /** What was asked for and cannot be measured in this run, and why. */
  readonly notes: readonly string[];
}

/**
 * Trains one network, and leaves its folder behind. A fault of the run (a rule that throws, a disk that is full) is
 * its result, with status 'failed': it must not stop the other runs.
 * @param open gives the device, which the run disposes of
 */
export async function executeRun(
  order: RunOrder,
  report: (progress: RunProgress) => void,
  open: () => Promise<Device> = () => openDevice(order.device),
): Promise<RunResult> {
  const { seed, folder } = order;
  const rule = order.plan.name;
  const epochs: EpochRecord[] = [];
  const notes: string[] = [];
  let info: DeviceRecord | null = null;
  let outcome: TrainingOutcome | { status: 'failed'; reason: string };
  try {
    const device = await open();
    try {
      outcome = await trainInto(order, device, epochs, notes, report);
    } finally {
      // Read after training: a GPU knows only then what really ran.
      info = { ...device.info };
      await device.dispose();
    }
  } catch (error) {
    outcome = { status: 'failed', reason: firstLine(error) };
  }
  return { rule, seed, epochs, ...(notes.length > 0 && { notes }), device: info, folder, ...outcome };
}

async function trainInto(
  { plan, seed, dataset, folder, plugins, provenance }: RunOrder,
  device: Device,
  epochs: EpochRecord[],
  notes: string[],
  report: (progress: RunProgress) => void,
): Promise<TrainingOutcome> {
  const { name: rule, ...settings } = plan;
  const definition = findRule(rule, await loadPlugins(plugins));
  const config = { rule, seed, dataset: dataset.name, ...settings, plugins };
  const record = openRun(folder, { config, provenance: { ...provenance, device: device.info } });
  try {
    const outcome = await train(plan, definition, seed, dataset, device, {
      progress(stepsDone, stepsTotal) {
        const testError = epochs.at(-1)?.testError ?? null;
        report({
          rule,
          seed,
          epoch: epochs.length + 1,
          stepsDone,
          stepsTotal,
          testError,
          device: device.info.name,
          notes,
        });
      },
      notes: (found) => notes.push(...found),
      epoch(line) {
        record.append(line);
        epochs.push(line);
      },
    });
    record.finish({ ...outcome, ...(notes.length > 0 && { notes }), device: device.info });
    return outcome;
  } catch (error) {
    record.finish({ status: 'failed', reason: firstLine(error), device: device.info });
    throw error;
  }
}
