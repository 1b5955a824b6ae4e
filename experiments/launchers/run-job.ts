import { openDevice } from '../../devices/index.ts';
import type { Device } from '../../kernels/index.ts';
import {
  type DeviceRecord,
  newestCheckpoint,
  type OpenRun,
  openRun,
  type RunEnd,
  type RunResult,
  type RunStatus,
  reopenRun,
} from '../../results/index.ts';
import { findRule, type RuleDefinition } from '../../rules/index.ts';
import {
  buildTrainer,
  type EpochRecord,
  findDiagnostics,
  findTask,
  firedIn,
  type RunSpec,
  type Trainer,
} from '../../training/index.ts';
import { differingMetric } from '../differing-metric.ts';
import { type Extensions, NO_EXTENSIONS } from '../experiment.ts';
import { firstLine } from '../plugins.ts';
import type { Job, RunEvents, RunProgress, Shared } from './launcher.ts';
import { RunCheckpoints } from './run-checkpoints.ts';

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

/** A run that was told to stop leaves its folder as one that was killed, with a checkpoint. */
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
  const { status, reason, notes, statesHash, stateBytes } = outcome;
  return {
    condition: condition.id,
    rule: condition.rule,
    seed,
    status,
    ...(reason !== undefined && { reason }),
    epochs,
    ...(notes !== undefined && { notes: [...notes] }),
    ...(statesHash !== undefined && { statesHash }),
    ...(stateBytes !== undefined && { stateBytes }),
    device: info,
    folder: job.folder,
  };
}

/** The device of a spec, opened on this machine. */
export const openDeviceOf = ({ device: { asked, settled } }: RunSpec): Promise<Device> =>
  openDevice({ ...asked, device: settled.device });

async function trainInto(
  { spec, folder, begun = false }: Job,
  device: Device,
  resources: Resources,
  epochs: EpochRecord[],
  events: RunEvents,
): Promise<Outcome | Stopped> {
  const { provenance, lock } = resources;
  const run = { spec, provenance: { ...provenance, device: device.info }, lock };
  const record = begun ? reopenRun(folder, run) : openRun(folder, run);
  epochs.push(...record.epochs);
  let outcome: Outcome | Stopped;
  try {
    const trainer = await trainerOf(spec, device, resources);
    const notes = begun ? await goOn(trainer, folder, epochs.length) : [];
    outcome = await follow({ trainer, spec, device, epochs, record, notes }, resources, events);
  } catch (error) {
    const reason = firstLine(error);
    try {
      record.finish({ status: 'failed', reason, device: device.info });
    } catch {
      // A disk that is full refuses the status too: what counts is what went wrong first.
    }
    return { status: 'failed', reason };
  }
  if (outcome.status !== 'unfinished') record.finish({ ...outcome, device: device.info });
  return outcome;
}

/**
 * Loads the newest checkpoint whose epochs are recorded.
 * @returns sentences on those that could not be used
 */
async function goOn(trainer: Trainer, folder: string, recorded: number): Promise<string[]> {
  const { found, damaged } = newestCheckpoint(folder, recorded);
  if (found) await trainer.load(found.checkpoint);
  const from = found ? `the checkpoint of ${trainer.stepsDone} minibatches` : 'the beginning';
  return damaged.map((sentence) => `the run went on from ${from}, as ${sentence}`);
}

/** The trainer of a spec on a device. */
export async function trainerOf(
  { condition, seed, task, diagnostics, scored, dataset }: RunSpec,
  device: Device,
  {
    dataset: data,
    definitions,
    extensions = NO_EXTENSIONS,
  }: Pick<Resources, 'dataset' | 'definitions' | 'extensions'>,
): Promise<Trainer> {
  const definition = definitions?.get(condition.rule) ?? findRule(condition.rule, extensions.rules);
  return buildTrainer({
    condition,
    definition,
    seed,
    task: findTask(task, extensions.tasks),
    diagnostics: findDiagnostics(diagnostics.length === 0 ? ['none'] : diagnostics, extensions.diagnostics),
    ...(scored && { scored }),
    dataset: data,
    datasetHash: dataset.hash,
    device,
  });
}

/** A run at work. */
interface Course {
  readonly trainer: Trainer;
  readonly spec: RunSpec;
  readonly device: Device;
  /** Recorded so far. */
  readonly epochs: EpochRecord[];
  readonly record: OpenRun;
  /** Sentences for people. */
  readonly notes: string[];
}

/** Trains to the end or until it is stopped, recording, saving and reporting on the way. */
async function follow(
  course: Course,
  { checkpoints: plan, lock }: Resources,
  { progress, signal }: RunEvents,
): Promise<Outcome | Stopped> {
  const { trainer, record, epochs } = course;
  const recorded = [...epochs];
  const checkpoints = new RunCheckpoints(trainer, record.folder, plan, lock);
  progress?.(progressOf(course));
  const report = (): Promise<void> => {
    progress?.(progressOf(course));
    return checkpoints.afterMinibatches();
  };
  try {
    for await (const epoch of trainer.epochs({ progress: report, recorded, ...(signal && { signal }) })) {
      keep(epoch, course);
      if (epoch.diverged === undefined) await checkpoints.afterEpoch();
    }
  } catch (error) {
    if (!signal?.aborted || error !== signal.reason) throw error;
    await checkpoints.save();
    return { status: 'unfinished' };
  }
  const notes = notesOf(course);
  const told = notes.length > 0 ? { notes } : {};
  const diverged = epochs.at(-1)?.diverged;
  if (diverged !== undefined) return { status: 'diverged', reason: diverged, ...told };
  await checkpoints.save();
  return {
    status: 'finished',
    ...told,
    statesHash: await trainer.hashStates(),
    stateBytes: trainer.stateBytes,
  };
}

/**
 * Records an epoch. One that was recorded before, and trained again from an older checkpoint, has the same record: the line
 * that is there stays.
 */
function keep(epoch: EpochRecord, { epochs, record, notes }: Course): void {
  const before = epochs[epoch.epoch - 1];
  if (before === undefined) {
    record.append(epoch);
    epochs.push(epoch);
    return;
  }
  const metric = differingMetric(before, epoch);
  if (metric !== null)
    notes.push(
      `epoch ${epoch.epoch} was trained again from a checkpoint, and its ${metric} is not the one that is recorded and stays: the device does not give the same bits twice`,
    );
}

function progressOf(course: Course): RunProgress {
  const { trainer, spec, device, epochs } = course;
  const { condition, seed } = spec;
  return {
    condition: condition.id,
    label: condition.label,
    rule: condition.rule,
    seed,
    epoch: Math.min(trainer.epochsDone + 1, trainer.epochsTotal),
    epochs: trainer.epochsTotal,
    stepsDone: trainer.stepsDone,
    stepsTotal: trainer.stepsTotal,
    testScore: epochs[trainer.epochsDone - 1]?.testScore ?? null,
    examplesPerSecond: trainer.examplesPerSecond,
    validationScore: epochs[trainer.epochsDone - 1]?.validationScore ?? null,
    device: device.info.name,
    notes: notesOf(course),
    guards: firedIn(epochs),
  };
}

const notesOf = ({ trainer, notes }: Course): string[] => [...trainer.notes, ...notes];
