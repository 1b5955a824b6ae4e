import { type Kernels, RandomStream, type Tensor, UserError } from '../kernels/index.ts';
import { ACTIVATIONS } from './activation.ts';
import { crossEntropy } from './loss.ts';
import type { Activity, Connection, Network, NetworkKind, NetworkSettings, Population } from './network.ts';
import { numbers } from './numbers.ts';

/** Places in a step of the input. */
const [ACTION, SYMBOL] = [0, 1];

/** What a TEM-t has to know of its rule. */
export interface TemTOptions {
  /** Where the code that keys are made of comes from. */
  readonly position: 'learned' | 'path-integrator' | 'none';
  /** Of a walk, numbered from 0; a path integrator takes them for north, east, south and west. */
  readonly actions: number;
  /** Inverse temperature of attention before it learns. */
  readonly beta: number;
}

/** One step of the position code. */
export interface PositionStep extends Activity {
  /** The code of the step before where the action is that of the column, else 0: batch x (units x actions); null at the first step. */
  readonly conjunctive: Tensor | null;
}

/** What a TEM-t does during walks. Tensors of all steps have a row for each step, walk after walk: (batch x steps) x size. */
export interface TemTActivity {
  /** Step by step; without a position code there are none. */
  readonly positions: readonly PositionStep[];
  /** The code that keys are made of. */
  readonly code: Tensor;
  /** Queries are the same. */
  readonly keys: Tensor;
  /** Over the steps of the walk: those before alone, so that the first row is zero. */
  readonly attention: Tensor;
  /** One-hot symbols. */
  readonly values: Tensor;
  /** Probabilities of symbols, batch x (steps x symbols). */
  readonly output: Tensor;
}

/**
 * The Tolman-Eichenbaum machine as a transformer, TEM-t (Whittington, Warren & Behrens 2022, arXiv:2112.04035), with a causal attention whose keys and
 * queries come from a recurrent code for the position and whose values are the symbols:
 *
 *     e_t = f(e_{t-1} W_a),   q_t = k_t = e_t W,   y_t = sum over j < t of softmax_j(q_t · k_j) x_j
 *
 * Each action a has a matrix W_a. No symbol is in a key, and no position in a value. The matrices are one connection here, from conjunctive neurons, of which
 * each has the rate of a position neuron while its action is taken.
 *
 * W_a start as random orthogonal matrices, W as the identity times the root of beta, and e_0 as a random vector of length 1 which does not learn: lengths
 * are kept, and places that were not compared yet are about orthogonal. The equations are those that the paper is known for, from memory and summaries; what it
 * starts from is not known here.
 */
export class TemT implements Network {
  readonly populations: readonly Population[];
  readonly connections: readonly Connection[];
  /** From conjunctive neurons to position neurons: row i actions + a is that of unit i and action a. Null without a position code. */
  readonly recurrent: Connection | null;
  /** From the code to keys and queries. */
  readonly keys: Connection;
  readonly steps: number;
  readonly actions: number;
  /** The recurrent connection is not set by hand. */
  readonly learnsPosition: boolean;
  readonly #kernels: Kernels;
  readonly #symbols: number;
  readonly #position: Population;
  /** The code at the first step, 1 x units; null without a position code. */
  readonly #start: Tensor | null;
  /** 0, 1, 2, ... in a row: of symbols, of actions, of steps; and of the unit and the action of conjunctive neurons. */
  readonly #numbers: Readonly<Record<'symbols' | 'actions' | 'steps' | 'units' | 'own', Tensor>>;

