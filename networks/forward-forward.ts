import { type Kernels, type Tensor, UserError } from '../kernels/index.ts';
import { ACTIVATIONS } from './activation.ts';
import { drawLayers } from './layers.ts';
import { type Readout, readoutOf } from './loss.ts';
import type { Activity, Connection, Network, NetworkKind, NetworkSettings, Population } from './network.ts';

/** What a forward-forward network has to know of its rule. */
export interface ForwardForwardOptions {
  /** What a hidden layer divides the activity below it by: root mean square or length. */
  readonly normalisation: 'rms' | 'length';
}

/** What a hidden layer does in one pass; tensors are batch x size. */
export interface HiddenActivity extends Activity {
  /** The activity of the population below, normalised: what its synapses receive. */
  readonly received: Tensor;
}

/** Keeps a silent layer from being divided by 0. */
const SMALLEST = 1e-8;

/** Images without their label, and what the first hidden layer gets of them. */
export interface LabelledImages {
  /** batch x inputs, 0 where the label stands. */
  readonly pixels: Tensor;
  /** Sum of the squares of these pixels, batch x 1. */
  readonly squares: Tensor;
  /** Of the first hidden layer, batch x size. */
  readonly current: Tensor;
  /** Weights from the pixels of the label, classes x size. */
  readonly labelWeights: Tensor;
}

/**
 * A feed-forward network whose first input pixels hold a label, one pixel a class, and whose layers receive the activity below them
 * divided by its root mean square, or by its length, so that how active a layer was does not reach the next (Hinton 2022,
 * arXiv:2212.13345, sections 2.1 and 3.3). The output layer is a linear read-out of the normalised activity of every hidden layer but
 * the first, or of the only one.
 */
export class ForwardForwardNetwork implements Network {
  readonly populations: readonly Population[];
  /** Those into hidden layers, then those of the read-out, lowest first. */
  readonly connections: readonly Connection[];
  readonly hidden: readonly Connection[];
  readonly readoutConnections: readonly Connection[];
  readonly readout: Readout;
  readonly #kernels: Kernels;
  readonly #normalisation: ForwardForwardOptions['normalisation'];
  /** classes x inputs: 1 where a pixel stands for a class. */
  readonly #labelPixels: Tensor;

  /** @throws UserError when there is no hidden layer, or there are more classes than inputs */
  constructor(
    kernels: Kernels,
    seed: number,
    settings: NetworkSettings,
    { normalisation }: ForwardForwardOptions,
  ) {
    checkForwardForward(settings);
    const { populations, connections } = drawLayers(kernels, seed, settings);
    const output = populations.at(-1)!;
    this.#kernels = kernels;
    this.#normalisation = normalisation;
    this.populations = populations;
    this.hidden = connections.slice(0, -1);
    const skipping = populations.slice(2, -2).map((from) => readoutConnection(kernels, from, output));
    this.readoutConnections = [...skipping, connections.at(-1)!];
    this.connections = [...this.hidden, ...this.readoutConnections];
    this.readout = readoutOf(settings.loss, settings.outputActivation);
    this.#labelPixels = labelPixels(kernels, output.size, populations[0]!.size);
  }

