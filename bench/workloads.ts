import { UserError } from '../kernels/index.ts';
import { findRule, rulesFor } from '../rules/index.ts';
import { type Condition, resolveCondition, type SettingsInput } from '../training/index.ts';

/** A peer program and its own arguments. */
export interface Peer {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
}

/** Ways of ours to compute on a processor: a system BLAS, or the built-in kernels with fused multiply-add or without. */
export type Kind = 'blas' | 'fma' | 'exact';

/** The same training on both sides: layers, activations, batch, iterations, float32, plain SGD at a constant rate. */
export interface Workload {
  readonly name: string;
  readonly title: string;
  readonly condition: Condition;
  readonly peers: readonly Peer[];
  /** The ratio that is aimed at, ours over the first peer's examples/s on one thread; null: there is no aim. */
  readonly atLeast: Readonly<Record<Kind, number>> | null;
  /** Also measured with two threads or runs at the same time. */
  readonly twoAtATime: boolean;
  /** The evaluation of so many test images is measured, not training. */
  readonly evaluation?: number;
}

export const SGD = { optimizer: 'sgd', schedule: 'constant', loss: 'cross-entropy', batch: 100 } as const;

/** What a user would ask of `dendrite compare`. */
export const conditionOf = (
  rule: string,
  layers: readonly number[],
  settings: SettingsInput,
  options: Record<string, unknown> = {},
): Condition =>
  // Longer than any measurement: the measurement stops the run.
  resolveCondition(findRule(rule), {
    settings: { ...settings, layers: [...layers], epochs: 100_000 },
    options,
  });

const TORCH = {
  backprop: { name: 'PyTorch autograd', file: 'backprop.py', args: [] },
  'feedback-alignment': { name: 'PyTorch', file: 'feedback_alignment.py', args: ['--mode', 'fa'] },
  'direct-feedback-alignment': { name: 'PyTorch', file: 'feedback_alignment.py', args: ['--mode', 'dfa'] },
  'equilibrium-propagation': { name: 'PyTorch', file: 'equilibrium_propagation.py', args: [] },
  'predictive-coding': { name: 'PyTorch', file: 'predictive_coding.py', args: [] },
  'forward-forward': { name: 'PyTorch autograd', file: 'forward_forward.py', args: [] },
  'dendritic-microcircuit': { name: 'PyTorch', file: 'dendritic_microcircuit.py', args: [] },
} as const satisfies Record<string, Peer>;

/** What makes a peer train the same as we do. */
function trainingArguments({ rule, settings, options }: Condition): string[] {
  const { layers, batch, learningRate } = settings;
  const rates = rule === 'forward-forward' ? learningRate.slice(0, 1) : learningRate;
  return [
    ...['--arch', layers.join(','), '--batch', `${batch}`, '--lr', rates.join(',')],
    ...Object.entries(PEER_OPTIONS[rule] ?? {}).flatMap(([flag, option]) => [flag, String(options[option])]),
  ];
}

/** Options of rules, by what their peers call them. */
const PEER_OPTIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'equilibrium-propagation': {
    ...{
      '--free': 'freeIterations',
      '--nudged': 'nudgedIterations',
      '--epsilon': 'epsilon',
      '--beta': 'beta',
    },
  },
  'predictive-coding': { '--iterations': 'iterations', '--gamma': 'inferenceRate' },
  'forward-forward': { '--theta': 'theta', '--peer-normalisation': 'peerNormalisation' },
};

const withArguments = (peer: Peer, condition: Condition): Peer => ({
  ...peer,
  args: [...peer.args, ...trainingArguments(condition)],
});

type Rest = Pick<Workload, 'name' | 'title'> & Partial<Workload>;

function torch(
  rule: keyof typeof TORCH,
  layers: readonly number[],
  settings: SettingsInput,
  rest: Rest,
  options: Record<string, unknown> = {},
): Workload {
  const condition = conditionOf(rule, layers, settings, options);
  return {
    condition,
    peers: [withArguments(TORCH[rule], condition)],
    atLeast: null,
    twoAtATime: false,
    ...rest,
  };
}

