import { type Kernels, type Tensor, UserError } from '../kernels/index.ts';
import type { Connection } from '../networks/index.ts';
import { biasVector, type Direction, weightMatrix } from './direction.ts';

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

// The usual constants: Kingma & Ba 2015 (Adam), Tieleman & Hinton 2012 as in Torch (RMSprop).
const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
const RMSPROP = { decay: 0.99, epsilon: 1e-8 };

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
  readonly #totalSteps: number;

  constructor(
    kernels: Kernels,
    connections: readonly Connection[],
    options: OptimizerOptions,
    totalSteps: number,
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
    const k = this.#k;
    const { optimizer, learningRate, schedule } = this.#options;
    for (const direction of directions) {
      const { connection } = direction;
      const bias = direction.biases === false ? null : connection.bias;
      const decay = this.#options.weightDecay + (direction.decay ?? 0);
      const base = learningRate[learningRate.length === 1 ? 0 : this.#indexOf(connection)]!;
      const rate = k.hostScalar(
        `learning rate of ${connection.name}`,
        ({ step }) => -base * scheduleFactor(schedule, step, this.#totalSteps),
      );
      if (decay > 0 && optimizer === 'sgd')
        k.mapInto(connection.weights, (w, r, d) => w + r * d * w, connection.weights, rate, decay);
      if (optimizer === 'sgd' && direction.products.every(({ scale }) => typeof scale === 'number')) {
        // Straight into the weights: the direction never exists as a matrix.
        for (const { pre, post, scale, sparse = false } of direction.products) {
          k.matmul(pre, post, {
            transposeA: true,
            sparse,
            scale: [scale as number, rate],
            into: connection.weights,
            accumulate: true,
          });
          if (bias)
            k.sum(post, { over: 'rows', scale: [scale as number, rate], into: bias, accumulate: true });
        }
        continue;
      }
      const gradient = weightMatrix(k, direction);
      if (decay > 0 && optimizer !== 'sgd')
        k.mapInto(gradient, (g, w, d) => g + d * w, gradient, connection.weights, decay);
      this.#move(connection.weights, gradient, rate);
      if (bias) this.#move(bias, biasVector(k, direction), rate);
    }
  }

  /** Feedback learns at the learning rate of the forward connection between the same two populations. */
  #indexOf(connection: Connection): number {
    return this.#connections.findIndex(
      (other) => other === connection || (other.from === connection.to && other.to === connection.from),
    );
  }

  /** `rate` is negative. */
  #move(parameter: Tensor, gradient: Tensor, rate: Tensor): void {
    const k = this.#k;
    const moment = (name: string): Tensor =>
      k.state(`${name} of ${parameter.name}`, parameter.rows, parameter.columns);
    switch (this.#options.optimizer) {
      case 'sgd':
        k.mapInto(parameter, (w, r, g) => w + r * g, parameter, rate, gradient);
        return;
      case 'momentum': {
        const velocity = moment('velocity');
        k.mapInto(velocity, (v, g, m) => m * v + g, velocity, gradient, this.#options.momentum);
        k.mapInto(parameter, (w, r, v) => w + r * v, parameter, rate, velocity);
        return;
      }
      case 'rmsprop': {
        const square = moment('mean square');
        k.mapInto(square, (s, g, d) => d * s + (1 - d) * g * g, square, gradient, RMSPROP.decay);
        k.mapInto(
          parameter,
          (w, r, g, s, epsilon) => w + (r * g) / (Math.sqrt(s) + epsilon),
          parameter,
          rate,
          gradient,
          square,
          RMSPROP.epsilon,
        );
        return;
      }
      case 'adam': {
        const [mean, square] = [moment('mean'), moment('mean square')];
        const correction = (beta: number) =>
          k.hostScalar('bias correction', ({ step }) => 1 / (1 - beta ** (step + 1)));
        const [unbias1, unbias2] = [correction(ADAM.beta1), correction(ADAM.beta2)];
        k.mapInto(mean, (m, g, b) => b * m + (1 - b) * g, mean, gradient, ADAM.beta1);
        k.mapInto(square, (s, g, b) => b * s + (1 - b) * g * g, square, gradient, ADAM.beta2);
        k.mapInto(
          parameter,
          (w, r, m, s, c1, c2, epsilon) => w + (r * m * c1) / (Math.sqrt(s * c2) + epsilon),
          parameter,
          rate,
          mean,
          square,
          unbias1,
          unbias2,
          ADAM.epsilon,
        );
        return;
      }
    }
  }
}
