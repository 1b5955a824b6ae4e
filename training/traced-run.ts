import type { Dataset } from '../data/browser.ts';
import {
  type Device,
  Kernels,
  RandomStream,
  type RowStore,
  type Tensor,
  type TracedStep,
} from '../kernels/index.ts';
import type { Connection, Network } from '../networks/index.ts';
import { Optimizer, type Rule, type RuleDefinition, type RuleOutput } from '../rules/index.ts';
import { examplesShown, totalSteps } from './budget.ts';
import type { Condition } from './condition.ts';
import { type Diagnostic, type Measurements, prepareMeasurements } from './diagnostics/index.ts';
import { type EpochTotals, epochTotals } from './epoch-totals.ts';
import { EVALUATION_BATCH, type ScoreOfSplit } from './evaluation.ts';
import { type Guards, prepareGuards } from './guards/index.ts';
import type { RunSpec } from './spec.ts';
import type { BuiltTask } from './task.ts';
import type { ChosenTask } from './tasks/index.ts';

/** What a run is made of. */
export interface RunParts {
  readonly condition: Condition;
  readonly definition: RuleDefinition;
  readonly seed: number;
  readonly task: ChosenTask;
  readonly diagnostics: readonly Diagnostic[];
  /** `validation`: the test examples are not looked at. */
  readonly scored?: RunSpec['scored'];
  readonly dataset: Dataset;
  /** See hashDataset. */
  readonly datasetHash: string;
  readonly device: Device;
}

/** The traced parts of one run, ready to be executed. */
export interface TracedRun {
  readonly network: Network;
  readonly rule: Rule;
  readonly task: BuiltTask;
  /** Which pixels of an image the network is shown. */
  readonly shown: NonNullable<BuiltTask['shown']>;
  readonly kernels: Kernels;
  /** One minibatch: learn, count loss and score, update the weights. */
  readonly step: TracedStep;
  /** Steps of the dynamics in which the step settles each of its examples; null where nothing settles. */
  readonly settlingSteps: number | null;
  /** Minibatches of the whole run; infinitely many where the clock ends it. */
  readonly stepsTotal: number;
  /** Traces firing rates of all populations above the input for images, without a target. */
  respond(input: Tensor): readonly Tensor[];
  /** Images that `respond` takes at once. */
  readonly evaluationBatchSize: number;
  readonly testScore: ScoreOfSplit | null;
  readonly validationScore: ScoreOfSplit | null;
  readonly diagnostics: Measurements;
  readonly guards: Guards;
  readonly totals: EpochTotals;
  /** Every state tensor by name: weights, feedback, moments of the optimizer, the totals above. */
  readonly states: ReadonlyMap<string, Tensor>;
  /** What is kept of each training example. */
  readonly rowStores: ReadonlyMap<string, RowStore>;
}

/**
 * Builds network and rule on a device, and traces what a run does.
 * @throws UserError when the budget is not enough for one minibatch
 */
export async function traceRun(parts: RunParts): Promise<TracedRun> {
  const { definition, seed, dataset, device, condition } = parts;
  const k = new Kernels(device, seed);
  const network = buildNetwork(parts, k);
  const rule = buildRule(parts, k, network);
  const respond = responseOf(definition, rule, network);
  const evaluationBatchSize = rule.evaluationBatchSize ?? EVALUATION_BATCH;
  const task = await parts.task.definition.build({
    kernels: k,
    network,
    rule,
    dataset,
    settings: condition.settings,
    argument: parts.task.argument,
    respond,
    evaluationBatchSize,
  });
  const images = task.images ?? dataset.train.images;
  const totals = epochTotals(k, task);
  const { taught, ...traced } = await traceStep(parts, { kernels: k, network, rule, task, totals });
  return {
    network,
    rule,
    task,
    shown: task.shown ?? { first: 0, count: dataset.width },
    kernels: k,
    ...traced,
    respond,
    evaluationBatchSize,
    testScore: parts.scored === 'validation' ? null : await task.scoreOf('test', dataset.test),
    validationScore: dataset.validation && (await task.scoreOf('validation', dataset.validation)),
    diagnostics: await prepareMeasurements(
      parts.diagnostics,
      { kernels: k, network, kind: definition.network.name, rule },
      images,
      task.target,
    ),
    guards: await prepareGuards({ kernels: k, network, rule, respond, evaluationBatchSize, taught }, images),
    totals,
    states: k.states,
    rowStores: k.rowStores,
  };
}

