/** A comparison whose document is committed beside this file. */
export interface MeasuredComparison {
  /** Of the document, without .json. */
  readonly file: string;
  readonly command: string;
  /** Which comparison of the command, where it makes several; the first when left out. */
  readonly part?: number;
}

/** A built-in experiment, whose name the document has. */
const experiment = (name: string): MeasuredComparison => ({
  file: name,
  command: `npx dendrite run ${name}`,
});

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
  family: experiment('feedback-alignment-family'),
  sign: experiment('sign-symmetry'),
  alignment: experiment('feedback-alignment'),
  optimizers: OPTIMIZERS.map(([optimizer, batch, rate]) =>
    compare(
      `opt-${optimizer}-${rate}`,
      `--rules ${FA} --epochs 20 --seeds 1, --optimizer ${optimizer} --batch ${batch} --learning-rate ${rate}`,
    ),
  ),
} as const;

/** Conditions: `equilibrium-propagation-persistent-true`, the same with `-false`, `contrastive-hebbian`. */
export const ENERGY = experiment('energy-networks');

const dendritic = (file: string, options: string): MeasuredComparison =>
  compare(file, `--blas none --rules segregated-dendrite ${options}`);

export const DENDRITES = {
  /** Conditions: `segregated-dendrite-layers-<layers>` and `segregated-dendrite-narrow`. */
  layers: experiment('segregated-dendrites'),
  early: dendritic('sd-8000', '--examples 8000 --seeds 6'),
  longTest: dendritic('sd-8000-500', '--examples 8000 --seeds 2 --set segregated-dendrite.testTime=500'),
  sparse: dendritic(
    'sd-8000-sparse',
    '--examples 8000 --seeds 1, --set segregated-dendrite.feedbackWeights=sparse',
  ),
  rates: dendritic('sd-8000-rates', '--examples 8000 --seeds 1, --set segregated-dendrite.feedback=rates'),
} as const;

export const BURSTS = {
  /** Conditions: `burst-dependent-plasticity` and `burstccn`. */
  hidden: compare('bursts', '--rules burst-dependent-plasticity,burstccn --epochs 10 --seeds 1,'),
  prediction: compare(
    'dendritic-prediction',
    '--rules dendritic-prediction --layers 784,10 --epochs 10 --seeds 1,',
  ),
} as const;
/** Rules whose errors are local to a layer, one seed each. */
export const LOCAL_ERRORS = {
  predictive: compare(
    'predictive-coding',
    '--rules predictive-coding --epochs 12 --seeds 1, --batch 100 --set predictive-coding.outputVariance=10',
  ),
  targets: compare(
    'difference-target-propagation',
    '--rules difference-target-propagation --epochs 15 --seeds 1,',
  ),
  goodness: compare(
    'forward-forward',
    '--rules forward-forward --recipe forward-forward=hinton-2022 --layers 784,500,500,10 --epochs 40 --seeds 1,',
  ),
  microcircuit: compare(
    'dendritic-microcircuit',
    '--rules dendritic-microcircuit --layers 784,500,500,10 --epochs 20 --seeds 1,',
  ),
} as const satisfies Record<string, MeasuredComparison>;
/** One seed each. */
export const UNLABELLED = {
  competition: compare(
    'competing-hidden-units',
    '--rules competing-hidden-units --layers 784,2000,10 --epochs 8 --seeds 1, --learning-rate 0.01,0.5 --set competing-hidden-units.radius=0.15',
  ),
  probes: compare(
    'self-supervision',
    '--rules lpl,clapp --task probe:hidden-1 --epochs 3 --seeds 1, --baselines',
  ),
  inpainting: compare(
    'inpainting',
    '--rules backprop,feedback-alignment,kolen-pollack,lpl --task inpaint --epochs 3 --seeds 1,',
  ),
} as const satisfies Record<string, MeasuredComparison>;
/** On the embedded digits. */
export const MICROCIRCUITS = experiment('microcircuit-dynamics');

/** On the embedded digits: what README.md and docs/tuning.md show. */
export const PRINTED = {
  /** `npm start`. */
  start: experiment('families'),
  tuned: {
    file: 'tuned',
    command: 'npx dendrite compare --rules backprop,feedback-alignment --epochs 9 --tune 9',
  },
  untuned: {
    file: 'untuned',
    command: 'npx dendrite compare --rules backprop,feedback-alignment --epochs 9',
  },
} as const satisfies Record<string, MeasuredComparison>;

const baselines = (dataset: string, options: string): MeasuredComparison => ({
  file: `baselines-${dataset}`,
  command: `npx dendrite compare --rules backprop --epochs 1${options} --baselines`,
});

/** What docs/baselines.md shows. */
export const BASELINES = {
  mnist: baselines('mnist', ''),
  full: baselines('mnist-full', ' --dataset mnist-full --seeds 1,'),
} as const satisfies Record<string, MeasuredComparison>;

/** What docs/claims.md is about. */
export const CLAIMS = {
  /** A document for each part of the training set, the smallest first. */
  fewLabels: [60, 600, 6000].map((images, part) => ({
    file: `few-labels-${images}`,
    command: 'npx dendrite run few-labels',
    part,
  })),
  denseMemory: [experiment('dense-memory')],
  /** A document for each task, in the order of the experiment. */
  shuffledPatches: ['classify', 'shuffle-7', 'drop-7-50', 'shuffle-1'].map((task, part) => ({
    file: `shuffled-patches-${task}`,
    command: 'npx dendrite run shuffled-patches',
    part,
  })),
  /** One pathway and two that predict the next frame, and those that are taught to name the digit. */
  streams: [experiment('two-streams'), experiment('two-streams-identity')],
} as const satisfies Record<string, readonly MeasuredComparison[]>;

/** Neurons with an astrocyte, of docs/claims.md. */
export const ASTROCYTE = {
  attention: experiment('astrocyte-attention'),
  inpainting: experiment('astrocyte-inpainting'),
} as const satisfies Record<string, MeasuredComparison>;

/** What docs/memories.md is about. */
export const MEMORIES = {
  load: experiment('memory-load'),
  astrocyte: experiment('memory-astrocyte'),
  digits: experiment('memory-digits'),
  /** Where the hidden half of the cue is the mean of what is stored. */
  mean: {
    file: 'memory-digits-mean',
    command:
      'npx dendrite compare --rules modern-hopfield --task retrieval:lower-half-mean --layers 784,784 --vary modern-hopfield.preprocessing=raw,scaled,unit,centred --examples 1000 --diagnostics none --device cpu --blas none',
  },
} as const satisfies Record<string, MeasuredComparison>;

/** What docs/graph-worlds.md is about: a document for each criterion, as in the file of the experiment. */
export const GRAPH_WORLDS = (['unseen-edge', 'unseen-action', 'visited'] as const).map((criterion, part) => ({
  file: `graph-worlds-${criterion}`,
  command: 'npx dendrite run graph-worlds',
  part,
}));

/** All of them. */
export const MEASURED: readonly MeasuredComparison[] = [
  FEEDBACK.family,
  FEEDBACK.sign,
  FEEDBACK.alignment,
  ...FEEDBACK.optimizers,
  ENERGY,
  ...Object.values(DENDRITES),
  ...Object.values(BURSTS),
  ...Object.values(LOCAL_ERRORS),
  ...Object.values(UNLABELLED),
  MICROCIRCUITS,
  ...Object.values(PRINTED),
  ...Object.values(BASELINES),
  ...Object.values(CLAIMS).flat(),
  ...Object.values(ASTROCYTE),
  ...Object.values(MEMORIES),
  ...GRAPH_WORLDS,
];
