import { RandomStream, UserError } from '../kernels/index.ts';
import { type Dataset, makeDataset, type Walks } from './dataset.ts';
import { defineDataset } from './definition.ts';

const TRAINING = 4000;
const TEST = 500;
/** With so many a model that does not know where it is can hardly guess (docs/graph-worlds.md). */
const SYMBOLS = 45;
/** Steps of a walk for each node: enough to come back to most of them. */
const STEPS_PER_NODE = 2;
/** In a smaller torus two actions lead to one neighbour; larger worlds take long walks. */
const SIDES = [3, 8] as const;
/** North, east, south, west: rows and columns by which they move. */
const MOVES = [
  [-1, 0],
  [0, 1],
  [1, 0],
  [0, -1],
] as const;

/** A grid of nodes. */
interface World {
  readonly rows: number;
  readonly columns: number;
  /** Whoever leaves a torus comes in on the other side; a box has walls. */
  readonly shape: 'torus' | 'box';
}

/**
 * Random walks through a world (Whittington, Warren & Behrens 2022, arXiv:2112.04035): all walks have its nodes and edges in common, and each has
 * symbols of its own, drawn anew for every node. Always the same walks. An action is drawn from those that lead somewhere.
 * @param train number of walks to learn from
 * @param test number of walks with other symbols
 * @throws UserError when there is no such world
 */
export function makeGraphWorlds(world: World, train = TRAINING, test = TEST): Dataset {
  const text = `${world.rows}x${world.columns}-${world.shape}`;
  if (!isWorld(world)) throw noWorld(text);
  const name = `graph-worlds:${text}`;
  const nodes = world.rows * world.columns;
  const random = new RandomStream(0, `walks through ${name}`);
  const walks: Walks = { nodes, actions: MOVES.length, symbols: SYMBOLS };
  const draw = (count: number) => ({ images: drawWalks(world, count, random) });
  return makeDataset({
    name,
    title: `walks through a ${world.shape} of ${world.rows} x ${world.columns} nodes, with ${SYMBOLS} symbols that are new for each walk`,
    shape: [STEPS_PER_NODE * nodes, 3],
    train: draw(train),
    test: draw(test),
    walks,
    comparable: 'walks drawn here: comparable with other walks through such a world',
  });
}

/** @returns the action, the symbol and the node of each step of each walk */
function drawWalks(world: World, count: number, random: RandomStream): Uint8Array {
  const nodes = world.rows * world.columns;
  const steps = STEPS_PER_NODE * nodes;
  const bytes = new Uint8Array(count * steps * 3);
  for (let walk = 0, at = 0; walk < count; walk++) {
    const symbols = Uint8Array.from({ length: nodes }, () => random.integer(SYMBOLS));
    let node = random.integer(nodes);
    for (let step = 0; step < steps; step++, at += 3) {
      // No action leads to the first node.
      const action = step === 0 ? 0 : drawAction(world, node, random);
      if (step > 0) node = moveBy(world, node, action)!;
      bytes.set([action, symbols[node]!, node], at);
    }
  }
  return bytes;
}

function drawAction(world: World, node: number, random: RandomStream): number {
  const open = MOVES.flatMap((_, action) => (moveBy(world, node, action) === null ? [] : [action]));
  return open[random.integer(open.length)]!;
}

/** Where an action leads from a node; null where there is a wall. */
function moveBy({ rows, columns, shape }: World, node: number, action: number): number | null {
  const [down, right] = MOVES[action]!;
  const row = Math.floor(node / columns) + down;
  const column = (node % columns) + right;
  if (shape === 'torus') return ((row + rows) % rows) * columns + ((column + columns) % columns);
  return row < 0 || row >= rows || column < 0 || column >= columns ? null : row * columns + column;
}

function isWorld({ rows, columns, shape }: World): boolean {
  const [least, most] = SIDES;
  const isSide = (side: number) => Number.isInteger(side) && side >= least && side <= most;
  return isSide(rows) && isSide(columns) && (shape === 'torus' || shape === 'box');
}

const noWorld = (text: string): UserError =>
  new UserError(
    `the dataset 'graph-worlds' knows no world '${text}': write rows, columns and whether edges wrap around, with sides from ${SIDES[0]} to ${SIDES[1]}, as in graph-worlds:5x5-torus or graph-worlds:4x6-box`,
  );

/** @throws UserError when a text is none of a world */
function worldOf(argument: string): World {
  const [, rows, columns, shape] = /^(\d+)x(\d+)-(torus|box)$/.exec(argument) ?? [];
  if (shape === undefined) throw noWorld(argument);
  return { rows: Number(rows), columns: Number(columns), shape: shape as World['shape'] };
}

/** Walks through worlds, for tasks of sequences. */
export const graphWorlds = defineDataset({
  name: 'graph-worlds',
  argument: 'world',
  title: `walks through a world whose nodes have symbols that are new for each walk, e.g. graph-worlds:5x5-torus`,
  train: TRAINING,
  test: TEST,
  source: 'drawn here, from a stream of random numbers that never changes, after Whittington et al. 2022',
  licence: 'that of Dendrite',
  load: ({ argument }) => makeGraphWorlds(worldOf(argument)),
});
