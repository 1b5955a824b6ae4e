import { UserError } from '../kernels/index.ts';
import type { Recipe, RecipeSettings } from './rule.ts';

/** Common to all: plain descent of a squared error by neurons with rates from 0 to 1, in minibatches of 20. */
const COMMON = {
  batch: 20,
  activation: 'hard-sigmoid',
  loss: 'squared-error',
  outputActivation: 'hard-sigmoid',
  optimizer: 'sgd',
  schedule: 'constant',
} satisfies RecipeSettings;

/** Phases and learning rates (input side first) for one number of hidden layers, in the units of their paper. */
interface Published {
  readonly free: number;
  readonly nudged: number;
  readonly beta: number;
  readonly learningRate: readonly number[];
}

/** As in the code of Scellier & Bengio 2017, whose cost has no factor 1/2 either. */
function scellier2017(layers: readonly number[]): Published {
  const hidden = layers.length - 2;
  if (hidden <= 1) return { free: 20, nudged: 4, beta: 0.5, learningRate: hidden < 1 ? [0.05] : [0.1, 0.05] };
  if (hidden === 2) return { free: 150, nudged: 6, beta: 1, learningRate: [0.4, 0.1, 0.01] };
  // Published for three hidden layers; each connection learns four times as fast as the next one.
  const learningRate = layers.slice(1).map((_, l) => 0.002 * 4 ** (hidden - l));
  return { free: 500, nudged: 8, beta: 1, learningRate };
}

/** Prototypical networks of Ernoult et al. 2019, by the number of hidden layers: P-1h, P-2h, P-3h. */
const ERNOULT_2019: Readonly<Record<number, Published>> = {
  1: { free: 40, nudged: 15, beta: 0.1, learningRate: [0.08, 0.04] },
  2: { free: 100, nudged: 20, beta: 0.5, learningRate: [0.2, 0.05, 0.005] },
  3: { free: 180, nudged: 20, beta: 0.5, learningRate: [0.2, 0.05, 0.01, 0.002] },
};

/** Continual updates, Ernoult et al. 2020: C-EP-1h, C-EP-2h. */
const ERNOULT_2020: Readonly<Record<number, Published>> = {
  1: { free: 40, nudged: 15, beta: 0.2, learningRate: [0.0056, 0.0028] },
  2: { free: 100, nudged: 20, beta: 0.5, learningRate: [0.01, 0.0018, 0.00018] },
};

/** The fully connected network in the code of Laborieux et al. 2021. */
const LABORIEUX_2021: Readonly<Record<number, Published>> = {
  1: { free: 30, nudged: 10, beta: 0.1, learningRate: [0.08, 0.04] },
};

/** @throws UserError for a number of hidden layers that the recipe does not have */
function byDepth(name: string, published: Readonly<Record<number, Published>>, layers: readonly number[]) {
  const found = published[layers.length - 2];
  if (found) return found;
  const depths = Object.keys(published).join(', ');
  throw new UserError(
    `the recipe '${name}' was published for networks of ${depths} hidden layer(s), not for layers ${layers.join(',')}; choose another recipe or other layers`,
  );
}

/**
 * One-shot prototypical dynamics that start from zero. The papers' cost has a factor 1/2, which makes beta and learning rates
 * twice what they are here: the pull 2 beta (t - y) and the update, learning rate / beta, are the same.
 */
const prototypical = (
  { free, nudged, beta, learningRate }: Published,
  options: RecipeSettings['options'],
): RecipeSettings => ({
  ...COMMON,
  initial: 'torch-linear',
  learningRate: learningRate.map((rate) => rate / 2),
  options: {
    dynamics: 'prototypical',
    epsilon: 1,
    persistent: false,
    beta: beta / 2,
    freeIterations: free,
    nudgedIterations: nudged,
    ...options,
  },
});

const HARD =
  'beta and learning rates are half of the published ones because the cost here has no factor 1/2; the hard sigmoid stands in for the sigmoid of 4 (s - 1/2)';

export const EQUILIBRIUM_PROPAGATION_RECIPES: readonly Recipe[] = [
  {
    name: 'scellier-2017',
    source:
      "Scellier & Bengio 2017, section 5.2 and Table 2, for 784-500-10 and one or two more hidden layers of 500; iterations and beta as in the authors' code",
    figure: 'generalization error between 2 and 3 %, training error 0.00 %, for each of the three networks',
    settings(layers) {
      const { free, nudged, beta, learningRate } = scellier2017(layers);
      return {
        ...COMMON,
        initial: 'glorot-uniform',
        learningRate,
        options: { beta, freeIterations: free, nudgedIterations: nudged },
      };
    },
  },
  {
    name: 'ernoult-2019',
    source: `Ernoult et al. 2019, NeurIPS, Table 1, prototypical networks 784-512-10 and one or two more hidden layers of 512; ${HARD}`,
    settings: (layers) =>
      prototypical(byDepth('ernoult-2019', ERNOULT_2019, layers), { variant: 'positive' }),
  },
  {
    name: 'ernoult-2020',
    source: `Ernoult et al. 2020, arXiv 2005.04168, continual updates in 784-512-10 and 784-512-512-10; ${HARD}`,
    settings: (layers) =>
      prototypical(byDepth('ernoult-2020', ERNOULT_2020, layers), { variant: 'positive', continual: true }),
  },
  {
    name: 'laborieux-2021',
    source: `Laborieux et al. 2021, Front. Neurosci. 15:633674, the centred estimate of the paper with the settings of the authors' code for 784-512-10 on MNIST (the paper itself trains convolutions on CIFAR-10); ${HARD}`,
    settings: (layers) => ({
      ...prototypical(byDepth('laborieux-2021', LABORIEUX_2021, layers), { variant: 'centred' }),
      batch: 50,
    }),
  },
];

export const CONTRASTIVE_HEBBIAN_RECIPES: readonly Recipe[] = [
  {
    name: 'as-equilibrium-propagation',
    source:
      'Scellier & Bengio 2017, section 5.2 and Table 2, settings of equilibrium propagation: this rule is its limit for a large beta, but for the division by beta',
    settings(layers) {
      const { free, learningRate } = scellier2017(layers);
      return {
        ...COMMON,
        initial: 'glorot-uniform',
        learningRate,
        options: { freeIterations: free, clampedIterations: free },
      };
    },
  },
];
