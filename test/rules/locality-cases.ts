import * as assert from 'uvu/assert';
import {
  DYNAMICS,
  GUERGUIEV_2017,
  layeredNetwork,
  type MicrocircuitNetwork,
  type Network,
  type NetworkSettings,
} from '../../networks/index.ts';
import { findRule, type Plausibility, RULES } from '../../rules/index.ts';
import { learnedOf } from './learned.ts';

/**
 * The plausibility table is held to what rules do: what a synapse does not see, by the table, is changed, everything else is
 * kept, and the update must not move. Each change is made in float64 on one example, so that biases can undo what it does to
 * the neurons; what must not move then moves by rounding errors only.
 */
export const ROUNDING = 1e-12;
export const FELT = 1e-4;

type Values = (state: string) => Float64Array;
export type Change = (values: Values, network: Network) => void;

export interface Case {
  readonly rule: string;
  readonly title: string;
  readonly plausibility: Plausibility;
  readonly options: Readonly<Record<string, number | string | boolean>>;
  readonly network: Partial<NetworkSettings>;
}

/** A case in which neurons get what they need from below alone. */
export interface FeedForwardCase extends Case {
  /** Presynaptic rate per unit of input. */
  readonly inputGain: number;
  /** Rate of a hidden neuron for a basal potential, which is its current and bias. */
  readonly rate: (potential: number) => number;
  /** What holds before anything is changed. */
  readonly prepare?: Change;
  /** Undoes what another rate of neuron i of the first hidden layer does to interneurons beside it, or to other neurons of its layer. */
  readonly keepLateral?: (values: Values, i: number, before: number, after: number) => void;
  /** Rates that outputs send to apical dendrites without and with a teacher, for a basal potential, and the hidden layers that get them. */
  readonly sent?: {
    readonly free: (potential: number) => number;
    readonly taught: (potential: number, target: number) => number;
    readonly to: readonly string[];
  };
}

/**
 * @param shown options that tell the case from others of the rule
 * @param hidden options that it shares with them
 */
const caseOf = (
  rule: string,
  shown: Case['options'],
  hidden: Case['options'],
  network: Case['network'],
): Case => ({
  rule,
  title: [rule, ...Object.values(shown)].join(', '),
  plausibility: findRule(rule).plausibility!,
  options: { ...hidden, ...shown },
  network,
});

/** Options under which neurons of a layer do not act on each other: in more steps they do, through the layer above. */
const HIDDEN: Readonly<Record<string, Case['options']>> = {
  'predictive-coding': { iterations: 2, inferenceRate: 0.5 },
};

/** Variants of target propagation that need no forward weights, where the rule's row speaks of those that do. */
const WITHOUT_TRANSPORT = ['from-output', 'direct'];

const rowOf = (rule: string, variant?: string): Plausibility => {
  const row = findRule(rule).plausibility!;
  return variant && WITHOUT_TRANSPORT.includes(variant) ? { ...row, weightTransport: 'learned' } : row;
};

/** Families of layered networks with cases of their own: neurons that burst, and layers that teach themselves. */
const OF_THEIR_OWN = ['burst-dependent plasticity', 'local self-supervision'];

const pointNeurons = (is: (plausibility: Plausibility) => boolean): FeedForwardCase[] =>
  RULES.filter(
    ({ network, family, plausibility }) =>
      network === layeredNetwork && !OF_THEIR_OWN.includes(family ?? '') && is(plausibility!),
  ).flatMap(({ name, options }) =>
    (options.variant?.choices ?? [undefined]).map((variant) => ({
      ...caseOf(name, variant === undefined ? {} : { variant }, HIDDEN[name] ?? {}, {}),
      plausibility: rowOf(name, variant as string | undefined),
      inputGain: 1,
      rate: Math.tanh,
    })),
  );

export const LAYERED: readonly FeedForwardCase[] = pointNeurons(
  ({ feedbackPathway }) => feedbackPathway !== 'global',
);

/** One number reaches every synapse. */
export const REWARDED: readonly FeedForwardCase[] = pointNeurons(
  ({ feedbackPathway }) => feedbackPathway === 'global',
);

const { leak, basal, maximalRate } = GUERGUIEV_2017;

const sigma = (x: number) => 1 / (1 + Math.exp(-x));

/** Hidden layers keep their weights. */
export const PREDICTION: FeedForwardCase = {
  ...caseOf('dendritic-prediction', {}, {}, { loss: 'squared-error', outputActivation: 'sigmoid' }),
  inputGain: 1,
  rate: Math.tanh,
};

