import type { Kernels, Tensor } from '../../kernels/index.ts';
import { type Connection, LayeredNetwork, type Network } from '../../networks/index.ts';
import {
  type Direction,
  gradient,
  type Minibatch,
  type Observation,
  type Rule,
  weightMatrix,
} from '../../rules/index.ts';
import type { Reading, Reason } from './reading.ts';

/** A rule's direction for the weights of a connection beside the gradient, both from.size x to.size. */
export interface Comparison {
  readonly connection: Connection;
  readonly taken: Tensor;
  readonly exact: Tensor;
}

/** The parts of a run that diagnostics look at. */
export interface ObservedRun {
  readonly kernels: Kernels;
  readonly network: Network;
  /** Name of the kind of network. */
  readonly kind: string;
  readonly rule: Rule;
}

/** Training examples in front of the network while diagnostics are traced. What none of them asks for is not computed. */
export class ObservedMinibatch {
  readonly run: ObservedRun;
  readonly #batch: Minibatch;
  #observation: Observation | null = null;
  #comparisons: readonly (Comparison | Reason)[] | null = null;

  /** @param batch one row an example */
  constructor(run: ObservedRun, batch: Minibatch) {
    this.run = run;
    this.#batch = batch;
  }

  get observation(): Observation {
    this.#observation ??= observe(this.run, this.#batch);
    return this.#observation;
  }

  /** Firing rates of every population above the input, lowest first; or why they are not known. */
  get firingRates(): readonly Tensor[] | Reason {
    return this.observation.firingRates ?? `${this.#kind()} and does not say what its neurons did`;
  }

  /** A reading of each connection of the network that the rule gives a direction for; or why the gradient is unknown. */
  compareWithGradient(of: (comparison: Comparison) => Reading): Record<string, Reading | Reason> | Reason {
    if (!this.observation.gradient) return `${this.#kind()} and does not give its gradient`;
    this.#comparisons ??= this.#compare(this.observation.gradient);
    return Object.fromEntries(
      this.run.network.connections.map(({ name }, l) => {
        const comparison = this.#comparisons![l]!;
        return [name, typeof comparison === 'string' ? comparison : of(comparison)];
      }),
    );
  }

  /** Keeps a 1 x 1 tensor until it is read. */
  keep(name: string, scalar: Tensor): Reading {
    const { kernels: k } = this.run;
    const kept = k.result(name, 1, 1);
    k.mapInto(kept, (x) => x, scalar);
    return async () => (await k.device.read(kept))[0]!;
  }

  /** The mean over examples and neurons. */
  mean(name: string, values: Tensor): Reading {
    const scale = 1 / (values.rows * values.columns);
    return this.keep(name, this.run.kernels.sum(values, { over: 'all', scale }));
  }

  #kind = (): string => `the rule trains a network of the kind '${this.run.kind}'`;

  #compare(gradients: readonly Direction[]): (Comparison | Reason)[] {
    const { kernels: k, network } = this.run;
    const { directions } = this.observation;
    const find = (from: readonly Direction[], connection: Connection) =>
      from.find((direction) => direction.connection === connection);
    return network.connections.map((connection) => {
      const [direction, exact] = [find(directions, connection), find(gradients, connection)];
      if (!direction) return 'the rule gives no direction there';
      if (!exact) return 'the rule does not give the gradient there';
      return { connection, taken: weightMatrix(k, direction), exact: weightMatrix(k, exact) };
    });
  }
}

/** The rule's own observation, or that of a layered network: directions, gradient and activity of the forward pass. */
function observe({ kernels: k, network, rule }: ObservedRun, batch: Minibatch): Observation {
  if (rule.observe) return rule.observe(batch);
  const { directions } = rule.learn(batch);
  if (!(network instanceof LayeredNetwork)) return { directions };
  const activity = network.forward(batch.input);
  return {
    directions,
    gradient: gradient(k, network, activity, batch.target),
    firingRates: activity.slice(1).map(({ rate }) => rate),
  };
}
