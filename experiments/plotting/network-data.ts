import { type Tensor, UserError } from '../../kernels/index.ts';
import {
  CompartmentalNetwork,
  createNeuronRecorder,
  createSettlingRecorder,
  type EnergyNetwork,
  MicrocircuitNetwork,
  mostChanged,
  type Network,
  type Population,
  type PopulationTraces,
  recordMicrocircuit,
  settlingPhases,
} from '../../networks/index.ts';
import type {
  FeedbackWeights,
  InputWeights,
  MicrocircuitTraces,
  PopulationRates,
  PotentialTraces,
  SettlingTraces,
  ShownNetwork,
  TestResponses,
  VoltageTraces,
} from '../../results/figures/index.ts';
import { compareFeedback } from '../../training/index.ts';
import type { TrainedRun } from '../trained-run.ts';

/** What figures show of the network of a run, beside what is in its records. */

const shownNetwork = ({ spec, step }: TrainedRun): ShownNetwork => ({
  label: spec.condition.label,
  seed: spec.seed,
  step,
});

/** Shows all test images to a network. */
export async function testResponses(run: TrainedRun): Promise<TestResponses> {
  const { dataset, trainer } = run;
  const { images, labels } = dataset.test;
  const responses = await trainer.respond(pixelsOf(run, 0, images.count));
  const populations = trainer.network.populations
    .slice(1)
    .map((population, l) => ({ ...ratesOf(trainer.network, population), rates: responses[l]! }));
  const isClassifier = labels !== null && populations.at(-1)!.size === dataset.classes;
  return {
    ...shownNetwork(run),
    populations,
    classes: isClassifier ? Uint8Array.from(labels.values) : null,
  };
}

/** Pixels from 0 to 1 of `count` test images, from number `first` on. */
function pixelsOf({ dataset: { test, width } }: TrainedRun, first: number, count: number): Float32Array {
  const { values, scale } = test.images;
  return Float32Array.from(values.subarray(first * width, (first + count) * width), (byte) => byte * scale);
}

function ratesOf(network: Network, { name, size, activation }: Population): Omit<PopulationRates, 'rates'> {
  if (network instanceof CompartmentalNetwork)
    return { name, size, unit: 'spikes/ms', range: [0, network.constants.maximalRate] };
  return { name, size, unit: '', range: (activation && RANGES[activation]) ?? null };
}

/** Of the activations whose rates are bounded. */
const RANGES: { readonly [name in NonNullable<Population['activation']>]?: readonly [number, number] } = {
  sigmoid: [0, 1],
  'hard-sigmoid': [0, 1],
  softmax: [0, 1],
  tanh: [-1, 1],
};

/** The weights from the input; null where no neuron has one for each pixel that the network is shown. */
export async function inputWeights(run: TrainedRun): Promise<InputWeights | null> {
  const { trainer, dataset } = run;
  const { connections, populations } = trainer.network;
  const [, width] = dataset.shape;
  const first = connections.find(({ from }) => from === populations[0] && from.size % width === 0);
  if (!first) return null;
  return {
    ...shownNetwork(run),
    name: first.to.name,
    weights: await trainer.read(first.weights),
    shape: [first.from.size / width, width],
  };
}

/** The feedback weights of a run; no paths where its rule keeps none beside the forward weights. */
export async function feedbackWeights(run: TrainedRun): Promise<FeedbackWeights> {
  const { trainer } = run;
  const read = (state: Tensor) => trainer.read(state);
  const paths = [];
  for (const path of trainer.feedback)
    paths.push({ name: path.connection.name, ...(await compareFeedback(read, path)) });
  return { ...shownNetwork(run), paths };
}

/**
 * Voltages of neurons of the first hidden layer and of the output layer while a test image is shown as in training: without its target, and
 * with it from then on.
 * @param image its place in the test set, from 0
 * @throws UserError when the neurons have no compartments or no time, there is no such image, outputs are no classes, or no feedback
 * weights are kept
 */
export async function voltageTraces(
  run: TrainedRun,
  image: number,
): Promise<VoltageTraces | MicrocircuitTraces> {
  const answer = classOf(run, image);
  const { network } = run.trainer;
  return network instanceof MicrocircuitNetwork
    ? microcircuitTraces(run, network, image, answer)
    : segregatedTraces(run, image, answer);
}