  /** What passes of the same images with different labels share. @param input batch x inputs; what its label pixels hold does not matter */
  images(input: Tensor): LabelledImages {
    const k = this.#kernels;
    const taken = k.sum(this.#labelPixels, { over: 'rows' });
    const pixels = k.map((x, taken) => (1 - taken) * x, input, taken);
    const { weights } = this.hidden[0]!;
    return {
      pixels,
      squares: this.squares(pixels),
      current: k.matmul(pixels, weights),
      labelWeights: k.matmul(this.#labelPixels, weights, { sparse: true }),
    };
  }

  /** A label that says nothing: 1 / classes in each of its pixels, 1 x classes. */
  neutralLabel(): Tensor {
    const classes = this.#labelPixels.rows;
    return this.#kernels.constant(1 / classes, 1, classes);
  }

  /** Numbers of the classes, from 0: 1 x classes. */
  classNumbers(): Tensor {
    // Class c has its only 1 in column c.
    return this.#kernels.transpose(this.#kernels.argmax(this.#labelPixels));
  }

  /**
   * The activity of every hidden layer, lowest first, for images with labels in their first pixels.
   * @param labels batch x classes, or 1 x classes for one label of all
   */
  forward(images: LabelledImages, labels: Tensor): HiddenActivity[] {
    const k = this.#kernels;
    const layers = [this.#first(images, labels)];
    for (const { weights, bias, to } of this.hidden.slice(1)) {
      const received = this.normalise(layers.at(-1)!.rate);
      const potential = k.map((i, b) => i + b, k.matmul(received, weights), bias!);
      layers.push({ received, potential, rate: k.map(hiddenActivation(to).rate, potential) });
    }
    return layers;
  }

  /** The first hidden layer: the current of the image is there already, that of the label is added, and both are normalised together. */
  #first({ pixels, squares, current, labelWeights }: LabelledImages, labels: Tensor): HiddenActivity {
    const k = this.#kernels;
    const { bias, to } = this.hidden[0]!;
    const count = this.#normalisation === 'rms' ? pixels.columns : 1;
    const divisor = k.map(
      (image, label, count, smallest) => Math.sqrt((image + label) / count) + smallest,
      squares,
      this.squares(labels),
      count,
      SMALLEST,
    );
    const labelled = k.matmul(labels, this.#labelPixels, { sparse: true });
    const potential = k.map(
      (image, label, divisor, b) => (image + label) / divisor + b,
      current,
      k.matmul(labels, labelWeights, { sparse: true }),
      divisor,
      bias!,
    );
    return {
      received: k.map((x, label, divisor) => (x + label) / divisor, pixels, labelled, divisor),
      potential,
      rate: k.map(hiddenActivation(to).rate, potential),
    };
  }

  /** Firing rates over their root mean square, or over their length; batch x size. */
  normalise(rate: Tensor): Tensor {
    const count = this.#normalisation === 'rms' ? rate.columns : 1;
    return this.#kernels.map(
      (h, squares, count, smallest) => h / (Math.sqrt(squares / count) + smallest),
      rate,
      this.squares(rate),
      count,
      SMALLEST,
    );
  }

  /** The sum of the squares of each row, batch x 1. */
  squares(rate: Tensor): Tensor {
    const k = this.#kernels;
    return k.sum(
      k.map((h) => h * h, rate),
      { over: 'columns' },
    );
  }

  /** The hidden layers by whose activity an image is judged: all but the first, or the only one. */
  judges<T>(layers: readonly T[]): readonly T[] {
    return layers.length > 1 ? layers.slice(1) : layers;
  }

  /** What the read-out receives, beside the connection by which it does. */
  readoutInputs(layers: readonly HiddenActivity[]): { connection: Connection; received: Tensor }[] {
    return this.judges(layers).map(({ rate }, l) => ({
      connection: this.readoutConnections[l]!,
      received: this.normalise(rate),
    }));
  }

  /** The output layer as the read-out makes it. */
  readOut(inputs: ReturnType<ForwardForwardNetwork['readoutInputs']>): Activity {
    const k = this.#kernels;
    const [first, ...others] = inputs.map(({ connection, received }) =>
      k.matmul(received, connection.weights),
    );
    const current = others.reduce((sum, more) => k.map((a, b) => a + b, sum, more), first!);
    const potential = k.map((i, b) => i + b, current, this.readoutConnections.at(-1)!.bias!);
    return { potential, rate: this.readout.rate(k, potential) };
  }

  /** An error in the rates of hidden layer `l` (0 is the first), turned into one in its potentials: e f'(v). */
  throughActivation(l: number, error: Tensor, { potential, rate }: Activity): Tensor {
    return this.#kernels.map(hiddenActivation(this.hidden[l]!.to).backward, error, potential, rate);
  }

  loss(output: Tensor, target: Tensor): Tensor {
    return this.readout.loss(this.#kernels, output, target);
  }
}

function hiddenActivation({ name, activation }: Population) {
  if (activation === null || activation === 'softmax') throw new Error(`${name} is not a hidden layer`);
  return ACTIVATIONS[activation];
}

/** Synapses that skip layers. They start from zero, so that the initial weights are those of every kind of network. */
const readoutConnection = (k: Kernels, from: Population, to: Population): Connection => {
  const name = `${from.name} to ${to.name}`;
  const weights = k.state(`weights of ${name}`, from.size, to.size);
  return { name, from, to, compartment: 'soma', weights, bias: null };
};

function labelPixels(k: Kernels, classes: number, inputs: number): Tensor {
  const values = new Float32Array(classes * inputs);
  for (let c = 0; c < classes; c++) values[c * inputs + c] = 1;
  return k.state('label pixels', classes, inputs, values);
}

/**
 * Whether there are forward-forward networks for these settings.
 * @throws UserError when there is no hidden layer, or there are more classes than inputs
 */
export function checkForwardForward({ layers }: Pick<NetworkSettings, 'layers'>): void {
  const sizes = `layer sizes '${layers.join(',')}'`;
  const [inputs, classes] = [layers[0]!, layers.at(-1)!];
  if (layers.length < 3)
    throw new UserError(
      `${sizes} have no hidden layer, but a forward-forward network needs one, e.g. 784,500,500,10`,
    );
  if (classes > inputs)
    throw new UserError(
      `${sizes}: the label of a forward-forward network takes an input a class, so there must be at least ${classes} inputs`,
    );
}

/** Point neurons that learn from passes with right and wrong labels. */
export const forwardForwardNetwork: NetworkKind<ForwardForwardNetwork, ForwardForwardOptions> = {
  name: 'forward-forward',
  description:
    'Layers of point neurons that receive normalised activity, an input that holds a label, and a linear read-out of the hidden layers.',
  build: (kernels, seed, settings, options) => new ForwardForwardNetwork(kernels, seed, settings, options),
  // Each hidden layer, and the read-out of all of them but the first, or of the only one.
  connectionCount: ({ length }) => length - 2 + Math.max(length - 3, 1),
};