const bursting = (
  rule: string,
  burstProbability: number,
  hidden: Case['options'],
  keepLateral?: FeedForwardCase['keepLateral'],
): FeedForwardCase => ({
  ...caseOf(rule, {}, hidden, { activation: 'sigmoid', loss: 'squared-error', outputActivation: 'sigmoid' }),
  inputGain: 1,
  rate: sigma,
  ...(keepLateral && { keepLateral }),
  sent: {
    free: (v) => burstProbability * sigma(v),
    taught: (v, t) => burstProbability * ((t - sigma(v)) * (1 - sigma(v)) + 1) * sigma(v),
    to: ['hidden 2'],
  },
});

export const BURSTING: readonly FeedForwardCase[] = [
  bursting('burstccn', 0.5, {}),
  // Strong, so that what is seen is felt.
  bursting(
    'burst-dependent-plasticity',
    0.5,
    { burstProbability: 0.5, feedbackScale: 4 },
    (values, i, before, after) => {
      const recurrent = values('recurrent weights of hidden 1');
      const size = Math.sqrt(recurrent.length);
      for (let j = 0; j < size; j++) recurrent[i * size + j] = (before / after) * recurrent[i * size + j]!;
    },
  ),
];

/** Rates of neurons with compartments without and with a teaching current, which is 1 or 0 for the target's neuron. */
const freeRate = (v: number) => maximalRate * sigma((basal * v) / (leak + basal));
const taughtRate = (v: number, target: number) => {
  const { teaching, excitation, inhibition } = GUERGUIEV_2017;
  const aim = target * excitation + (1 - target) * inhibition;
  return maximalRate * sigma((basal * v + teaching * aim) / (leak + basal + teaching));
};

const dendritic = (feedbackWeights: string): FeedForwardCase => ({
  ...caseOf(
    'segregated-dendrite',
    { feedbackWeights },
    { neurons: 'rate', phases: 'fixed' },
    { activation: 'sigmoid', loss: 'squared-error', outputActivation: 'sigmoid' },
  ),
  inputGain: maximalRate,
  rate: freeRate,
  sent: { free: freeRate, taught: taughtRate, to: ['hidden 1', 'hidden 2'] },
});

/** So that what is seen is felt. */
const STRONG = { apicalConductance: 2, teachingConductance: 0.5, feedbackScale: 10 };

/** Interneurons and feedback stay as they are while the weights above change. */
const microcircuit = (
  shown: Case['options'],
  hidden: Case['options'] & { readonly apicalConductance: number },
): FeedForwardCase => ({
  ...caseOf('dendritic-microcircuit', shown, hidden, {
    activation: 'sigmoid',
    loss: 'squared-error',
    outputActivation: 'sigmoid',
  }),
  inputGain: 1,
  // g_B v / (g_l + g_B + g_A)
  rate: (v) => sigma(v / (0.1 + 1 + hidden.apicalConductance)),
  keepLateral: (values, i, before, after) => {
    const [bias, weights] = [values('bias of interneurons 1'), values('weights to interneurons 1')];
    bias.set(bias.map((b, j) => b - (after - before) * weights[i * bias.length + j]!));
  },
});

/**
 * Neurons that settle in time in the self-predicting state, and are then taught until the error is felt in the first hidden layer: a step
 * more, and neurons of a layer act on each other through the layer above.
 */
const inTime = (
  dynamics: string,
  taughtSteps: number,
  conductances: Parameters<typeof microcircuit>[1],
): FeedForwardCase => {
  const time = { timeStep: 0.5, untaughtTime: 100, taughtTime: 0.5 * taughtSteps };
  return {
    ...microcircuit({ dynamics }, { ...time, ...conductances }),
    // In float64: what the rounding of weights leaves in the apical dendrites would move the neurons.
    prepare: (values, network) => {
      const microcircuit = network as MicrocircuitNetwork;
      for (const h of microcircuit.circuits.keys()) {
        const ratio = microcircuit.attenuation(h + 2) / microcircuit.interneuronAttenuation;
        values(`weights to interneurons ${h + 1}`).set(values(`weights ${h + 2}`).map((w) => ratio * w));
      }
    },
  };
};

export const MICROCIRCUITS: readonly FeedForwardCase[] = [
  microcircuit({}, STRONG),
  // Weaker feedback, so that the network settles when the weights above have changed.
  inTime('full', 4, { apicalConductance: 1, teachingConductance: 1, feedbackScale: 6 }),
  inTime('latent-equilibrium', 3, STRONG),
];

/** Steady potentials in phases of fixed length: nothing is random. */
export const COMPARTMENTAL: readonly FeedForwardCase[] = [dendritic('random'), dendritic('sparse')];