/**
 * One minibatch, in the order in which it happens. How many there are may follow from what one costs, which the trace tells: the optimizer asks
 * for it when a step runs.
 */
async function traceStep(
  { condition: { settings }, definition, dataset }: RunParts,
  {
    kernels: k,
    network,
    rule,
    task,
    totals,
  }: Pick<TracedRun, 'kernels' | 'network' | 'rule' | 'task' | 'totals'>,
): Promise<
  Pick<TracedRun, 'step' | 'settlingSteps' | 'stepsTotal'> & { readonly taught: ReadonlySet<Connection> }
> {
  const images = task.images ?? dataset.train.images;
  const taught = new Set<Connection>();
  let stepsTotal = Number.NaN;
  const optimizer = new Optimizer(k, network.connections, settings, () => stepsTotal);
  const before = network.settlingSteps;
  const step = await k.trace('step', () => {
    const input = k.gather(images, settings.batch);
    const target = task.target(input);
    const output = rule.learn({ input, target });
    checkOutput(definition.name, output, target);
    for (const { store, values } of output.rowWrites ?? []) k.scatter(store, values);
    totals.add(network.loss(output.output, target), task.trainingScore?.(output.output, target) ?? null);
    optimizer.apply(output.directions);
    for (const { connection } of output.directions) taught.add(connection);
    rule.betweenMinibatches?.(settings.batch);
  });
  stepsTotal = totalSteps(settings, images.count, step.multiplyAccumulates);
  const settlingSteps = before === undefined ? null : network.settlingSteps! - before;
  return { step, settlingSteps, stepsTotal, taught };
}

function buildNetwork({ condition, definition, seed, dataset }: RunParts, kernels: Kernels): Network {
  const shown = examplesShown(condition.settings, dataset.train.images.count);
  const parameters = definition.networkParameters?.(condition.options, shown);
  return definition.network.build(kernels, seed, condition.settings, parameters);
}

const buildRule = (
  { condition, definition, seed, dataset }: RunParts,
  kernels: Kernels,
  network: Network,
): Rule =>
  definition.build({
    network,
    kernels,
    random: (name) => new RandomStream(seed, name),
    options: condition.options,
    examples: dataset.train.images.count,
    optimizer: condition.settings,
  });

/** @throws Error when neither rule nor network says how images are answered */
function responseOf({ name }: RuleDefinition, rule: Rule, network: Network): TracedRun['respond'] {
  if (rule.respond) return (input) => rule.respond!(input);
  if (network.respond) return (input) => network.respond!(input);
  throw new Error(`the rule '${name}' lacks the function 'respond', which its network does not have either`);
}

/** @throws Error when a rule's answer does not fit the network, naming the part that does not */
function checkOutput(rule: string, output: RuleOutput, target: Tensor): void {
  const shape = (t: Tensor | undefined) => (t ? `${t.rows}x${t.columns}` : 'missing');
  const expect = (what: string, t: Tensor | undefined, rows: number, columns: number) => {
    if (t?.rows !== rows || t.columns !== columns)
      throw new Error(
        `the rule '${rule}' gives ${what} of shape ${shape(t)}, but it must be ${rows}x${columns}`,
      );
  };
  expect('an output', output?.output, target.rows, target.columns);
  if (!Array.isArray(output.directions) || output.directions.length === 0)
    throw new Error(`the rule '${rule}' gives no directions`);
  for (const { connection, products, estimate } of output.directions) {
    const { from, to } = connection;
    if (estimate) {
      expect(`an estimate for '${connection.name}'`, estimate.weights, from.size, to.size);
      expect(`an estimate for the biases of '${connection.name}'`, estimate.bias, 1, to.size);
    } else if (products.length === 0)
      throw new Error(`the rule '${rule}' gives a direction without products for '${connection.name}'`);
    for (const { pre, post } of products) {
      expect(`a presynaptic factor for '${connection.name}'`, pre, post.rows, from.size);
      expect(`a postsynaptic factor for '${connection.name}'`, post, pre.rows, to.size);
    }
  }
}
