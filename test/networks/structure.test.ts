import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UserError } from '../../kernels/index.ts';
import { LayeredNetwork, STRUCTURES, type Structure } from '../../networks/index.ts';
import { synapseMasks } from '../../networks/structure.ts';
import { float64, networkSettings } from '../support.ts';

const PARTIAL = Object.keys(STRUCTURES).filter((structure) => structure !== 'full') as Structure[];
const LAYERS = [49, 24, 6, 3];

const masksOf = (structure: Structure, { layers = LAYERS, synapses = 10, seed = 1 } = {}) =>
  synapseMasks(seed, { layers, structure, synapses });

/** Numbers of the presynaptic neurons that a postsynaptic one hears. */
const heard = (mask: Float32Array, post: number, to: number): number[] =>
  [...mask.keys()].filter((i) => i % to === post && mask[i] === 1).map((i) => Math.floor(i / to));

/** Numbers of synapses onto each postsynaptic neuron. */
const counts = (mask: Float32Array, to: number): number[] =>
  Array.from({ length: to }, (_, post) => heard(mask, post, to).length);

const total = (mask: Float32Array): number => mask.reduce((sum, m) => sum + m, 0);

test('full networks have all synapses, and outputs hear all somata in every structure', () => {
  assert.equal(masksOf('full'), [null, null, null]);
  for (const structure of PARTIAL) assert.is(masksOf(structure)[2], null, structure);
});

test('each soma hears its own dendrites, as many as every other, and each dendrite speaks to one soma', () => {
  for (const structure of PARTIAL.filter((one) => STRUCTURES[one].hasDendrites)) {
    const mask = masksOf(structure)[1]!;
    assert.equal(
      Array.from({ length: 6 }, (_, soma) => heard(mask, soma, 6)),
      Array.from({ length: 6 }, (_, soma) => [0, 1, 2, 3].map((d) => 4 * soma + d)),
    );
  }
});

test('dendrites have so many synapses: each of them, or on average', () => {
  for (const structure of ['dendrites-local', 'dendrites-global'] as const)
    assert.equal(counts(masksOf(structure)[0]!, 24), new Array(24).fill(10), structure);
  for (const structure of ['dendrites-random', 'sparse'] as const) {
    const mask = masksOf(structure)[0]!;
    assert.is(total(mask), 240);
    assert.ok(new Set(counts(mask, 24)).size > 2, 'not the same for each');
  }
  assert.is(masksOf('dendrites-all')[0], null);
});

test('a sparse network has as many synapses onto somata as there are dendrites, and not in blocks', () => {
  const mask = masksOf('sparse')[1]!;
  assert.is(total(mask), 24);
  assert.not.equal(mask, masksOf('dendrites-random')[1]);
});

/** How far the pixels of an image of 7 x 7 are apart, the larger of rows and columns. */
function extent(pixels: readonly number[]): number {
  const spread = (of: (pixel: number) => number) =>
    Math.max(...pixels.map(of)) - Math.min(...pixels.map(of)) + 1;
  return Math.max(
    spread((pixel) => Math.floor(pixel / 7)),
    spread((pixel) => pixel % 7),
  );
}

test('local dendrites see pixels that lie together, random ones do not', () => {
  // Nine pixels of a square of 3 x 3, cut off at edges, and the tenth from a ring around it.
  const local = masksOf('dendrites-local')[0]!;
  const random = masksOf('dendrites-random')[0]!;
  const extents = (mask: Float32Array) => Array.from({ length: 24 }, (_, d) => extent(heard(mask, d, 24)));
  assert.ok(extents(local).every((size) => size <= 5));
  assert.ok(extents(random).filter((size) => size > 5).length > 12);
});

test('an inner dendrite sees the whole square around its centre before anything further away', () => {
  const mask = masksOf('dendrites-local', { layers: [49, 400, 400, 3], synapses: 9 })[0]!;
  const inner = Array.from({ length: 400 }, (_, d) => heard(mask, d, 400)).filter(
    (pixels) => extent(pixels) === 3,
  );
  assert.ok(inner.length > 100);
  for (const pixels of inner) {
    const [first] = pixels as [number];
    assert.equal(
      pixels,
      [0, 1, 2, 7, 8, 9, 14, 15, 16].map((step) => first + step),
    );
  }
});

