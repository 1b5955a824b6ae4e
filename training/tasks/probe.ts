import { type Kernels, type Tensor, UserError } from '../../kernels/index.ts';
import { meanOverExamples, passOver } from '../evaluation.ts';
import type { BuiltTask, TaskContext, TaskDefinition } from '../task.ts';
import { wrongAnswers } from './classify.ts';
import { checkClasses, checkInputs } from './layers-fit.ts';
import { RIDGE_PENALTY, solveRidge } from './ridge.ts';

/**
 * The rule trains the network to classify; what is scored is how well a linear readout of one population does, fitted anew
 * after every epoch to the firing rates of the training examples. The fit is ridge regression onto one-hot classes in
 * closed form (as the linear classifier probes of Alain & Bengio 2016, arXiv:1610.01644, but without a training of its
 * own), so that it draws no random numbers and has nothing to tune.
 */
export const probe: TaskDefinition = {
  name: 'probe',
  description:
    'Classify from the firing rates of one population, by a linear readout that is fitted to them after every epoch.',
  argument: 'population',
  score: { label: 'Test error of the probe', unit: '%', better: 'lower', digits: 2 },
  scoresClasses: true,
  check({ argument, dataset, settings: { layers } }) {
    checkInputs(layers, dataset);
    checkClasses(layers, dataset);
    populationNumber(argument, namesOf(layers.length));
  },
  build: buildProbe,
};

/** Names of the populations above the input, as networks give them. */
const namesOf = (layers: number): string[] =>
  Array.from({ length: layers - 1 }, (_, l) => (l === layers - 2 ? 'output' : `hidden ${l + 1}`));

/** @throws UserError when there is no population of that name; a hyphen stands for a space */
function populationNumber(argument: string, names: readonly string[]): number {
  const number = names.indexOf(argument.replaceAll('-', ' '));
  if (number < 0)
    throw new UserError(
      `the task 'probe' cannot find the population '${argument}'; the network has ${names.map((name) => `probe:${name.replace(' ', '-')}`).join(', ')}`,
    );
  return number;
}

async function buildProbe({
  kernels: k,
  network,
  dataset,
  argument,
  respond,
  evaluationBatchSize: atOnce,
}: TaskContext): Promise<BuiltTask> {
  const above = network.populations.slice(1);
  const number = populationNumber(
    argument,
    above.map(({ name }) => name),
  );
  const { size } = above[number]!;
  const { train, classes } = dataset;
  const ratesOf = (input: Tensor): Tensor => respond(input)[number]!;
  // Sums over the training examples; the firing rates h have a constant 1 beside them in the fit.
  const sums = {
    hh: k.result('probe: sum of h h', size, size),
    ht: k.result('probe: sum of h t', size, classes),
    h: k.result('probe: sum of h', 1, size),
    t: k.result('probe: sum of t', 1, classes),
  };
  const weights = k.result('probe: weights', size, classes);
  const bias = k.result('probe: bias', 1, classes);
  const collecting = await passOver(k, 'probe', train.images.count, atOnce, (batch) => {
    const rates = ratesOf(k.gather(train.images, batch));
    const target = k.gather(train.labels!, batch);
    k.matmul(rates, rates, { transposeA: true, into: sums.hh, accumulate: true });
    k.matmul(rates, target, { transposeA: true, into: sums.ht, accumulate: true });
    k.sum(rates, { over: 'rows', into: sums.h, accumulate: true });
    k.sum(target, { over: 'rows', into: sums.t, accumulate: true });
  });
  return {
    target: (input) => k.gather(train.labels!, input.rows),
    trainingScore: null,
    scale: 100,
    async prepareScores(signal) {
      await clear(k, Object.values(sums));
      await collecting.run(signal);
      const [hh, ht, h, t] = await Promise.all(
        [sums.hh, sums.ht, sums.h, sums.t].map((tensor) => k.device.read(tensor)),
      );
      const fit = solveRidge({ hh: hh!, ht: ht!, h: h!, t: t! }, train.images.count, RIDGE_PENALTY);
      await k.device.write(weights, fit.weights);
      await k.device.write(bias, fit.bias);
    },
    scoreOf: (name, { images, labels }) =>
      meanOverExamples(k, name, images.count, atOnce, 100, (batch) => {
        const answers = k.map((v, b) => v + b, k.matmul(ratesOf(k.gather(images, batch)), weights), bias);
        return wrongAnswers(k, answers, k.gather(labels!, batch));
      }),
  };
}

async function clear(k: Kernels, tensors: readonly Tensor[]): Promise<void> {
  for (const tensor of tensors) await k.device.write(tensor, new Float32Array(tensor.rows * tensor.columns));
}