  /** @throws UserError when the layers do not make such a network */
  constructor(k: Kernels, seed: number, settings: NetworkSettings, options: TemTOptions) {
    const { actions, beta } = options;
    const { steps, units, symbols } = checkTemT(settings, options);
    this.#kernels = k;
    this.steps = steps;
    this.actions = actions;
    this.learnsPosition = options.position === 'learned';
    this.#symbols = symbols;
    const activation = options.position === 'learned' ? settings.activation : 'linear';
    this.#position = { name: 'position', size: units, compartments: ['soma'], activation };
    const input: Population = { name: 'input', size: 2 * steps, compartments: [], activation: null };
    const output: Population = {
      ...{ name: 'output', size: steps * symbols },
      ...{ compartments: ['soma'], activation: 'softmax' },
    };
    this.populations = [input, this.#position, output];
    this.recurrent = this.#makeRecurrent(seed, options);
    this.#start = this.recurrent && k.state('position at the start', 1, units, startOf(seed, units, options));
    this.keys = {
      name: 'position to keys',
      from: this.#position,
      to: { name: 'keys', size: units, compartments: ['soma'], activation: 'linear' },
      compartment: 'soma',
      weights: k.state('weights 2', units, units, scaledIdentity(units, Math.sqrt(beta))),
      bias: null,
    };
    this.connections = this.recurrent ? [this.recurrent, this.keys] : [this.keys];
    this.#numbers = {
      symbols: numbers(k, 'symbols', symbols),
      actions: numbers(k, 'actions', actions),
      steps: numbers(k, 'steps', steps),
      units: numbers(k, 'units of conjunctive neurons', units * actions, (i) => Math.floor(i / actions)),
      own: numbers(k, 'actions of conjunctive neurons', units * actions, (i) => i % actions),
    };
  }