function dendrites(layers: readonly number[], modes: readonly ('blocked' | 'step')[], rest: Rest): Workload {
  const condition = conditionOf('segregated-dendrite', layers, {}, { phases: 'fixed' });
  const numpy = (mode: string): Peer => ({
    name: `NumPy ${mode}`,
    file: 'segregated_dendrite.py',
    args: ['--mode', mode],
  });
  return {
    condition,
    peers: modes.map((mode) => withArguments(numpy(mode), condition)),
    atLeast: null,
    twoAtATime: false,
    ...rest,
  };
}

const SMALL = [784, 500, 10];
/**
 * Half the range of the peers' feedback weights at 784-500-10 (Glorot & Bengio 2010, eq. 16). Theirs differ from layer to layer in
 * deeper networks, where ours keep the defaults of the rules: that moves what is learned, not what it costs.
 */
const FEEDBACK = Math.sqrt(6 / (500 + 10));
const WIDE = [784, 2000, 2000, 10];
const DEEP = [784, 1000, 1000, 1000, 1000, 1000, 10];
const relu = (learningRate: number, batch = 100): SettingsInput => ({
  ...SGD,
  activation: 'relu',
  learningRate,
  batch,
});
const tanh = (learningRate: number, batch = 100): SettingsInput => ({
  ...SGD,
  activation: 'tanh',
  learningRate,
  batch,
});
const FEED_FORWARD = { blas: 1.35, fma: 1.3, exact: 1 };

