import type { Dataset, Split } from '../data/index.ts';
import {
  type Device,
  type Executable,
  Kernels,
  RandomStream,
  type RowStore,
  type Tensor,
} from '../kernels/index.ts';
import { LayeredNetwork } from '../networks/index.ts';
import {
  Optimizer,
  type Rule,
  type RuleDefinition,
  type RuleOutput,
  resolveOptions,
} from '../rules/index.ts';
import { findDiagnostics, type Measurements, prepareMeasurements } from './diagnostics/index.ts';
import { Evaluation, wrongAnswers } from './evaluation.ts';
import { type RulePlan, totalSteps } from './experiment.ts';

/** The recorded parts of one run, ready to be executed. */
export interface PreparedRun {
  /** One minibatch: learn, count loss and mistakes, update the weights. */
  readonly step: Executable;
  readonly test: Evaluation;
  readonly validation: Evaluation | null;
  readonly diagnostics: Measurements;
  resetTotals(): Promise<void>;
  /** Loss and wrong answers of the training examples since the totals were reset. */
  totals(): Promise<{ loss: number; wrong: number }>;
  /** Every state tensor by name: weights, feedback, the optimizer's memory. */
  readonly states: ReadonlyMap<string, Tensor>;
  /** What is kept of each training example. */
  readonly rowStores: ReadonlyMap<string, RowStore>;
}

/** Builds network and rule on a device, and records what a run does. */
export async function prepareRun(
  plan: RulePlan,
  definition: RuleDefinition,
  seed: number,
  dataset: Dataset,
  device: Device,
): Promise<PreparedRun> {
  const k = new Kernels(device, seed);
  const network = new LayeredNetwork(k, seed, plan);
  const rule = buildRule(definition, plan, network, k, seed, dataset);
  const optimizer = new Optimizer(k, network.connections, plan, totalSteps(plan, dataset.train.images.count));
  const lossTotal = k.state('training loss of the epoch', 1, 1);
  const wrongTotal = k.state('wrong training answers of the epoch', 1, 1);
  const step = await k.trace(`a step of ${definition.name}`, () => {
    const input = k.gather(dataset.train.images, plan.batch);
    const target = k.gather(dataset.train.labels, plan.batch);
    const output = rule.learn({ input, target });
    checkOutput(definition.name, output, target);
    for (const { store, values } of output.rowWrites ?? []) k.scatter(store, values);
    const add = (into: Tensor, values: Tensor) => k.sum(values, { over: 'all', into, accumulate: true });
    add(lossTotal, network.readout.loss(k, output.output, target));
    add(wrongTotal, wrongAnswers(k, output.output, target));
    optimizer.apply(output.directions);
    rule.betweenMinibatches?.(plan.batch);
  });
  const predict = (input: Tensor): Tensor => rule.predict?.(input) ?? network.forward(input).at(-1)!.rate;
  const evaluate = (name: string, split: Split) =>
    Evaluation.create(k, name, split, predict, rule.evaluationBatchSize);
  return {
    step,
    test: await evaluate('test', dataset.test),
    validation: dataset.validation && (await evaluate('validation', dataset.validation)),
    // Recorded last: the random numbers of training and testing are the same without them.
    diagnostics: await prepareMeasurements(
      findDiagnostics(plan.diagnostics),
      { kernels: k, network, definition, rule },
      dataset,
    ),
    async resetTotals() {
      await device.write(lossTotal, new Float32Array(1));
      await device.write(wrongTotal, new Float32Array(1));
    },
    async totals() {
      const [loss] = await device.read(lossTotal);
      const [wrong] = await device.read(wrongTotal);
      return { loss: loss!, wrong: wrong! };
    },
    states: k.states,
    rowStores: k.rowStores,
  };
}

function buildRule(
  definition: RuleDefinition,
  plan: RulePlan,
  network: LayeredNetwork,
  kernels: Kernels,
  seed: number,
  dataset: Dataset,
): Rule {
  return definition.build({
    network,
    kernels,
    random: (name) => new RandomStream(seed, name),
    options: resolveOptions(definition, plan.options),
    examples: dataset.train.images.count,
    optimizer: plan,
  });
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
  for (const { connection, products } of output.directions) {
    if (products.length === 0)
      throw new Error(`the rule '${rule}' gives a direction without products for '${connection.name}'`);
    for (const { pre, post } of products) {
      expect(`a presynaptic factor for '${connection.name}'`, pre, post.rows, connection.from.size);
      expect(`a postsynaptic factor for '${connection.name}'`, post, pre.rows, connection.to.size);
    }
  }
}