/** What its options say of it: feedback that is made of the forward weights. */
export const SYMMETRIC: FeedForwardCase = {
  ...dendritic('symmetric'),
  plausibility: { ...dendritic('symmetric').plausibility, weightTransport: 'exact' },
};

const settling = (rule: string, shown: Case['options'], hidden: Case['options']) =>
  caseOf(
    rule,
    shown,
    { ...hidden, freeIterations: 80, epsilon: 1, persistent: false },
    { activation: 'hard-sigmoid', loss: 'squared-error', outputActivation: 'hard-sigmoid' },
  );

/** Phases long enough to settle, in a network without a softmax readout, and no weights that move while it settles. */
export const SETTLED: readonly Case[] = [
  ...['positive', 'centred'].flatMap((variant) =>
    DYNAMICS.map((dynamics) =>
      settling('equilibrium-propagation', { variant, dynamics }, { nudgedIterations: 80, beta: 0.1 }),
    ),
  ),
  settling('contrastive-hebbian', {}, { clampedIterations: 80 }),
];

/** Layers that learn by themselves; peer normalisation would show them the mean activity of the layer too. */
export const LAYER_WISE: readonly Case[] = ['sum', 'mean'].map((goodness) =>
  caseOf('forward-forward', { goodness }, { peerNormalisation: 0 }, {}),
);

/** Neurons that compete: without labels, and nothing comes down. */
export const COMPETING: Case = caseOf('competing-hidden-units', {}, {}, { activation: 'relu' });

/** Memories of images and classes. */
export const DENSE: Case = caseOf(
  'dense-memory-classifier',
  {},
  { power: 3, exponent: 1, temperature: 2 },
  {
    layers: [5, 6, 3],
    activation: 'relu',
    loss: 'squared-error',
    outputActivation: 'tanh',
    initial: 'dense-memory',
  },
);

/** Keys and values of patches, which share their weights; queries that are strong, so that what is seen is felt. */
export const ATTENTION: Case = caseOf(
  'attention-neuron',
  {},
  { patch: 2, stride: 2, queries: 3, size: 2 },
  { layers: [16, 5, 3] },
);

/** Layers that predict what they do themselves; other neurons are seen by covariances, or by predictions, alone. */
export const SELF_SUPERVISED: readonly (Case & { readonly seesLayer: boolean })[] = [
  { ...caseOf('lpl', { decorrelation: 0 }, { shift: 0 }, {}), seesLayer: false },
  { ...caseOf('lpl', { decorrelation: 10 }, { shift: 0 }, {}), seesLayer: true },
  { ...caseOf('clapp', { sampling: 'synchronous' }, { shift: 0 }, {}), seesLayer: true },
  { ...caseOf('clapp', { sampling: 'alternating' }, { shift: 0 }, {}), seesLayer: false },
];

/** How far the direction of each hidden connection moves, in all and for single synapses. */
export async function moved(
  { rule, options, network, prepare }: Case & { readonly prepare?: Change },
  change: Change,
  given: { start?: Change; network?: Partial<NetworkSettings> } = {},
) {
  const settings = { batch: 1, network: { ...network, ...given.network }, options };
  const prepared =
    (then: Change | undefined): Change =>
    (values, network) => {
      prepare?.(values, network);
      then?.(values, network);
    };
  const before = await learnedOf(rule, { ...settings, set: prepared(given.start) });
  const after = await learnedOf(rule, { ...settings, set: prepared(change) });
  const hidden = before.own.slice(0, -1);
  const by = (l: number, i: number) => Math.abs(hidden[l]![i]! - after.own[l]![i]!);
  return {
    learns: hidden.map((direction) => direction !== null),
    most: hidden.map((direction, l) => Math.max(0, ...(direction ?? []).map((_, i) => by(l, i)))),
    /** Of the synapse from neuron i below to neuron j in hidden layer l + 1; null if there is no direction. */
    synapse: (i: number, j: number, l = 0) =>
      hidden[l] && by(l, i * before.network.populations[l + 1]!.size + j),
  };
}

export function expectMoved(
  most: readonly number[],
  learns: readonly boolean[],
  expected: boolean,
  what: string,
) {
  for (const [l, size] of most.entries())
    if (learns[l])
      assert.ok(
        expected ? size > FELT : size < ROUNDING,
        `${what}: the update of connection ${l + 1} moved by ${size.toExponential(1)}`,
      );
}

/** Whether the update of a synapse onto a hidden neuron depends on magnitudes, or on signs, of weights above it. */
export const seesMagnitudes = ({ plausibility }: Case) => plausibility.weightTransport === 'exact';
export const seesSigns = ({ plausibility }: Case) =>
  ['exact', 'signs'].includes(plausibility.weightTransport);
