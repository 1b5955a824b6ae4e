import { type Kernels, type Tensor, UserError } from '../kernels/index.ts';
import { type Connection, maskWeights } from '../networks/index.ts';
import { biasVector, type Direction, type Product, weightMatrix } from './direction.ts';

/** Names of the ways in which directions become changes of weights. */
export const OPTIMIZERS = ['sgd', 'momentum', 'rmsprop', 'adam'] as const;
/** Names of the ways in which the learning rate falls over a run. */
export const SCHEDULES = ['constant', 'linear', 'cosine'] as const;

/** Turns directions into changes of weights; the same for every rule, so that rules can be compared under it. */
export interface OptimizerOptions {
  readonly optimizer: (typeof OPTIMIZERS)[number];
  /** Learning rate: one for all connections, or one each, input side first. */
  readonly learningRate: readonly number[];
  /** Of the optimizer `momentum`: how much of the velocity is left after a step. */
  readonly momentum: number;
  /** L2 penalty added to the direction of the weights (not of the biases). */
  readonly weightDecay: number;
  /**
   * How the learning rates fall from the first step, which has them whole, to the last of T steps, for which `linear` leaves
   * 1 / T of them and `cosine` about (pi / 2T)^2.
   */
  readonly schedule: (typeof SCHEDULES)[number];
}

/** The fraction of the initial learning rate that is left at a step; the first step is 0. */
export function scheduleFactor(
  schedule: OptimizerOptions['schedule'],
  step: number,
  totalSteps: number,
): number {
  if (schedule === 'constant') return 1;
  const progress = Math.min(step / totalSteps, 1);
  return schedule === 'linear' ? 1 - progress : 0.5 * (1 + Math.cos(Math.PI * progress));
}

/**
 * Applies directions to weights and biases. `apply` is traced as the last part of a step.
 * @throws UserError when the number of learning rates is neither 1 nor that of the connections
 */
export class Optimizer {
  readonly #k: Kernels;
  readonly #connections: readonly Connection[];
  readonly #options: OptimizerOptions;
  readonly #totalSteps: () => number;

  /** @param totalSteps of the run, asked for when a step runs */
  constructor(
    kernels: Kernels,
    connections: readonly Connection[],
    options: OptimizerOptions,
    totalSteps: () => number,
  ) {
    if (options.learningRate.length !== 1 && options.learningRate.length !== connections.length)
      throw new UserError(
        `${options.learningRate.length} learning rates were given for ${connections.length} connections; give one for all or one each`,
      );
    this.#k = kernels;
    this.#connections = connections;
    this.#options = options;
    this.#totalSteps = totalSteps;
  }

  apply(directions: readonly Direction[]): void {
    const { optimizer, weightDecay } = this.#options;
    for (const direction of directions) {
      const rate = this.#rateOf(direction);
      const decay = weightDecay + (direction.decay ?? 0);
      if (optimizer === 'sgd') this.#descend(direction, rate, decay);
      else this.#update(direction, rate, decay);
    }
  }

  /** The learning rate of the step times -1, 1 x 1. */
  #rateOf({ connection, relativeRate = 1 }: Direction): Tensor {
    const { learningRate, schedule } = this.#options;
    const base = learningRate[learningRate.length === 1 ? 0 : this.#indexOf(connection)]!;
    return this.#k.hostScalar(
      `learning rate of ${connection.name}`,
      ({ step }) => -base * relativeRate * scheduleFactor(schedule, step, this.#totalSteps()),
    );
  }