  #makeRecurrent(seed: number, options: TemTOptions): Connection | null {
    if (options.position === 'none') return null;
    const { size } = this.#position;
    const matrices =
      options.position === 'learned' ? orthogonalMatrices(seed, size, this.actions) : torusMoves(size);
    const rows = size * this.actions;
    const weights = new Float32Array(rows * size);
    for (const [action, matrix] of matrices.entries())
      for (let i = 0; i < size; i++)
        weights.set(matrix.subarray(i * size, (i + 1) * size), (i * this.actions + action) * size);
    return {
      name: 'position to position',
      from: { name: 'conjunctive', size: rows, compartments: ['soma'], activation: 'linear' },
      to: this.#position,
      compartment: 'soma',
      weights: this.#kernels.state('weights 1', rows, size, weights),
      bias: null,
    };
  }

  loss(output: Tensor, target: Tensor): Tensor {
    return crossEntropy.loss(this.#kernels, output, target);
  }

  /** The position at the end of the walk, and the symbols predicted at each step. */
  respond(input: Tensor): Tensor[] {
    const { positions, code, output } = this.walk(input);
    return [positions.at(-1)?.rate ?? this.stepOf(code, this.steps - 1), output];
  }

  /** Traces walks. @param input batch x (steps x 2): the action and the symbol of each step */
  walk(input: Tensor): TemTActivity {
    const k = this.#kernels;
    const groups = input.rows;
    const positions = this.recurrent ? this.#integrate(input, this.recurrent) : [];
    const code = this.recurrent
      ? this.stack(positions.map(({ rate }) => rate))
      : this.#previousSymbols(input);
    const keys = k.matmul(code, this.keys.weights);
    const values = this.#oneHot(this.#partOf(input, SYMBOL), this.#numbers.symbols);
    const attention = this.#attend(k.matmul(keys, keys, { transposeB: true, groups }), input);
    const mixed = k.matmul(attention, values, { groups });
    const output = k.reshape(mixed, groups, this.steps * this.#symbols);
    return { positions, code, keys, attention, values, output };
  }

  /** e_t = f(e_{t-1} W_a), from the start on. */
  #integrate(input: Tensor, { weights }: Connection): PositionStep[] {
    const k = this.#kernels;
    const start = k.map((e, _) => e, this.#start!, this.actionAt(input, 0));
    const steps: PositionStep[] = [{ conjunctive: null, potential: start, rate: start }];
    for (let step = 1; step < this.steps; step++) {
      const conjunctive = this.gate(this.#repeated(steps[step - 1]!.rate), this.actionAt(input, step));
      const potential = k.matmul(conjunctive, weights, { sparse: true });
      steps.push({ conjunctive, potential, rate: k.map(this.#activation.rate, potential) });
    }
    return steps;
  }

  get #activation() {
    return ACTIVATIONS[this.#position.activation as keyof typeof ACTIVATIONS];
  }

  /** An error in the position code of a step made one of its potentials. */
  throughActivation(error: Tensor, { potential, rate }: PositionStep): Tensor {
    return this.#kernels.map(this.#activation.backward, error, potential, rate);
  }

  /** Each unit as often as there are actions, side by side. */
  #repeated(rates: Tensor): Tensor {
    return this.#kernels.select(rates, this.#numbers.units);
  }

  /** Conjunctive neurons of another action are silent. @param action batch x 1 */
  gate(conjunctive: Tensor, action: Tensor): Tensor {
    return this.#kernels.map((c, a, own) => (a === own ? c : 0), conjunctive, action, this.#numbers.own);
  }

  /** Sums what conjunctive neurons have over the actions. @returns batch x units */
  sumOverActions(conjunctive: Tensor): Tensor {
    const k = this.#kernels;
    const units = conjunctive.columns / this.actions;
    const apart = k.reshape(conjunctive, conjunctive.rows * units, this.actions);
    return k.reshape(k.sum(apart, { over: 'columns' }), conjunctive.rows, units);
  }

  /** The action that leads to a step, batch x 1. */
  actionAt(input: Tensor, step: number): Tensor {
    return this.#kernels.columns(input, 2 * step + ACTION, 1);
  }

  /** Tensors of single steps, batch x size each, as one of all of them. */
  stack(tensors: readonly Tensor[]): Tensor {
    const [{ rows, columns }] = tensors as [Tensor];
    return this.#kernels.reshape(this.#kernels.join(tensors), rows * tensors.length, columns);
  }

  /** Of a tensor of all steps that of one, batch x size. */
  stepOf(all: Tensor, step: number): Tensor {
    const k = this.#kernels;
    const flat = k.reshape(all, all.rows / this.steps, this.steps * all.columns);
    return k.columns(flat, step * all.columns, all.columns);
  }

  /** In place of a position: the symbol before and the action, one-hot side by side. The first step has neither. */
  #previousSymbols(input: Tensor): Tensor {
    const k = this.#kernels;
    const none = k.constant(-1, input.rows, 1);
    /** From one step on, those of the walk but one. */
    const behindNone = (all: Tensor, first: number): Tensor => {
      const later = k.columns(k.reshape(all, input.rows, this.steps), first, this.steps - 1);
      return k.reshape(k.join([none, later]), all.rows, 1);
    };
    return k.join([
      this.#oneHot(behindNone(this.#partOf(input, SYMBOL), 0), this.#numbers.symbols),
      this.#oneHot(behindNone(this.#partOf(input, ACTION), 1), this.#numbers.actions),
    ]);
  }

  #oneHot(column: Tensor, numbers: Tensor): Tensor {
    return this.#kernels.map((x, n) => (x === n ? 1 : 0), column, numbers);
  }

  /** The actions or the symbols of all steps, (batch x steps) x 1. */
  #partOf(input: Tensor, part: number): Tensor {
    const k = this.#kernels;
    return k.columns(k.reshape(input, input.rows * this.steps, 2), part, 1);
  }

  /** Softmax over the steps before. @param scores (batch x steps) x steps */
  #attend(scores: Tensor, input: Tensor): Tensor {
    const k = this.#kernels;
    const { steps } = this.#numbers;
    const numbered = k.map((n, _) => n, steps, this.actionAt(input, 0));
    const step = k.reshape(numbered, scores.rows, 1);
    const past = k.map((s, t, j) => (j < t ? s : -1e9), scores, step, steps);
    // The first step has nothing before it, and its softmax is one over all.
    return k.map((a, t, j) => (j < t ? a : 0), k.softmax(past), step, steps);
  }
}