test('global: the dendrites of a soma lie side by side, those of local ones anywhere', () => {
  const layers = [49, 40, 10, 3];
  const fields = (structure: Structure) => {
    const mask = masksOf(structure, { layers, synapses: 4 })[0]!;
    return Array.from({ length: 10 }, (_, soma) =>
      extent([0, 1, 2, 3].flatMap((d) => heard(mask, 4 * soma + d, 40))),
    );
  };
  assert.ok(fields('dendrites-global').every((size) => size <= 5));
  assert.ok(fields('dendrites-local').filter((size) => size > 5).length > 5);
});

test('masks belong to the seed, and a deeper pair has its own', () => {
  for (const structure of ['dendrites-random', 'dendrites-local', 'dendrites-global', 'sparse'] as const) {
    assert.equal(masksOf(structure), masksOf(structure));
    assert.not.equal(masksOf(structure)[0], masksOf(structure, { seed: 2 })[0]);
  }
  const deep = masksOf('dendrites-local', { layers: [49, 24, 6, 12, 4, 3], synapses: 3 });
  assert.equal(counts(deep[2]!, 12), new Array(12).fill(3));
  assert.equal(counts(deep[3]!, 4), new Array(4).fill(3));
});

test('two streams hear all inputs, drive all outputs, and do not hear each other in between', () => {
  const [first, second, third, last] = masksOf('two-streams', { layers: [5, 6, 4, 2, 3] });
  assert.equal([first, last], [null, null]);
  assert.equal(
    [0, 1, 2, 3].map((post) => heard(second!, post, 4)),
    [
      [0, 1, 2],
      [0, 1, 2],
      [3, 4, 5],
      [3, 4, 5],
    ],
  );
  assert.equal(
    [0, 1].map((post) => heard(third!, post, 2)),
    [
      [0, 1],
      [2, 3],
    ],
  );
});

test('weights start from those of the full network, and from zero where there is no synapse', () => {
  const weightsOf = (structure: Structure) => {
    const { device, k } = float64();
    const settings = networkSettings({ layers: LAYERS, structure, synapses: 10 });
    return new LayeredNetwork(k, 1, settings).connections.map(({ weights }) => [...device.values(weights)]);
  };
  const full = weightsOf('full');
  for (const structure of PARTIAL) {
    const masks = masksOf(structure);
    for (const [l, weights] of weightsOf(structure).entries())
      assert.equal(
        weights,
        full[l]!.map((w, i) => w * (masks[l]?.[i] ?? 1)),
      );
  }
});

test('layers that do not have the structure are refused', () => {
  const cases: [Structure, number[], number, RegExp][] = [
    ['dendrites-random', [49, 24, 3], 4, /hidden layers come in pairs, .* e\.g\. --layers 49,2048,256,3$/],
    ['sparse', [49, 24, 6, 5, 3], 4, /hidden layers come in pairs/],
    ['two-streams', [49, 24, 3], 4, /two streams need two hidden layers or more.* --layers 49,256,256,3$/],
    ['two-streams', [49, 24, 7, 3], 4, /each of an even number of neurons/],
    ['dendrites-all', [49, 24, 7, 3], 4, /24 dendrites cannot be shared equally by 7 somata/],
    ['dendrites-random', [49, 24, 6, 3], 50, /a dendrite cannot have 50 synapses with 49 neurons/],
    ['dendrites-random', [49, 24, 6, 8, 4, 3], 7, /a dendrite cannot have 7 synapses with 6 neurons/],
    ['dendrites-local', [48, 24, 6, 3], 4, /a square image, and 48 inputs are none; choose dendrites-random/],
    [
      'dendrites-global',
      [49, 50, 1, 3],
      4,
      /the 50 dendrites of a soma do not fit side by side on 49 places/,
    ],
  ];
  for (const [structure, layers, synapses, pattern] of cases)
    assert.throws(
      () => masksOf(structure, { layers, synapses }),
      (error: Error) => error instanceof UserError && pattern.test(error.message),
      structure,
    );
});

test.run();
