import { openDevice } from '../../devices/index.ts';
import type { Device } from '../../kernels/index.ts';
import {
  type DeviceRecord,
  openRun,
  type RunEnd,
  type RunResult,
  type RunStatus,
} from '../../results/index.ts';
import { findRule, type RuleDefinition } from '../../rules/index.ts';
import {
  buildTrainer,
  type EpochRecord,
  findDiagnostics,
  findTask,
  type RunSpec,
  type Trainer,
} from '../../training/index.ts';
import { type Extensions, NO_EXTENSIONS } from '../experiment.ts';
import { firstLine } from '../plugins.ts';
import type { Job, RunEvents, Shared } from './launcher.ts';

/** Where a run finds what its spec only names. */
export interface Resources extends Shared {
  readonly extensions: Extensions;
  /** Rules in memory. */
  readonly definitions?: ReadonlyMap<string, RuleDefinition>;
  /** Gives the device, which the run disposes of. */
  open(): Promise<Device>;
}

/** What a run came to, as its folder and its result tell it. */
type Outcome = Omit<RunEnd, 'device'>;

/** A run that was told to stop leaves its folder as one that was killed. */
type Stopped = { readonly status: Extract<RunStatus, 'unfinished'> } & {
  readonly [K in Exclude<keyof Outcome, 'status'>]?: never;
};

/**
 * Trains one network, and leaves its folder behind. A fault of the run (a rule that throws, a disk that is full) is
 * its result, with status 'failed': it must not stop the other runs.
 */
export async function runJob(job: Job, resources: Resources, events: RunEvents = {}): Promise<RunResult> {
  const { condition, seed } = job.spec;
  const epochs: EpochRecord[] = [];
  let info: DeviceRecord | null = null;
  let outcome: Outcome | Stopped;
  try {
    const device = await resources.open();
    try {
      outcome = await trainInto(job, device, resources, epochs, events);
    } finally {
      // Read after training: a GPU knows only then what really ran.
      info = { ...device.info };
      await device.dispose();
    }
  } catch (error) {
    outcome = { status: 'failed', reason: firstLine(error) };
  }
  const { status, reason, notes, statesHash } = outcome;
  return {
    condition: condition.id,
    rule: condition.rule,
    seed,
    status,
    ...(reason !== undefined && { reason }),
    epochs,
    ...(notes !== undefined && { notes: [...notes] }),
    ...(statesHash !== undefined && { statesHash }),
    device: info,
    folder: job.folder,
  };
}

/** The device of a spec, opened on this machine. */
export const openDeviceOf = ({ device: { asked, settled } }: RunSpec): Promise<Device> =>
  openDevice({ ...asked, device: settled.device });

async function trainInto(
  { spec, folder }: Job,
  device: Device,
  resources: Resources,
  epochs: EpochRecord[],
  events: RunEvents,
): Promise<Outcome | Stopped> {
  const record = openRun(folder, { spec, provenance: { ...resources.provenance, device: device.info } });
  let outcome: Outcome;
  try {
    const trainer = await trainerOf(spec, device, resources);
    outcome = await follow(trainer, spec, device, epochs, events, record.append);
  } catch (error) {
    if (events.signal?.aborted) return { status: 'unfinished' };
    const reason = firstLine(error);
    try {
      record.finish({ status: 'failed', reason, device: device.info });
    } catch {
      // A disk that is full refuses the status too: what counts is what went wrong first.
    }
    return { status: 'failed', reason };
  }
  record.finish({ ...outcome, device: device.info });
  return outcome;
}

async function trainerOf(
  { condition, seed, task, diagnostics, dataset }: RunSpec,
  device: Device,
  { dataset: data, definitions, extensions = NO_EXTENSIONS }: Resources,
): Promise<Trainer> {
  const definition = definitions?.get(condition.rule) ?? findRule(condition.rule, extensions.rules);
  return buildTrainer({
    condition,
    definition,
    seed,
    task: findTask(task, extensions.tasks),
    diagnostics: findDiagnostics(diagnostics.length === 0 ? ['none'] : diagnostics, extensions.diagnostics),
    dataset: data,
    datasetHash: dataset.hash,
    device,
  });
}

/** Trains to the end, reporting on the way. */
async function follow(
  trainer: Trainer,
  { condition, seed }: RunSpec,
  device: Device,
  epochs: EpochRecord[],
  { progress, signal }: RunEvents,
  append: (epoch: EpochRecord) => void,
): Promise<Outcome> {
  const report = (stepsDone: number, stepsTotal: number): void =>
    progress?.({
      condition: condition.id,
      label: condition.label,
      rule: condition.rule,
      seed,
      epoch: epochs.length + 1,
      stepsDone,
      stepsTotal,
      testScore: epochs.at(-1)?.testScore ?? null,
      device: device.info.name,
      notes: trainer.notes,
    });
  for await (const epoch of trainer.epochs({ progress: report, ...(signal && { signal }) })) {
    append(epoch);
    epochs.push(epoch);
  }
  const notes = trainer.notes.length > 0 ? { notes: trainer.notes } : {};
  const diverged = epochs.at(-1)?.diverged;
  if (diverged !== undefined) return { status: 'diverged', reason: diverged, ...notes };
  return { status: 'finished', ...notes, statesHash: await trainer.hashStates() };
}
