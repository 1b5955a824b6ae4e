import type { Dataset, Split, Walks } from '../../data/browser.ts';
import { type Kernels, type Table, type Tensor, UserError } from '../../kernels/index.ts';
import { meanOverExamples } from '../evaluation.ts';
import type { BuiltTask, TaskContext, TaskDefinition, TaskSetup } from '../task.ts';

/** A step of a walk that comes to a node where the walk has been before. */
export interface Arrival {
  /** The edge was walked before, in either direction. */
  readonly edgeSeen: boolean;
  /** The same action was taken from the node before it. */
  readonly actionSeen: boolean;
}

/** Which arrivals are scored. */
export const ARRIVALS = {
  visited: () => true,
  'unseen-edge': ({ edgeSeen }: Arrival) => !edgeSeen,
  'unseen-action': ({ actionSeen }: Arrival) => !actionSeen,
} as const;

type Scored = keyof typeof ARRIVALS;

/** A walk, step by step. No action leads to the first node. */
export interface Walk {
  readonly actions: readonly number[];
  readonly symbols: readonly number[];
  readonly nodes: readonly number[];
}

/** The walks that are the images of a split. */
export function walksOf({ images: { count, columns, values } }: Split): Walk[] {
  const part = (walk: number, place: number): number[] =>
    Array.from({ length: columns / 3 }, (_, step) => values[walk * columns + 3 * step + place]!);
  return Array.from({ length: count }, (_, walk) => ({
    actions: part(walk, 0),
    symbols: part(walk, 1),
    nodes: part(walk, 2),
  }));
}

/** For each step: null at a node where the walk has not been. */
export function arrivalsOf({ actions, nodes }: Walk): (Arrival | null)[] {
  const visited = new Set<number>();
  const walked = new Set<string>();
  return nodes.map((node, step) => {
    const before = nodes[step - 1];
    const [there, back, taken] = [`${before}-${node}`, `${node}-${before}`, `${before}:${actions[step]}`];
    const arrival = visited.has(node) ? { edgeSeen: walked.has(there), actionSeen: walked.has(taken) } : null;
    visited.add(node);
    for (const seen of [there, back, taken]) walked.add(seen);
    return arrival;
  });
}

/**
 * Walks through a world whose symbols are new for each walk (Whittington, Muller, Mark, Chen, Barry, Burgess & Behrens 2020, Cell 183:1249;
 * Whittington, Warren & Behrens 2022, arXiv:2112.04035): at each step the network is told the action, and is to predict the symbol from those that
 * it has seen. It is taught and scored where the walk comes back to a node, since nobody can know the symbol of a new one. By an unseen edge,
 * only who knows where it is can be right. Nodes are never shown.
 */
export const nextSymbol: TaskDefinition = {
  name: 'next-symbol',
  description:
    'Predict the next symbol of a walk through a world that is new but for its structure; scored where a known node is reached; the criterion says by which edges.',
  argument: 'criterion',
  score: { label: 'Test accuracy', unit: '%', better: 'higher', digits: 1 },
  defaults: { layers: [100, 64, 2250], loss: 'cross-entropy' },
  check: checkNextSymbol,
  build: buildNextSymbol,
};

function checkNextSymbol({ argument, dataset, settings, definition, options }: TaskSetup): void {
  const { layers, loss } = settings;
  scoredArrivals(argument);
  if (definition.onlyTask !== nextSymbol.name)
    throw new UserError(
      `the rule '${definition.name}' answers once to what it is shown, and --task next-symbol asks at each step of a walk: choose --rules backprop-through-time`,
    );
  const { symbols, actions, nodes } = walksIn(dataset);
  const [steps] = dataset.shape;
  const wanted = [2 * steps, steps * symbols] as const;
  if (layers[0] !== wanted[0] || layers.at(-1) !== wanted[1])
    throw new UserError(
      `layers: a walk of '${dataset.name}' has ${steps} steps with an action and a symbol each, and one of ${symbols} symbols is to be predicted at each: the first size must be ${wanted[0]} and the last ${wanted[1]}, not ${layers[0]} and ${layers.at(-1)}`,
    );
  if (loss !== 'cross-entropy')
    throw new UserError(`loss: symbols are classes, so --task next-symbol needs cross-entropy, not ${loss}`);
  if (options.actions !== undefined && options.actions !== actions)
    throw new UserError(
      `the option 'actions' of the rule '${definition.name}' is ${options.actions}, but walks of '${dataset.name}' have ${actions} actions: set it to ${actions}`,
    );
  // A box also fits on a larger torus.
  if (options.position === 'path-integrator' && layers[1]! < nodes)
    throw new UserError(
      `layers: a path integrator (position=path-integrator) has a unit for each node, and '${dataset.name}' has ${nodes} nodes, but there are ${layers[1]} units: give at least as many`,
    );
}

