import { consecutive, type Kernels, RandomStream, type Tensor, UserError } from '../kernels/index.ts';

/**
 * Which synapses a layered network has, after Chavlis & Poirazi 2025, Nat. Commun. 16:943 (names of theirs in brackets). With dendrites
 * hidden layers come in pairs, the dendrites and the somata that they belong to: each soma has as many dendrites as all others, and
 * hears of nothing else. These structures differ in what dendrites see of the layer below; two streams have none.
 */
export const STRUCTURES = {
  /** Everything joins everything (vANN). */
  full: { hasDendrites: false, isSparse: false },
  /** `synapses` for each dendrite on average, placed at random (dANN-R). */
  'dendrites-random': { hasDendrites: true, isSparse: true },
  /** `synapses` around a point of the dendrite's own (dANN-LRF). */
  'dendrites-local': { hasDendrites: true, isSparse: true },
  /** As local, and the dendrites of a soma lie beside each other (dANN-GRF). */
  'dendrites-global': { hasDendrites: true, isSparse: true },
  /** Everything below (pdANN). */
  'dendrites-all': { hasDendrites: true, isSparse: false },
  /** As many synapses as with dendrites-random in every layer, all of them placed at random: no soma has dendrites of its own (sANN). */
  sparse: { hasDendrites: false, isSparse: true },
  /**
   * Two pathways of equal width: both hear all inputs and drive all outputs, and between hidden layers there are no synapses from one to the
   * other (after Bakhtiari et al. 2021, NeurIPS 34, where both are convolutional). The first half of each hidden layer is one of them.
   */
  'two-streams': { hasDendrites: false, isSparse: false },
} as const;

/** One of STRUCTURES. */
export type Structure = keyof typeof STRUCTURES;

/** The settings that say which synapses there are. */
export interface StructureSettings {
  /** Numbers of neurons, or dendrites, from input to output. */
  readonly layers: readonly number[];
  readonly structure: Structure;
  /** Of each dendrite, in a structure where it sees a part of the layer below. */
  readonly synapses: number;
}

/** Which synapses of a connection exist. */
export interface Mask {
  /** from.size x to.size: 1 where there is a synapse, else 0. */
  readonly tensor: Tensor;
  readonly values: Float32Array;
}

/** Takes the weights of synapses that do not exist back to zero. */
export function maskWeights(k: Kernels, weights: Tensor, mask: Mask | undefined): void {
  if (mask) k.mapInto(weights, (w, m) => w * m, weights, mask.tensor);
}

/** Places of an image, or of somata in rows. */
interface Grid {
  readonly rows: number;
  readonly columns: number;
}

/**
 * For each connection, input side first, 1 where there is a synapse and 0 elsewhere, row by row (row = presynaptic neuron); null where
 * all exist. Drawn from the streams 'synapses 1', 'synapses 2', ... of the seed.
 * @throws UserError when the layers do not have the structure
 */
export function synapseMasks(seed: number, settings: StructureSettings): (Float32Array | null)[] {
  checkStructure(settings);
  const { layers, structure } = settings;
  return layers.slice(1).map((to, l) => {
    if (structure === 'full' || l === layers.length - 2) return null;
    const from = layers[l]!;
    if (structure === 'two-streams') return l === 0 ? null : withinStreams(from, to);
    const random = new RandomStream(seed, `synapses ${l + 1}`);
    if (l % 2 === 0) return dendriteMask(random, settings, l);
    return structure === 'sparse' ? scattered(random, from, to, from) : ownDendrites(from, to);
  });
}

/** What the dendrites of a pair see. @param l number of the connection into them, even */
function dendriteMask(
  random: RandomStream,
  { layers, structure, synapses }: StructureSettings,
  l: number,
): Float32Array | null {
  const [from, dendrites, somata] = layers.slice(l, l + 3) as [number, number, number];
  if (structure === 'dendrites-all') return null;
  if (structure === 'dendrites-random' || structure === 'sparse')
    return scattered(random, from, dendrites, synapses * dendrites);
  const grid = gridOf(from);
  const centres =
    structure === 'dendrites-local'
      ? Array.from({ length: dendrites }, () => random.integer(from))
      : Array.from({ length: somata }, () =>
          around(random, grid, random.integer(from), dendrites / somata),
        ).flat();
  const mask = new Float32Array(from * dendrites);
  for (const [d, centre] of centres.entries())
    for (const place of around(random, grid, centre, synapses)) mask[place * dendrites + d] = 1;
  return mask;
}

/** So many synapses at random places. */
function scattered(random: RandomStream, from: number, to: number, count: number): Float32Array {
  const mask = new Float32Array(from * to);
  for (const place of chosen(random, consecutive(0, from * to), count)) mask[place] = 1;
  return mask;
}

