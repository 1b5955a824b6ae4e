import { type Fault, faultsOf } from './fault.ts';

const TRAINER = 'test/training/trainer.test.ts';
const EPOCHS = 'test/training/epochs.test.ts';
const SCORES = 'test/training/scores.test.ts';
const HASHES = 'test/training/start-hashes.test.ts';
const START = 'test/results/table-start.test.ts';
const COMPARISON = 'test/results/comparison-document.test.ts';

/** Of what all rules share: random numbers, the trainer, tasks and the statistics of a comparison. */
export const FAULTS: readonly Fault[] = [
  ...faultsOf(
    'random numbers',
    ['test/kernels/random-keys.test.ts'],
    [
      ['a fill keyed without its trace', 'streamKey($seed, $name)', "streamKey($seed, stream + '#' + place)"],
      [
        'a fill keyed without its stream',
        'streamKey($seed, $name)',
        "streamKey($seed, this.#trace + '#' + place)",
      ],
      [
        'a fill keyed without its place',
        'streamKey($seed, $name)',
        "streamKey($seed, this.#trace + '/' + stream)",
      ],
      [
        'places counted over all streams',
        'this.#fills.get(stream) ?? 0',
        '[...this.#fills.values()].reduce((sum, count) => sum + count, 0)',
      ],
    ],
    'kernels/kernels.ts',
  ),
  ...faultsOf(
    'trainer',
    [EPOCHS],
    [
      [
        'epochs in one order',
        "new RandomStream(seed, 'batches', epoch)",
        "new RandomStream(seed, 'batches', 0 * epoch)",
      ],
      [
        'the order of another seed',
        "new RandomStream(seed, 'batches', epoch)",
        "new RandomStream(1 + 0 * seed, 'batches', epoch)",
      ],
    ],
    'training/epoch-order.ts',
  ),
  ...faultsOf(
    'trainer',
    [EPOCHS],
    [
      ['totals are not reset', 'await this.#run.totals.reset();', ';'],
      [
        'scores of all examples, not of those seen',
        '(this.#step - first) * batch',
        'this.#step * batch',
        '#record',
      ],
    ],
    'training/trainer.ts',
  ),
  ...faultsOf(
    'trainer',
    [TRAINER],
    [
      [
        'orders are counted from where the trainer began',
        'epochOrder($seed, epoch, $count)',
        'epochOrder($seed, ((this as { begun?: number }).begun = ((this as { begun?: number }).begun ?? -1) + 1), $count)',
      ],
      [
        'a checkpoint without the moments of the optimizer',
        'await $device.write(state, valuesOf($$saved));',
        'if (!/^(velocity|mean)/.test(name)) await $device.write(state, valuesOf($$saved));',
      ],
      [
        'a checkpoint without what is kept of each example',
        'values.set(valuesOf(name, rowStores, count, columns));',
        ';',
        'load',
      ],
      ['a checkpoint without the step', 'this.#step = step;', ';', 'load'],
      ['a checkpoint of any run is taken', 'run !== this.#identity', 'false'],
    ],
    'training/trainer.ts',
  ),
  ...faultsOf(
    'trainer',
    [TRAINER],
    [
      [
        'a checkpoint of another seed is taken',
        '[rule, $settings, $options, seed, $$rest]',
        '[rule, $settings, $options, $$rest]',
      ],
      ['a checkpoint of another task is taken', '[$$before, task, dataset]', '[$$before, dataset]'],
    ],
    'training/checkpoint.ts',
  ),
  ...faultsOf(
    'trainer',
    ['test/training/row-stores.test.ts'],
    [['what is kept of each example is not stored', '$k.scatter(store, values);', ';']],
    'training/traced-run.ts',
  ),
  ...faultsOf(
    'start',
    [HASHES],
    [
      ['weights hashed without biases', 'bias ? [weights, bias] : [weights]', '[weights]'],
      ['the order of another seed hashed', 'epochOrder(seed, 0, $count)', 'epochOrder(1, 0, $count)'],
      ['the order of the second epoch hashed', 'epochOrder(seed, 0, $count)', 'epochOrder(seed, 1, $count)'],
    ],
    'training/start-hashes.ts',
  ),
  ...faultsOf(
    'start',
    [HASHES],
    [['every record has the hashes', 'epoch === 0 && this.#start', 'this.#start']],
    'training/trainer.ts',
  ),
  ...faultsOf(
    'start',
    [START],
    [
      ['runs of other seeds are compared', 'run.seed === own.seed', 'run.seed !== own.seed + 10'],
      ['weights that differ in some seeds pass', 'pairs.some($differs)', 'pairs.every($differs)'],
      ['what is not known is claimed', "['not known yet']", '[]'],
    ],
    'results/table-start.ts',
  ),
  ...faultsOf(
    'tasks',
    [SCORES],
    [
      [
        'a fit without centring of the rates',
        'covariance[i * n + j] = $square - $product;',
        'covariance[i * n + j] = $square;',
      ],
      [
        'a fit without centring of the targets',
        'ht[i * m + c] / examples - $product',
        'ht[i * m + c]! / examples',
      ],
      ['a fit without its bias', 'bias[c] = mean;', 'bias[c] = 0 * mean;'],
      ['a bias that does not know the weights', 'mean -= $part;', ';', 'solveRidge'],
      ['a penalty on the square, not the variance', 'penalty * (trace / n) || 1', 'penalty'],
    ],
    'training/tasks/ridge.ts',
  ),
  ...faultsOf(
    'tasks',
    [SCORES],
    [
      [
        'an error of the probe that is not in per cent',
        'meanOverExamples($$split, 100, $scores)',
        'meanOverExamples($$split, 1, $scores)',
      ],
      ['a probe of another population', 'respond(input)[number]', 'respond(input)[number + 1]!'],
      ['a probe that adds up epochs', 'await clear($$sums);', ';'],
    ],
    'training/tasks/probe.ts',
  ),
  ...faultsOf(
    'tasks',
    [SCORES, TRAINER],
    [
      [
        'a test error that is not in per cent',
        'meanOverExamples($$split, 100, $scores)',
        'meanOverExamples($$split, 1, $scores)',
      ],
      [
        'a training error that is not in per cent',
        '{ target: $target, trainingScore: $score, scale: 100, $$rest }',
        '{ target: $target, trainingScore: $score, scale: 1, $$rest }',
      ],
      ['right answers counted', 'answer !== label', 'answer === label'],
    ],
    'training/tasks/classify.ts',
  ),
  ...faultsOf(
    'tasks',
    [SCORES],
    [
      [
        'the error of an image, not of a pixel',
        "{ over: 'columns', scale: 1 / target.columns }",
        "{ over: 'columns' }",
      ],
    ],
    'training/tasks/reconstruct.ts',
  ),
  ...faultsOf(
    'inpaint',
    ['test/training/inpaint.test.ts'],
    [
      [
        'patches anew in each row of pixels',
        'Math.floor(i / columns / side) * across',
        'Math.floor(i / columns) * across',
      ],
      ['three quarters are shown', 'new Set(order.slice(0, $count))', 'new Set(order.slice($count))'],
      ['patches of four pixels whatever the sides', 'while ($rest) side--;', ';'],
      [
        'the score of training on whole images',
        '{ images: train.masked, $$rest }',
        '{ images: dataset.train.images, $$rest }',
      ],
      [
        'scored on whole images',
        'respond(k.gather(parts.masked, batch))',
        'respond(k.gather(split.images, batch))',
      ],
      ['ridge regression of the training images', 'errorOf(name, parts)', 'errorOf(name, train)'],
      ['as many outputs as pixels', 'layers.at(-1) !== hidden.length', 'layers.at(-1) !== dataset.width'],
    ],
    'training/tasks/inpaint.ts',
  ),
  ...faultsOf(
    'inpaint',
    ['test/training/inpaint.test.ts'],
    [['ridge regression without its bias', '(v, b) => v + b', '(v: number, b: number) => v + 0 * b']],
    'training/tasks/ridge-fit.ts',
  ),
  ...faultsOf(
    'tasks',
    [SCORES],
    [
      [
        'the last examples, too few for a minibatch, are not scored',
        '[Math.min(atOnce, count), count % atOnce]',
        '[Math.min(atOnce, count)]',
      ],
      ['a score that adds up epochs', 'await $device.write(total, $zero);', ';'],
    ],
    'training/evaluation.ts',
  ),
  ...faultsOf(
    'tasks',
    [SCORES],
    [['a probe that is never fitted', 'await task.prepareScores?.(signal);', ';']],
    'training/trainer.ts',
  ),
  ...faultsOf(
    'statistics',
    [COMPARISON],
    [
      [
        'the difference to the first condition, whichever rule it is',
        "conditions.find(({ rule }) => rule === 'backprop') ?? conditions[0]",
        'conditions[0]!',
      ],
      [
        'the difference to the last condition of backprop',
        'conditions.find($isBackprop) ?? $first',
        'conditions.findLast($isBackprop) ?? $first',
      ],
      [
        'the difference to itself',
        'pairedDifferences(scores.get(condition) ?? none, scores.get(to) ?? none)',
        'pairedDifferences(scores.get(to) ?? none, scores.get(to) ?? none)',
      ],
      ['runs told apart by rule, not by condition', 'run.condition === id', 'run.rule === rule', 'summaryOf'],
      [
        'diverged runs are averaged',
        "run.status === 'finished' && scoreOf(run, experiment).last !== null",
        'scoreOf(run, experiment).last !== null',
      ],
    ],
    'results/comparison-document.ts',
  ),
  ...faultsOf(
    'statistics',
    ['test/results/statistics/contrast.test.ts'],
    [
      ['the difference of the wrong sign', 'value - other', 'other - value', 'pairedDifferences'],
      ['seeds not paired', 'reference.get(seed)', '[...reference.values()][0 * seed]'],
      [
        'the verdict of a p that is not adjusted',
        'verdictOf(spread.mean, adjusted[i]!, better)',
        'verdictOf(spread.mean, tests[i]!.p, better)',
      ],
      ['better and worse turned round', "better === 'lower'", "better === 'higher'", 'verdictOf'],
      ['a test of one too many degrees of freedom', 'spread.n - 1', 'spread.n'],
      ['equivalence without a correction', 'test && test.pHolm <= ALPHA', 'test && test.p <= ALPHA'],
    ],
    'results/statistics/contrast.ts',
  ),
  ...faultsOf(
    'statistics',
    ['test/results/statistics/spread.test.ts'],
    [
      ['an interval of the normal distribution', 'tQuantile(0.975, n - 1)', '1.96'],
      ['an interval of one too many degrees of freedom', 'tQuantile(0.975, n - 1)', 'tQuantile(0.975, n)'],
    ],
    'results/statistics/spread.ts',
  ),
  ...faultsOf(
    'statistics',
    ['test/results/statistics/holm.test.ts'],
    [
      ['all p adjusted like the smallest', 'family.length - rank', 'family.length'],
      ['a test that failed does not count', 'family.length - rank', 'order.length - rank'],
      ['a p below one before it', 'Math.max(least, $rest)', '$rest'],
    ],
    'results/statistics/holm.ts',
  ),
  ...faultsOf(
    'statistics',
    ['test/results/statistics/permutation.test.ts'],
    [
      [
        'choices as far from zero are not counted',
        'Math.abs(sum) >= least',
        'Math.abs(sum) > least + 1e-3',
        'shareOfAll',
      ],
      ['the data are not one of the draws', 'let far = 1', 'let far = 0', 'shareOfDrawn'],
    ],
    'results/statistics/permutation.ts',
  ),
  ...faultsOf(
    'statistics',
    ['test/results/statistics/bootstrap.test.ts'],
    [
      ['no correction of the bias', 'normalQuantile(shareBelow(means, mean([...values])))', '0'],
      ['no acceleration', '1 - acceleration * z', '1'],
      ['levels of large samples', 'expandedLevels(values.length)', '[0.025, 0.975]'],
    ],
    'results/statistics/bootstrap.ts',
  ),
  ...faultsOf(
    'statistics',
    ['test/results/statistics/equivalence.test.ts'],
    [['the better of the two tests', 'Math.max(above, below)', 'Math.min(above, below)']],
    'results/statistics/equivalence.ts',
  ),
  ...faultsOf(
    'statistics',
    ['test/results/statistics/effect.test.ts'],
    [
      [
        'a power of a half',
        'tTestPower(delta, critical, n - 1) - POWER',
        'tTestPower(delta, critical, n - 1) - 0.5',
      ],
    ],
    'results/statistics/effect.ts',
  ),
];
