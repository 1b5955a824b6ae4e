import { type Kernels, meanOverExamples, type TaskDefinition, type Tensor, UserError } from 'dendrite';

/** -log of the output for the right class, m x 1: how surprised the network is by each example. */
const surprise = (k: Kernels, output: Tensor, target: Tensor): Tensor =>
  k.sum(
    k.map((y, t) => -t * Math.log(Math.max(y, 1e-37)), output, target),
    { over: 'columns' },
  );

/** Classification that is scored by the mean log loss of the test examples, in place of the share of wrong answers. */
export const logLoss: TaskDefinition = {
  name: 'log-loss',
  description: 'Name the class of an image; scored by minus the logarithm of the output for the right class.',
  score: { label: 'Test log loss', unit: 'nats', better: 'lower', digits: 4 },
  check({ settings: { loss } }) {
    if (loss !== 'cross-entropy')
      throw new UserError('log-loss needs outputs that are probabilities: the loss cross-entropy');
  },
  // Called once, while the run is traced: the kernels then run for every minibatch.
  async build({ kernels: k, dataset, respond, evaluationBatchSize }) {
    return {
      target: (input) => k.gather(dataset.train.labels!, input.rows),
      trainingScore: (output, target) => surprise(k, output, target),
      scale: 1,
      scoreOf: (name, { images, labels }) =>
        meanOverExamples(k, name, images.count, evaluationBatchSize, 1, (batch) =>
          surprise(k, respond(k.gather(images, batch)).at(-1)!, k.gather(labels!, batch)),
        ),
    };
  },
};