/** Neurons of a half hear those of the same half. */
function withinStreams(from: number, to: number): Float32Array {
  const mask = new Float32Array(from * to);
  for (let i = 0; i < from; i++) {
    const second = Number(i >= from / 2);
    mask.fill(1, i * to + (second * to) / 2, i * to + ((second + 1) * to) / 2);
  }
  return mask;
}

/** Each soma hears its own dendrites, which stand beside each other. */
function ownDendrites(dendrites: number, somata: number): Float32Array {
  const each = dendrites / somata;
  const mask = new Float32Array(dendrites * somata);
  for (let d = 0; d < dendrites; d++) mask[d * somata + Math.floor(d / each)] = 1;
  return mask;
}

/**
 * So many places around one: the square of 3 x 3 places about it, as far as it lies within the grid, then ring by ring; of the ring,
 * or the square, that there are too many of a random choice.
 */
function around(random: RandomStream, grid: Grid, centre: number, count: number): number[] {
  const places: number[] = [];
  for (let radius = 1; places.length < count; radius++) {
    const next = Uint32Array.from(radius === 1 ? square(grid, centre, 1) : ring(grid, centre, radius));
    places.push(...chosen(random, next, Math.min(count - places.length, next.length)));
  }
  return places;
}

/** Places no further from another than `radius` in rows and in columns. */
function square({ rows, columns }: Grid, centre: number, radius: number): number[] {
  const [row, column] = [Math.floor(centre / columns), centre % columns];
  const places: number[] = [];
  for (let r = Math.max(0, row - radius); r <= Math.min(rows - 1, row + radius); r++)
    for (let c = Math.max(0, column - radius); c <= Math.min(columns - 1, column + radius); c++)
      places.push(r * columns + c);
  return places;
}

/** The rim of a square. */
function ring(grid: Grid, centre: number, radius: number): number[] {
  const inner = new Set(square(grid, centre, radius - 1));
  return square(grid, centre, radius).filter((place) => !inner.has(place));
}

/** So many of the items, each once. */
function chosen(random: RandomStream, items: Uint32Array, count: number): Uint32Array {
  for (let i = 0; i < count; i++) {
    const j = i + random.integer(items.length - i);
    const kept = items[i]!;
    items[i] = items[j]!;
    items[j] = kept;
  }
  return items.subarray(0, count);
}

/** A square image, or the rows of somata that come nearest to a square. */
function gridOf(places: number): Grid {
  let rows = Math.floor(Math.sqrt(places));
  while (places % rows !== 0) rows--;
  return { rows, columns: places / rows };
}

/**
 * Whether layers can have a structure.
 * @throws UserError when they cannot
 */
export function checkStructure({ layers, structure, synapses }: StructureSettings): void {
  if (structure === 'full') return;
  const { hasDendrites, isSparse } = STRUCTURES[structure];
  const where = `the structure '${structure}' of layers ${layers.join(',')}`;
  if (structure === 'two-streams') {
    if (layers.length < 4 || layers.slice(1, -1).some((size) => size % 2 === 1))
      throw new UserError(
        `${where}: two streams need two hidden layers or more, each of an even number of neurons; write e.g. --layers ${layers[0]},256,256,${layers.at(-1)}`,
      );
    return;
  }
  if (layers.length < 4 || layers.length % 2 === 1)
    throw new UserError(
      `${where}: hidden layers come in pairs, dendrites and then somata; write e.g. --layers ${layers[0]},2048,256,${layers.at(-1)}`,
    );
  for (let l = 0; l < layers.length - 2; l += 2) {
    const [from, dendrites, somata] = layers.slice(l, l + 3) as [number, number, number];
    if (hasDendrites && dendrites % somata !== 0)
      throw new UserError(
        `${where}: ${dendrites} dendrites cannot be shared equally by ${somata} somata; make the one a multiple of the other`,
      );
    if (isSparse && synapses > from)
      throw new UserError(
        `${where}: a dendrite cannot have ${synapses} synapses with ${from} neurons; choose fewer synapses`,
      );
    if (structure === 'dendrites-global' && dendrites / somata > from)
      throw new UserError(
        `${where}: the ${dendrites / somata} dendrites of a soma do not fit side by side on ${from} places; choose fewer dendrites`,
      );
    if (l === 0 && /local|global/.test(structure) && !Number.isInteger(Math.sqrt(from)))
      throw new UserError(
        `${where}: dendrites see a part of a square image, and ${from} inputs are none; choose dendrites-random`,
      );
  }
}
