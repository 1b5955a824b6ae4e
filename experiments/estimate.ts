import type { Dataset, Split } from '../data/index.ts';
import { openDevice } from '../devices/index.ts';
import {
  type Condition,
  epochOrder,
  findDiagnostics,
  type RunParts,
  scaleBudget,
  stepsPerEpoch,
  type TracedRun,
  totalSteps,
  traceRun,
} from '../training/index.ts';
import type { ComparisonPlan } from './compare.ts';
import type { Setup } from './setup.ts';

/** What a condition's runs will cost, as far as a moment of training tells. */
export interface ConditionCost {
  readonly condition: Condition;
  readonly seeds: readonly number[];
  readonly epochs: number;
  /** Of one run alone on the machine. */
  readonly secondsPerRun: number;
  /** Of all of its trials, one after the other; 0 where values are not tuned. */
  readonly secondsOfTrials: number;
}

/** What a comparison will cost. */
export interface Estimate {
  readonly conditions: readonly ConditionCost[];
  readonly runs: number;
  /** In all rungs of all conditions. */
  readonly trials: number;
  /** Of all trials and runs, so many at the same time as there are jobs, had they no influence on each other. */
  readonly seconds: number;
}

/** How long to train, in ms. */
const MEASURED = 300;
/** Images of a split that are scored. */
const SCORED = 500;

/**
 * Measures on the device of a comparison how fast its conditions train and are evaluated, for some tenths of a second each,
 * and works out how long all runs will take. Conditions that compute the same are measured once.
 * @param measuring called before each measurement
 */
export async function estimateCost(
  plan: ComparisonPlan,
  measuring: (label: string) => void = () => {},
): Promise<Estimate> {
  const { setup, tuning, jobs } = plan;
  const { seeds, conditions } = setup.experiment;
  const atOnce = setup.common.device.settled.device === 'gpu' ? 1 : jobs;
  const costOfRun = costs(setup, measuring);
  const costOfTrial = tuning ? costs(tuning.setup, (label) => measuring(`a trial of ${label}`)) : null;
  const rungs = tuning?.record.rungs ?? [];
  const costed: ConditionCost[] = [];
  const trials: number[][] = rungs.map(() => []);
  for (const condition of conditions) {
    const { epochs, secondsPerRun } = await costOfRun(condition);
    let secondsOfTrials = 0;
    for (const [rung, { fraction, trials: count }] of rungs.entries()) {
      const settings = scaleBudget(condition.settings, fraction);
      const trial = await costOfTrial!({ ...condition, settings });
      trials[rung]!.push(...new Array<number>(count).fill(trial.secondsPerRun));
      secondsOfTrials += count * trial.secondsPerRun;
    }
    costed.push({ condition, seeds, epochs, secondsPerRun, secondsOfTrials });
  }
  const runs = costed.flatMap(({ secondsPerRun }) => seeds.map(() => secondsPerRun));
  return {
    conditions: costed,
    runs: runs.length,
    trials: trials.flat().length,
    seconds: [...trials, runs].reduce((sum, each) => sum + makespan(each, atOnce), 0),
  };
}

/** What a run of a condition costs. */
type Cost = Pick<ConditionCost, 'epochs' | 'secondsPerRun'>;

/** Measures each computation once. */
function costs(setup: Setup, measuring: (label: string) => void): (condition: Condition) => Promise<Cost> {
  const rates = new Map<string, Rates>();
  const { count } = setup.dataset.train.images;
  return async (condition) => {
    const key = computationOf(condition);
    if (!rates.has(key)) {
      measuring(condition.label);
      rates.set(key, await measure(setup, condition));
    }
    return costOf(condition, count, rates.get(key)!);
  };
}

/** Of a run that is not stopped early. */
function costOf(
  { settings }: Condition,
  trainExamples: number,
  { preparation, step, evaluation, multiplyAccumulates }: Rates,
): Cost {
  const steps =
    settings.seconds === null
      ? totalSteps(settings, trainExamples, multiplyAccumulates)
      : Math.max(1, settings.seconds / step);
  const epochs = Math.ceil(steps / stepsPerEpoch(settings, trainExamples));
  return { epochs, secondsPerRun: preparation + steps * step + epochs * evaluation };
}