/** Of one neuron of the first hidden layer, an interneuron beside it, and the output neuron of the image's class. */
async function microcircuitTraces(
  run: TrainedRun,
  network: MicrocircuitNetwork,
  image: number,
  answer: number,
): Promise<MicrocircuitTraces> {
  const { label } = run.spec.condition;
  const { time, populations } = network;
  if (!time)
    throw new UserError(
      `the potentials of ${label} are steady, without time (dynamics=steady); train with dynamics=full or latent-equilibrium`,
    );
  if (populations.length < 3)
    throw new UserError(`the network of ${label} has no hidden layer, and so no apical dendrites`);
  const recording = await recordMicrocircuit(network, pixelsOf(run, image, 1), answer);
  const { untaught, taught, pyramidal, interneurons } = recording;
  const isProspective = time.dynamics === 'latent-equilibrium';
  const traced = (population: string, neuron: number, traces: PopulationTraces): PotentialTraces => ({
    ...{ population, neuron },
    basal: ofNeuron(traces.basal, neuron),
    soma: ofNeuron(traces.soma, neuron),
    prospective: isProspective ? ofNeuron(traces.seen, neuron) : null,
  });
  const [input, above] = [pyramidal[0]!, pyramidal[1]!];
  const changed = (steps: readonly Float32Array[]) =>
    mostChanged({ forward: steps[untaught - 1]!, target: steps.at(-1)! });
  const [neuron, follower] = [changed(input.apical), changed(interneurons[0]!.seen)];
  return {
    ...shownNetwork(run),
    ...{ image, answer, untaught, taught, timeStep: time.step },
    hidden: { ...traced(populations[1]!.name, neuron, input), apical: ofNeuron(input.apical, neuron) },
    interneuron: {
      ...traced(network.circuits[0]!.interneurons.name, follower, interneurons[0]!),
      teacher: { population: populations[2]!.name, potential: ofNeuron(above.seen, follower) },
    },
    output: traced(populations.at(-1)!.name, answer, pyramidal.at(-1)!),
  };
}

/** A value for each step. */
const ofNeuron = (steps: readonly Float32Array[], neuron: number): Float32Array =>
  Float32Array.from(steps, (values) => values[neuron]!);

/** Of one neuron of the first hidden layer and one of the output layer, and spikes of some of both. */
async function segregatedTraces(run: TrainedRun, image: number, answer: number): Promise<VoltageTraces> {
  const { trainer } = run;
  const { label } = run.spec.condition;
  const network = networkInTime(run);
  if (trainer.feedback.length === 0)
    throw new UserError(
      `the feedback weights of ${label} follow the forward ones, and are not kept; name a condition with feedbackWeights random or sparse`,
    );
  const feedback = trainer.feedback.map(({ connection }) => connection.weights);
  const recorder = await createNeuronRecorder(network, feedback);
  const recording = await recorder.record(pixelsOf(run, image, 1), answer, null);
  recorder.dispose();
  return { ...shownNetwork(run), image, answer, ...recording };
}

/** @throws UserError when the network of a run is not simulated in time */
function networkInTime({ trainer: { network }, spec }: TrainedRun): CompartmentalNetwork {
  const { label } = spec.condition;
  if (!(network instanceof CompartmentalNetwork))
    throw new UserError(
      `the neurons of ${label} have no dendrites; name a condition of segregated-dendrite or dendritic-microcircuit`,
    );
  if (network.options.neurons === 'rate')
    throw new UserError(
      `the neurons of ${label} have no time (neurons=rate); train them with neurons=spiking`,
    );
  if (network.populations.length < 3)
    throw new UserError(`the network of ${label} has no hidden layer, and so no apical dendrites`);
  return network;
}

/**
 * How a network settles for a test image, without its target, and nudged towards it from then on.
 * @param image its place in the test set, from 0
 * @throws UserError when there is no such image, or outputs are no classes
 */
export async function settlingTraces(run: TrainedRun, image: number): Promise<SettlingTraces> {
  const answer = classOf(run, image);
  const network = run.trainer.network as EnergyNetwork;
  const recorder = await createSettlingRecorder(network, settlingPhases(run.spec.condition.options)!);
  const recording = await recorder.record(pixelsOf(run, image, 1), answer);
  recorder.dispose();
  return { ...shownNetwork(run), image, answer, ...recording };
}

/** @throws UserError when there is no such image, or outputs are no classes */
function classOf({ dataset, spec, trainer }: TrainedRun, image: number): number {
  const { images, labels } = dataset.test;
  if (image >= images.count)
    throw new UserError(`--image ${image}: there are ${images.count} test images, numbered from 0`);
  if (!labels || dataset.classes !== trainer.network.populations.at(-1)!.size)
    throw new UserError(
      `the outputs of ${spec.condition.label} are no classes that a target could name; train with --task classify`,
    );
  return labels.values[image]!;
}
