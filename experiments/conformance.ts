import { openDevice } from '../devices/index.ts';
import { type Device, ReferenceDevice } from '../kernels/index.ts';
import { RULES, type RuleDefinition } from '../rules/index.ts';
import { DIAGNOSTIC_STATE } from './diagnostics/index.ts';
import { defineExperiment, type RulePlan, type Settings } from './experiment.ts';
import { firstLine } from './plugins.ts';
import { type PreparedRun, prepareRun } from './prepared-run.ts';
import { tinyTask } from './tiny-task.ts';
import { train } from './training.ts';

/** One promise that every rule keeps, and whether this one does. */
export interface CheckResult {
  readonly check: string;
  readonly passed: boolean;
  /** What was seen. */
  readonly detail: string;
}

/** The largest difference, relative to the largest value, that float32 and float64 may have after 20 minibatches. */
const DEVICE_TOLERANCE = 1e-3;
const STEPS = 20;
/** For rules without a recipe of their own. */
const SETTINGS: Partial<Settings> = {
  batch: 20,
  optimizer: 'sgd',
  learningRate: [0.2],
  schedule: 'constant',
};
const EPOCHS = 15;

/** Throws what went wrong, or returns what was seen. */
type Check = (definition: RuleDefinition) => Promise<string>;

const CHECKS: Readonly<Record<string, Check>> = {
  'its output and directions fit the network': async (definition) => {
    const run = await prepareRun(planFor(definition), definition, 1, tinyTask(), new ReferenceDevice());
    return `${run.states.size} states`;
  },
  'all values stay finite': async (definition) => {
    const values = await statesAfter(definition, await openCpu());
    const broken = [...values].find(([, numbers]) => !numbers.every(Number.isFinite));
    if (broken)
      throw new Error(`the state '${broken[0]}' holds a value that is not finite after 20 minibatches`);
    return `${values.size} states`;
  },
  'the same seed gives the same bits': async (definition) => {
    const [first, second] = [
      await statesAfter(definition, await openCpu()),
      await statesAfter(definition, await openCpu()),
    ];
    for (const [name, numbers] of first)
      if (!Buffer.from(numbers.buffer).equals(Buffer.from(second.get(name)!.buffer)))
        throw new Error(`the state '${name}' differs between two runs of one seed`);
    return `${first.size} states equal after 20 minibatches`;
  },
  'looking at it changes nothing': async (definition) => {
    const device = await openCpu();
    const run = await trained(definition, device);
    const own = [...run.states].filter(([name]) => !name.startsWith(DIAGNOSTIC_STATE));
    const bits = async () =>
      Promise.all(own.map(async ([, state]) => Buffer.from((await device.read(state)).buffer)));
    const before = await bits();
    await run.diagnostics.measure();
    const after = await bits();
    await device.dispose();
    const moved = own.find((_, i) => !after[i]!.equals(before[i]!));
    if (moved)
      throw new Error(`'learn' changes the state '${moved[0]}' where its directions are only looked at`);
    return `${own.length} states equal before and after the diagnostics`;
  },
  'devices agree': async (definition) => {
    const wanted = await statesAfter(definition, new ReferenceDevice());
    const worst = largestDifference(await statesAfter(definition, await openCpu()), wanted);
    if (!(worst.difference < DEVICE_TOLERANCE))
      throw new Error(
        `'${worst.name}' differs by ${worst.difference.toExponential(1)} of its size from the float64 reference`,
      );
    return `cpu within ${worst.difference.toExponential(1)} of the float64 reference`;
  },
  'learns a tiny task': async (definition) => {
    const errors: number[] = [];
    const device = await openCpu();
    const outcome = await train(planFor(definition), definition, 1, tinyTask(), device, {
      epoch: ({ testError }) => errors.push(testError ?? Number.NaN),
    });
    await device.dispose();
    if (outcome.status !== 'finished') throw new Error(outcome.reason);
    // Chance is 75 %.
    if (!(errors.at(-1)! <= 10))
      throw new Error(`test error ${errors.at(-1)} % after ${errors.length} epochs, chance is 75 %`);
    return `test error ${errors.at(-1)!.toFixed(1)} % after ${errors.length} epochs`;
  },
};

export const CHECK_NAMES: readonly string[] = Object.keys(CHECKS);

/** Runs the table of checks on a rule. */
export async function checkRule(definition: RuleDefinition): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const [check, perform] of Object.entries(CHECKS)) {
    try {
      results.push({ check, passed: true, detail: await perform(definition) });
    } catch (error) {
      results.push({ check, passed: false, detail: firstLine(error) });
    }
  }
  return results;
}

const openCpu = (): Promise<Device> => openDevice({ device: 'cpu', blas: 'none' });

/** A small network, under the rule's own recipe where it has one. */
const planFor = (definition: RuleDefinition): RulePlan =>
  defineExperiment(
    {
      rules: [{ name: definition.name }],
      layers: [36, ...(definition.trial?.hidden ?? [24, 12]), 4],
      settings: { ...(!definition.recipe && SETTINGS), epochs: EPOCHS },
    },
    RULES.includes(definition) ? [] : [definition],
  ).rules[0]!;

/** A run of the tiny task after 20 minibatches. */
async function trained(definition: RuleDefinition, device: Device): Promise<PreparedRun> {
  const data = tinyTask();
  const plan = planFor(definition);
  const run = await prepareRun(plan, definition, 1, data, device);
  const rows = Uint32Array.from({ length: STEPS * plan.batch }, (_, i) => i % data.train.images.count);
  await run.step.run({ steps: STEPS, firstStep: 0, rows });
  return run;
}

/** Its states. */
async function statesAfter(definition: RuleDefinition, device: Device): Promise<Map<string, Float32Array>> {
  const run = await trained(definition, device);
  const values = new Map<string, Float32Array>();
  for (const [name, tensor] of run.states) values.set(name, await device.read(tensor));
  await device.dispose();
  return values;
}

/** The largest difference between corresponding states, relative to the largest value of the state. */
function largestDifference(seen: Map<string, Float32Array>, wanted: Map<string, Float32Array>) {
  let worst = { name: '', difference: 0 };
  for (const [name, values] of wanted) {
    const size = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const gap = values.reduce((most, value, i) => Math.max(most, Math.abs(value - seen.get(name)![i]!)), 0);
    const difference = size === 0 ? gap : gap / size;
    if (!(difference <= worst.difference)) worst = { name, difference };
  }
  return worst;
}