/** When the last of some workers is done, each of whom takes the next run as soon as it is free. */
export function makespan(runs: readonly number[], workers: number): number {
  const free = Array.from({ length: Math.min(workers, Math.max(1, runs.length)) }, () => 0);
  for (const seconds of runs) {
    const next = free.indexOf(Math.min(...free));
    free[next] = free[next]! + seconds;
  }
  return Math.max(...free);
}

/** Seconds of what a run is made of, and what a minibatch computes. */
interface Rates {
  readonly preparation: number;
  /** Of one minibatch. */
  readonly step: number;
  /** After an epoch. */
  readonly evaluation: number;
  readonly multiplyAccumulates: number;
}

/** What the time of a minibatch depends on. */
function computationOf({ rule, options, settings }: Condition): string {
  const { layers, activation, loss, outputActivation, batch, optimizer, weightDecay } = settings;
  return JSON.stringify([
    rule,
    options,
    [layers, activation, loss, outputActivation, batch, optimizer, weightDecay === 0],
  ]);
}

async function measure(setup: Setup, condition: Condition): Promise<Rates> {
  const { experiment, dataset, common, plugins } = setup;
  const begin = performance.now();
  const { asked, settled } = common.device;
  const parts: RunParts = {
    condition,
    definition: experiment.definitions.get(condition.rule)!,
    seed: experiment.seeds[0]!,
    task: experiment.chosenTask,
    diagnostics: findDiagnostics(
      experiment.diagnostics.length === 0 ? ['none'] : experiment.diagnostics,
      plugins.diagnostics,
    ),
    ...(experiment.scored && { scored: experiment.scored }),
    dataset: scored(dataset),
    datasetHash: common.dataset.hash,
    device: await openDevice({ ...asked, device: settled.device }),
  };
  try {
    const run = await traceRun(parts);
    const preparation = secondsSince(begin);
    return {
      preparation,
      step: await stepSeconds(parts, run),
      evaluation: await evaluationSeconds(run, dataset),
      multiplyAccumulates: run.step.multiplyAccumulates,
    };
  } finally {
    await parts.device.dispose();
  }
}

const secondsSince = (begin: number): number => (performance.now() - begin) / 1000;

/** Twice as many minibatches as before, until they take long enough; the first ones are slower, and do not count. */
async function stepSeconds({ condition, dataset, seed, device }: RunParts, run: TracedRun): Promise<number> {
  const { batch } = condition.settings;
  const { count } = dataset.train.images;
  const order = epochOrder(seed, 0, count);
  const inEpoch = stepsPerEpoch(condition.settings, count);
  const start = performance.now();
  let step = 0;
  for (let calls = 1; ; calls *= 2) {
    const begin = performance.now();
    const first = step;
    for (let call = 0; call < calls; call++) {
      const at = step % inEpoch;
      const steps = Math.min(device.capabilities.stepsPerCall, inEpoch - at);
      await run.step.run({ steps, firstStep: step, rows: order.slice(at * batch, (at + steps) * batch) });
      await run.totals.read();
      step += steps;
    }
    if (performance.now() - start >= MEASURED) return secondsSince(begin) / (step - first);
  }
}

/** A dataset whose test and validation splits are cut short. */
const scored = (dataset: Dataset): Dataset => ({
  ...dataset,
  test: cut(dataset.test),
  validation: dataset.validation && cut(dataset.validation),
});

function cut({ images, labels }: Split): Split {
  const count = Math.min(SCORED, images.count);
  const first = <T extends Split['images']>(table: T): T => ({
    ...table,
    count,
    values: table.values.subarray(0, (table.values.length / table.count) * count),
  });
  return { images: first(images), labels: labels && first(labels) };
}

async function evaluationSeconds(run: TracedRun, { test, validation }: Dataset): Promise<number> {
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const begin = performance.now();
    await work();
    return secondsSince(begin);
  };
  const scoring = async (score: () => Promise<number>, { images: { count } }: Split): Promise<number> => {
    // The first time it is slower.
    const first = await timed(score);
    return (count / Math.min(SCORED, count)) * (first < MEASURED / 1000 ? await timed(score) : first);
  };
  return (
    (await timed(async () => run.task.prepareScores?.())) +
    (run.testScore ? await scoring(run.testScore, test) : 0) +
    (validation && run.validationScore ? await scoring(run.validationScore, validation) : 0) +
    (await timed(() => run.diagnostics.measure()))
  );
}