export const WORKLOADS: readonly Workload[] = [
  torch('backprop', SMALL, relu(0.5), {
    name: 'backprop',
    title: 'backprop 784-500-10, batch 100',
    atLeast: FEED_FORWARD,
    twoAtATime: true,
  }),
  torch(
    'feedback-alignment',
    SMALL,
    tanh(1),
    {
      name: 'fa',
      title: 'feedback alignment 784-500-10, batch 100',
      atLeast: FEED_FORWARD,
      twoAtATime: true,
    },
    { feedbackScale: FEEDBACK },
  ),
  torch(
    'direct-feedback-alignment',
    SMALL,
    tanh(1),
    {
      name: 'dfa',
      title: 'direct feedback alignment 784-500-10, batch 100',
      atLeast: FEED_FORWARD,
      twoAtATime: true,
    },
    { feedbackScale: FEEDBACK * Math.sqrt(500) },
  ),
  torch('backprop', WIDE, relu(0.1, 128), {
    name: 'backprop-wide',
    title: 'backprop 784-2000-2000-10, batch 128',
    atLeast: { blas: 1.1, fma: 0.6, exact: 0.35 },
  }),
  torch('backprop', SMALL, relu(0.01, 1), {
    name: 'backprop-single',
    title: 'backprop 784-500-10, batch 1',
    atLeast: { blas: 3, fma: 3, exact: 3 },
  }),
  torch(
    'equilibrium-propagation',
    SMALL,
    {},
    {
      name: 'ep',
      title: 'equilibrium propagation 784-500-10, batch 20, 20 + 4 steps',
      atLeast: { blas: 2, fma: 2, exact: 1.4 },
      twoAtATime: true,
    },
  ),
  torch(
    'equilibrium-propagation',
    [784, 500, 500, 10],
    {},
    {
      name: 'ep-2',
      title: 'equilibrium propagation 784-500-500-10, batch 20, 150 + 6 steps',
      atLeast: { blas: 5, fma: 5, exact: 4 },
      twoAtATime: true,
    },
  ),
  torch(
    'predictive-coding',
    SMALL,
    {
      ...SGD,
      loss: 'squared-error',
      outputActivation: 'linear',
      activation: 'tanh',
      batch: 20,
      learningRate: [0.1, 0.002],
    },
    {
      name: 'pc',
      title: 'predictive coding 784-500-10, batch 20, 20 iterations',
      atLeast: { blas: 1.5, fma: 1.5, exact: 1 },
      twoAtATime: true,
    },
    { iterations: 20, inferenceRate: 0.2 },
  ),
  torch(
    'forward-forward',
    [784, 500, 500, 10],
    { ...SGD, activation: 'relu', weightDecay: 0, learningRate: 0.003 },
    {
      name: 'ff',
      title: 'forward-forward 784-500-500-10, batch 100',
      atLeast: { blas: 1.5, fma: 1.5, exact: 1 },
      twoAtATime: true,
    },
  ),
  torch(
    'dendritic-microcircuit',
    [784, 500, 500, 10],
    { learningRate: [20, 0.02, 0.05] },
    {
      name: 'microcircuit',
      title: 'dendritic microcircuits 784-500-500-10, batch 10',
      atLeast: { blas: 1.5, fma: 1.5, exact: 1 },
      twoAtATime: true,
    },
  ),
  dendrites(SMALL, ['blocked', 'step'], {
    name: 'dendrites',
    title: 'segregated dendrites 784-500-10, spiking, 50 + 50 ms',
    atLeast: { blas: 3.5, fma: 3.5, exact: 3.5 },
    twoAtATime: true,
  }),
  torch('feedback-alignment', WIDE, tanh(0.1, 128), {
    name: 'fa-wide',
    title: 'feedback alignment 784-2000-2000-10, batch 128',
  }),
  torch('direct-feedback-alignment', WIDE, tanh(0.1, 128), {
    name: 'dfa-wide',
    title: 'direct feedback alignment 784-2000-2000-10, batch 128',
  }),
  torch('backprop', DEEP, relu(0.05, 128), {
    name: 'backprop-deep',
    title: 'backprop 784-1000x5-10, batch 128',
  }),
  torch('feedback-alignment', DEEP, tanh(0.05, 128), {
    name: 'fa-deep',
    title: 'feedback alignment 784-1000x5-10, batch 128',
  }),
  torch('direct-feedback-alignment', DEEP, tanh(0.05, 128), {
    name: 'dfa-deep',
    title: 'direct feedback alignment 784-1000x5-10, batch 128',
  }),
  torch(
    'equilibrium-propagation',
    [784, 500, 500, 500, 10],
    {},
    {
      name: 'ep-3',
      title: 'equilibrium propagation 784-500-500-500-10, batch 20, 500 + 8 steps',
    },
  ),
  dendrites([784, 500, 100, 10], ['blocked'], {
    name: 'dendrites-2',
    title: 'segregated dendrites 784-500-100-10, spiking, 50 + 50 ms',
  }),
  torch('backprop', SMALL, relu(0.5), {
    name: 'evaluation',
    title: 'evaluation of 10,000 test images, backprop 784-500-10',
    evaluation: 10_000,
  }),
  dendrites(SMALL, ['blocked'], {
    name: 'dendrites-evaluation',
    title: 'evaluation of 500 test images, segregated dendrites 784-500-10, 250 ms',
    evaluation: 500,
  }),
];

/** Every rule that classifies at 784-500-10: beside the peers where it has one, and else as its first recipe or the defaults have it. */
export const GPU_WORKLOADS: readonly Workload[] = [
  ...WORKLOADS.filter(({ twoAtATime }) => twoAtATime),
  ...rulesFor('classify')
    .filter(({ name }) => !WORKLOADS.some(({ condition }) => condition.rule === name))
    .map(
      ({ name, title }): Workload => ({
        name,
        title: `${title}, 784-500-10`,
        condition: conditionOf(name, SMALL, {}),
        peers: [],
        atLeast: null,
        twoAtATime: false,
      }),
    ),
];

/** @throws UserError for a name that there is not */
export function chooseWorkloads(only: string | undefined, all = WORKLOADS): readonly Workload[] {
  if (only === undefined) return all;
  const names = only.split(',').map((name) => name.trim());
  const known = all.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new UserError(`--only ${only}: there is no workload '${unknown}'; choose from ${known.join(', ')}`);
  return all.filter(({ name }) => names.includes(name));
}