/** Sizes of a TEM-t. */
interface Sizes {
  readonly steps: number;
  readonly units: number;
  readonly symbols: number;
}

/** @throws UserError when layers and options do not make a TEM-t */
export function checkTemT(
  { layers }: Pick<NetworkSettings, 'layers'>,
  { position, actions }: Pick<TemTOptions, 'position' | 'actions'>,
): Sizes {
  const [inputs = 0, units = 0, outputs = 0] = layers;
  const steps = inputs / 2;
  const symbols = outputs / steps;
  if (layers.length !== 3 || !Number.isInteger(steps) || steps < 2 || !Number.isInteger(symbols))
    throw new UserError(
      `layers: TEM-t has an action and a symbol for each step of a walk, units of its code, and symbols for each step, e.g. 100,64,2250 for 50 steps and 45 symbols, not ${layers.join(',')}`,
    );
  const side = Math.sqrt(units);
  if (position === 'path-integrator' && !(Number.isInteger(side) && side >= 3 && actions === 4))
    throw new UserError(
      `layers: a path integrator (position=path-integrator) has a unit for each node of a square torus, at least 9, and 4 actions: give 25 units for 5 x 5 nodes, not ${units} with ${actions} actions`,
    );
  if (position === 'none' && units !== symbols + actions)
    throw new UserError(
      `layers: without a position (position=none) the code is the symbol before and the action, so that there are ${symbols + actions} units, not ${units}`,
    );
  return { steps, units, symbols };
}

/** A hand-set code starts at one node, a learned one at a random vector of length 1. */
function startOf(seed: number, units: number, { position }: TemTOptions): Float32Array {
  if (position === 'path-integrator')
    return Float32Array.from({ length: units }, (_, i) => (i === 0 ? 1 : 0));
  const drawn = new RandomStream(seed, 'position at the start').normal(units, 0, 1);
  const length = Math.sqrt(drawn.reduce((sum, x) => sum + x * x, 0));
  return drawn.map((x) => x / length);
}

const scaledIdentity = (size: number, value: number): Float32Array =>
  Float32Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? value : 0));

/** Random orthogonal matrices, by the Gram-Schmidt process on normal numbers (in float64), one for each action. */
function orthogonalMatrices(seed: number, size: number, count: number): Float32Array[] {
  return Array.from({ length: count }, (_, action) => {
    const rows = Float64Array.from(
      new RandomStream(seed, `weights 1 of action ${action}`).normal(size * size, 0, 1),
    );
    const row = (i: number) => rows.subarray(i * size, (i + 1) * size);
    const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, x, j) => sum + x * b[j]!, 0);
    for (let i = 0; i < size; i++) {
      for (let before = 0; before < i; before++) {
        const along = dot(row(i), row(before));
        for (const [j, x] of row(before).entries()) row(i)[j]! -= along * x;
      }
      const length = Math.sqrt(dot(row(i), row(i)));
      for (let j = 0; j < size; j++) row(i)[j]! /= length;
    }
    return Float32Array.from(rows);
  });
}

/** Permutations of the nodes of a square torus: north, east, south and west. */
function torusMoves(units: number): Float32Array[] {
  const side = Math.sqrt(units);
  const moves = [
    [-1, 0],
    [0, 1],
    [1, 0],
    [0, -1],
  ] as const;
  return moves.map(([down, right]) => {
    const matrix = new Float32Array(units * units);
    for (let node = 0; node < units; node++) {
      const row = (Math.floor(node / side) + down + side) % side;
      const column = ((node % side) + right + side) % side;
      matrix[node * units + row * side + column] = 1;
    }
    return matrix;
  });
}

/** Transformers with a recurrent code for the position. */
export const temT: NetworkKind<TemT, TemTOptions> = {
  name: 'tem-t',
  description:
    'A transformer whose keys and queries come from a recurrent code for the position, and whose values are symbols.',
  build: (kernels, seed, settings, options) => new TemT(kernels, seed, settings, options),
};
