/** A comparison whose document is committed beside this file. */
export interface MeasuredComparison {
  /** Of the document, without .json. */
  readonly file: string;
  readonly command: string;
}

const compare = (file: string, options: string): MeasuredComparison => ({
  file,
  command: `npx dendrite compare --dataset mnist-full --device cpu --diagnostics none ${options}`,
});

const FA = 'backprop,feedback-alignment,direct-feedback-alignment';
const OPTIMIZERS = [
  ['sgd', 50, 0.1],
  ['sgd', 50, 0.3],
  ['sgd', 50, 0.5],
  ['momentum', 50, 0.1],
  ['rmsprop', 64, 0.0005],
  ['adam', 100, 0.001],
] as const;

export const FEEDBACK = {
  family: compare(
    'fa-family',
    '--rules backprop,sign-symmetry,kolen-pollack,weight-mirror,drtp,pepita --epochs 10 --seeds 1,',
  ),
  sign: compare('sign20', '--rules backprop,sign-symmetry --epochs 20 --seeds 3'),
  alignment: compare('fa20', `--rules ${FA} --epochs 20 --seeds 3`),
  optimizers: OPTIMIZERS.map(([optimizer, batch, rate]) =>
    compare(
      `opt-${optimizer}-${rate}`,
      `--rules ${FA} --epochs 20 --seeds 1, --optimizer ${optimizer} --batch ${batch} --learning-rate ${rate}`,
    ),
  ),
} as const;

export const ENERGY = {
  propagation: compare('ep', '--rules equilibrium-propagation --epochs 25 --seeds 2'),
  forgetful: compare(
    'ep-nonpersistent',
    '--rules equilibrium-propagation --epochs 25 --seeds 2 --set equilibrium-propagation.persistent=false',
  ),
  hebbian: compare('chl', '--rules contrastive-hebbian --epochs 25 --seeds 2'),
} as const;

const dendritic = (file: string, options: string): MeasuredComparison =>
  compare(file, `--blas none --rules segregated-dendrite ${options}`);

export const DENDRITES = {
  none: dendritic('sd-784-10', '--layers 784,10 --epochs 5 --seeds 1,'),
  one: dendritic('sd-20', '--epochs 20 --seeds 1,'),
  two: dendritic('sd-two', '--layers 784,500,100,10 --epochs 6 --seeds 1,'),
  narrow: dendritic('sd-narrow', '--recipe segregated-dendrite=guerguiev-2017-narrow --epochs 5 --seeds 1,'),
  early: dendritic('sd-8000', '--examples 8000 --seeds 6'),
  longTest: dendritic('sd-8000-500', '--examples 8000 --seeds 2 --set segregated-dendrite.testTime=500'),
  sparse: dendritic(
    'sd-8000-sparse',
    '--examples 8000 --seeds 1, --set segregated-dendrite.feedbackWeights=sparse',
  ),
  rates: dendritic('sd-8000-rates', '--examples 8000 --seeds 1, --set segregated-dendrite.feedback=rates'),
} as const;

/** All of them. */
export const MEASURED: readonly MeasuredComparison[] = [
  FEEDBACK.family,
  FEEDBACK.sign,
  FEEDBACK.alignment,
  ...FEEDBACK.optimizers,
  ...Object.values(ENERGY),
  ...Object.values(DENDRITES),
];