  /**
   * Feedback learns at the learning rate of the forward connection that leaves the population where it ends, and synapses onto
   * interneurons at that of the one that leaves where they come from.
   */
  #indexOf(connection: Connection): number {
    const all = this.#connections;
    const found = all.findIndex((other) => other === connection || other.from === connection.to);
    return found >= 0 ? found : all.findIndex((other) => other.from === connection.from);
  }

  /** Plain gradient descent, where it can straight into the weights: the direction never exists as a matrix. */
  #descend(direction: Direction, rate: Tensor, decay: number): void {
    const { weights } = direction.connection;
    if (decay > 0) this.#k.mapInto(weights, (w, r, d) => w + r * d * w, weights, rate, decay);
    if (!direction.estimate && direction.products.every(hasFixedScale))
      this.#addProducts(direction, direction.products, rate);
    else this.#update(direction, rate, 0);
  }

  #addProducts(direction: Direction, products: readonly FixedProduct[], rate: Tensor): void {
    const { weights } = direction.connection;
    const bias = biasOf(direction);
    for (const { pre, post, scale, sparse = false } of products) {
      const added = { scale: [scale, rate], accumulate: true } as const;
      this.#k.matmul(pre, post, { ...added, transposeA: true, sparse, into: weights });
      if (bias) this.#k.sum(post, { ...added, over: 'rows', into: bias });
    }
    maskWeights(this.#k, weights, direction.connection.mask);
  }

  #update(direction: Direction, rate: Tensor, decay: number): void {
    const k = this.#k;
    const { weights } = direction.connection;
    const update = UPDATES[this.#options.optimizer];
    const bias = biasOf(direction);
    const gradient = weightMatrix(k, direction);
    if (decay > 0) k.mapInto(gradient, (g, w, d) => g + d * w, gradient, weights, decay);
    update(k, { parameter: weights, gradient, rate }, this.#options);
    if (bias) update(k, { parameter: bias, gradient: biasVector(k, direction), rate }, this.#options);
  }
}

/** A product whose scale is known when the step is traced. */
type FixedProduct = Product & { readonly scale: number };

const hasFixedScale = (product: Product): product is FixedProduct => typeof product.scale === 'number';

/** The biases that a direction moves. */
const biasOf = ({ connection, biases }: Direction): Tensor | null =>
  biases === false ? null : connection.bias;

/** One parameter's part in a step. */
interface Change {
  readonly parameter: Tensor;
  readonly gradient: Tensor;
  /** The learning rate times -1, 1 x 1. */
  readonly rate: Tensor;
}

type Update = (k: Kernels, change: Change, options: OptimizerOptions) => void;

const UPDATES: Record<OptimizerOptions['optimizer'], Update> = { sgd, momentum, rmsprop, adam };

/** What an optimizer keeps of a parameter from step to step. */
const moment = (k: Kernels, name: string, { name: of, rows, columns }: Tensor): Tensor =>
  k.state(`${name} of ${of}`, rows, columns);

/** Robbins & Monro 1951. */
function sgd(k: Kernels, { parameter, gradient, rate }: Change): void {
  k.mapInto(parameter, (w, r, g) => w + r * g, parameter, rate, gradient);
}

/** Polyak 1964 (the heavy ball), as in PyTorch: the velocity sums up directions, and the learning rate multiplies it. */
function momentum(k: Kernels, { parameter, gradient, rate }: Change, options: OptimizerOptions): void {
  const velocity = moment(k, 'velocity', parameter);
  k.mapInto(velocity, (v, g, m) => m * v + g, velocity, gradient, options.momentum);
  k.mapInto(parameter, (w, r, v) => w + r * v, parameter, rate, velocity);
}

/** Tieleman & Hinton 2012 (lecture 6.5), with the constants of Torch, which adds epsilon outside of the root. */
function rmsprop(k: Kernels, { parameter, gradient, rate }: Change): void {
  const [decay, epsilon] = [0.99, 1e-8];
  const square = moment(k, 'mean square', parameter);
  k.mapInto(square, (s, g, d) => d * s + (1 - d) * g * g, square, gradient, decay);
  k.mapInto(
    parameter,
    (w, r, g, s, epsilon) => w + (r * g) / (Math.sqrt(s) + epsilon),
    parameter,
    rate,
    gradient,
    square,
    epsilon,
  );
}

/** Kingma & Ba 2015, algorithm 1, with its constants. */
function adam(k: Kernels, { parameter, gradient, rate }: Change): void {
  const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];
  const [mean, square] = [moment(k, 'mean', parameter), moment(k, 'mean square', parameter)];
  const [unbias1, unbias2] = [biasCorrection(k, beta1), biasCorrection(k, beta2)];
  k.mapInto(mean, (m, g, b) => b * m + (1 - b) * g, mean, gradient, beta1);
  k.mapInto(square, (s, g, b) => b * s + (1 - b) * g * g, square, gradient, beta2);
  k.mapInto(
    parameter,
    (w, r, m, s, c1, c2, epsilon) => w + (r * m * c1) / (Math.sqrt(s * c2) + epsilon),
    parameter,
    rate,
    mean,
    square,
    unbias1,
    unbias2,
    epsilon,
  );
}

/** What a mean that starts at 0 is multiplied by: 1 / (1 - beta^t) at step t, the first being 1. */
const biasCorrection = (k: Kernels, beta: number): Tensor =>
  k.hostScalar('bias correction', ({ step }) => 1 / (1 - beta ** (step + 1)));
