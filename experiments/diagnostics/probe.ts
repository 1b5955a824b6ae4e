import type { Kernels, Tensor } from '../../kernels/index.ts';
import type { Activity, Connection, LayeredNetwork } from '../../networks/index.ts';
import {
  type Direction,
  gradient,
  type Observation,
  type Rule,
  type RuleDefinition,
  type RuleOutput,
  weightMatrix,
} from '../../rules/index.ts';
import type { Reading, Reason } from './diagnostic.ts';

/** A rule's direction for the weights of a connection beside the gradient, both from.size x to.size. */
export interface Comparison {
  readonly connection: Connection;
  readonly taken: Tensor;
  readonly exact: Tensor;
}

/** The parts of a run that diagnostics look at. */
export interface ProbedRun {
  readonly kernels: Kernels;
  readonly network: LayeredNetwork;
  readonly definition: RuleDefinition;
  readonly rule: Rule;
}

/** Training examples in front of the network while diagnostics are recorded. What none of them asks for is not computed. */
export class Probe {
  readonly run: ProbedRun;
  readonly #input: Tensor;
  readonly #target: Tensor;
  #lesson: RuleOutput | null = null;
  #activity: readonly Activity[] | null = null;
  #comparisons: readonly (Comparison | Reason)[] | null = null;

  /** @param input, target one row an example */
  constructor(run: ProbedRun, input: Tensor, target: Tensor) {
    this.run = run;
    this.#input = input;
    this.#target = target;
  }

  get lesson(): RuleOutput {
    this.#lesson ??= this.run.rule.learn({ input: this.#input, target: this.#target, probe: true });
    return this.#lesson;
  }

  /** A reading of each connection of the network that the rule gives a direction for; or why the gradient is unknown. */
  compareWithGradient(of: (comparison: Comparison) => Reading): Record<string, Reading | Reason> | Reason {
    const { network, definition } = this.run;
    if (definition.network !== 'layered' && !this.lesson.gradient)
      return `the rule trains a network of the kind '${definition.network}' and does not give its gradient`;
    this.#comparisons ??= this.#compare();
    return Object.fromEntries(
      network.connections.map(({ name }, l) => {
        const comparison = this.#comparisons![l]!;
        return [name, typeof comparison === 'string' ? comparison : of(comparison)];
      }),
    );
  }

  /** What the neurons did; or why that is not known. */
  get observation(): Observation | Reason {
    const { network } = this.run.definition;
    if (this.lesson.observed) return this.lesson.observed;
    if (network === 'layered')
      return {
        firingRates: this.#forward()
          .slice(1)
          .map(({ rate }) => rate),
      };
    return `the rule trains a network of the kind '${network}' and does not say what its neurons did`;
  }

  /** Keeps a 1 x 1 tensor until it is read. */
  keep(name: string, scalar: Tensor): Reading {
    const { kernels: k } = this.run;
    const kept = k.state(`${DIAGNOSTIC_STATE}${name}`, 1, 1);
    k.mapInto(kept, (x) => x, scalar);
    return async () => (await k.device.read(kept))[0]!;
  }

  /** The mean over examples and neurons. */
  mean(name: string, values: Tensor): Reading {
    const scale = 1 / (values.rows * values.columns);
    return this.keep(name, this.run.kernels.sum(values, { over: 'all', scale }));
  }

  #forward(): readonly Activity[] {
    this.#activity ??= this.run.network.forward(this.#input);
    return this.#activity;
  }

  #compare(): (Comparison | Reason)[] {
    const { kernels: k, network } = this.run;
    const { directions, gradient: own } = this.lesson;
    const truth = own ?? gradient(k, network, this.#forward(), this.#target);
    const find = (from: readonly Direction[], connection: Connection) =>
      from.find((direction) => direction.connection === connection);
    return network.connections.map((connection) => {
      const [direction, exact] = [find(directions, connection), find(truth, connection)];
      if (!direction) return 'the rule gives no direction there';
      if (!exact) return 'the rule does not give the gradient there';
      return { connection, taken: weightMatrix(k, direction), exact: weightMatrix(k, exact) };
    });
  }
}

/** How the names of the states begin that hold what was measured. */
export const DIAGNOSTIC_STATE = 'diagnostic: ';