/** @throws UserError when the images are no walks */
function walksIn({ name, walks }: Dataset): Walks {
  if (!walks)
    throw new UserError(
      `the images of '${name}' are no walks, which --task next-symbol is about: choose --dataset graph-worlds:5x5-torus`,
    );
  return walks;
}

/** @throws UserError when there is no such criterion */
function scoredArrivals(argument: string): (arrival: Arrival) => boolean {
  if (!Object.hasOwn(ARRIVALS, argument))
    throw new UserError(
      `the task 'next-symbol' knows no criterion '${argument}': write ${Object.keys(ARRIVALS)
        .map((name) => `next-symbol:${name}`)
        .join(', ')}`,
    );
  return ARRIVALS[argument as Scored];
}

/** The walks of a split, a row each. */
interface WalkTables {
  /** What the network is shown: action and symbol of each step, steps x 2 numbers. */
  readonly shown: Table;
  /** One-hot symbols where the walk comes to a known node, else zeros; steps x symbols. */
  readonly target: Table;
  /** 1 where an arrival is scored, else 0; a number for each step. */
  readonly scored: Table;
  /** How many are scored. */
  readonly arrivals: number;
}

/** Action and symbol of each step, of the three numbers of each in a row of the dataset. */
const shownOf = (walk: readonly number[]): Float32Array =>
  Float32Array.from(walk.filter((_, i) => i % 3 < 2));

function tablesOf(split: Split, { symbols }: Walks, isScored: (arrival: Arrival) => boolean): WalkTables {
  const { name, count, columns } = split.images;
  const steps = columns / 3;
  const [shown, target, scored] = [2, symbols, 1].map((size) => new Uint8Array(count * steps * size)) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  for (const [w, walk] of walksOf(split).entries())
    for (const [step, arrival] of arrivalsOf(walk).entries()) {
      const at = w * steps + step;
      shown.set([walk.actions[step]!, walk.symbols[step]!], 2 * at);
      if (!arrival) continue;
      target[at * symbols + walk.symbols[step]!] = 1;
      scored[at] = isScored(arrival) ? 1 : 0;
    }
  const table = (what: string, values: Uint8Array): Table => ({
    ...{ name: `${name}, ${what}`, count, columns: values.length / count, values },
    ...{ encoding: 'scaled', scale: 1 },
  });
  return {
    shown: table('actions and symbols', shown),
    target: table('symbols to predict', target),
    scored: table('scored', scored),
    arrivals: scored.reduce((sum, one) => sum + one, 0),
  };
}

async function buildNextSymbol(context: TaskContext): Promise<BuiltTask> {
  const { kernels: k, dataset, argument, respond, evaluationBatchSize } = context;
  const walks = walksIn(dataset);
  const isScored = scoredArrivals(argument);
  const train = tablesOf(dataset.train, walks, isScored);
  return {
    images: train.shown,
    inputOf: (walk) => shownOf(Array.from(walk, (value) => Math.round(value / dataset.train.images.scale))),
    target: (input) => k.gather(train.target, input.rows),
    trainingScore: (output, target) => rightAnswers(k, output, target, k.gather(train.scored, output.rows)),
    scale: scaleOf(train),
    scoreOf(name, split) {
      const tables = tablesOf(split, walks, isScored);
      return meanOverExamples(k, name, tables.shown.count, evaluationBatchSize, scaleOf(tables), (batch) => {
        const output = respond(k.gather(tables.shown, batch)).at(-1)!;
        return rightAnswers(k, output, k.gather(tables.target, batch), k.gather(tables.scored, batch));
      });
    },
  };
}

/** Makes a mean over walks of right answers one over arrivals, in %. */
const scaleOf = ({ shown, arrivals }: WalkTables): number => (100 * shown.count) / arrivals;

/**
 * How many scored steps of each walk have their largest output at the target, batch x 1.
 * @param output batch x (steps x symbols), as the target
 * @param scored batch x steps
 */
function rightAnswers(k: Kernels, output: Tensor, target: Tensor, scored: Tensor): Tensor {
  const { rows: batch, columns: steps } = scored;
  const perStep = (t: Tensor): Tensor => k.reshape(t, batch * steps, t.columns / steps);
  const right = k.map((a, b) => (a === b ? 1 : 0), k.argmax(perStep(output)), k.argmax(perStep(target)));
  return k.sum(
    k.map((r, s) => r * s, k.reshape(right, batch, steps), scored),
    { over: 'columns' },
  );
}
