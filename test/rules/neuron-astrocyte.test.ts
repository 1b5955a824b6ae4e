import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RandomStream } from '../../kernels/index.ts';
import { findRule, resolveOptions } from '../../rules/index.ts';
import { endsOfSynapses, FullDynamics } from '../../rules/neuron-astrocyte.ts';
import { float64, runOnce } from '../support.ts';
import type { Matrix } from './by-hand.ts';
import { dot, type Memory, memoryOf, randomSigns, turned } from './memory-by-hand.ts';

const NAME = 'neuron-astrocyte';
const store = (patterns: Matrix, options: Record<string, unknown> = {}): Promise<Memory> =>
  memoryOf(NAME, patterns, options, float64());

/** Of the limit, for states that need not be of -1 and 1. */
const quartic = (patterns: Matrix, s: readonly number[]): number =>
  -patterns.reduce((sum, xi) => sum + dot(xi, s) ** 4, 0) / 4;

test('the limit takes the sign of the downhill slope of its energy, by finite differences', async () => {
  const patterns = randomSigns('patterns', 20, 13);
  const cues = randomSigns('cues', 25, 13);
  const expected = cues.map((s) =>
    s.map((own, i) => {
      const at = (x: number) =>
        quartic(
          patterns,
          s.map((other, j) => (j === i ? own + x : other)),
        );
      const slope = (at(1e-4) - at(-1e-4)) / 2e-4;
      return Math.abs(slope) < 1e-3 ? own : -Math.sign(slope);
    }),
  );
  const memory = await store(patterns, { duration: 1 });
  assert.equal((await memory.recall(cues)).states, expected);
});

test('the energy of the limit never rises though all neurons change at once, and they settle', async () => {
  const patterns = randomSigns('patterns', 60, 16);
  const cues = randomSigns('cues', 40, 16);
  const memory = await store(patterns);
  let before = cues.map((s) => quartic(patterns, s));
  for (const duration of [1, 2, 3, 20]) {
    const { states, residual } = await memory.recall(cues, { duration });
    const after = states.map((s) => quartic(patterns, s));
    for (const [n, e] of after.entries()) assert.ok(e <= before[n]!, `${e} after ${before[n]}`);
    before = after;
    if (duration === 20) assert.ok(residual!.flat().every((r) => r === 0));
  }
});

test('stored patterns are fixed at a low load, and what is turned is repaired', async () => {
  const patterns = randomSigns('few', 8, 24);
  const memory = await store(patterns);
  assert.equal((await memory.recall(patterns)).states, patterns);
  assert.equal((await memory.recall(turned(patterns, 2))).states, patterns);
});

/** Full dynamics on their own, with states in which they go on. */
async function follow(patterns: Matrix, cues: Matrix, given: Record<string, unknown>) {
  const { device, k } = float64();
  const size = patterns[0]!.length;
  const rule = findRule(NAME);
  const options = resolveOptions(rule, { dynamics: 'full', timeStep: 0.01, ...given });
  const stored = k.state('patterns', patterns.length, size, Float32Array.from(patterns.flat()));
  const cue = k.state('cues', cues.length, size, Float32Array.from(cues.flat()));
  const kept = {
    neurons: k.state('neurons', cues.length, size),
    synapses: k.state('synapses', cues.length, size ** 2),
    processes: k.state('processes', cues.length, size ** 2),
  };
  const ends = endsOfSynapses(k, size);
  const dynamics = () => new FullDynamics(k, stored, ends, options as never);
  await runOnce(k, () => {
    const begun = dynamics().begin(cue);
    for (const name of ['neurons', 'synapses', 'processes'] as const)
      k.mapInto(kept[name], (x) => x, begun[name]);
  });
  const step = await k.trace('some steps', () => dynamics().run(kept, 10));
  const row = (name: keyof typeof kept, n: number) => {
    const { columns } = kept[name];
    return [...device.values(kept[name]).subarray(n * columns, (n + 1) * columns)];
  };
  return {
    row,
    set: (values: { readonly [name in keyof typeof kept]: readonly number[] }) => {
      for (const name of ['neurons', 'synapses', 'processes'] as const)
        device.values(kept[name]).set(values[name]);
    },
    goOn: (times: number) => step.run({ steps: times, firstStep: 0, rows: new Uint32Array(0) }),
  };
}

test('neurons, synapses and processes move by their equations', async () => {
  const [size, dt] = [4, 0.01];
  const patterns = randomSigns('patterns', 2, size);
  const { row, set, goOn } = await follow(patterns, patterns.slice(0, 1), {});
  const random = (name: string, count: number) => [...new RandomStream(9, name).normal(count, 0, 0.2)];
  let [x, s, p] = [random('x', size), random('s', size ** 2), random('p', size ** 2)];
  set({ neurons: x, synapses: s, processes: p });
  await goOn(1);
  for (let step = 0; step < 10; step++) {
    const [phi, g, psi] = [rate(x), rate(s), rate(p)];
    const spread = (ij: number): number =>
      patterns.reduce((sum, xi) => {
        const overlap = psi.reduce((sum, c, kl) => sum + c * xi[Math.floor(kl / size)]! * xi[kl % size]!, 0);
        return sum + (xi[Math.floor(ij / size)]! * xi[ij % size]! * overlap) / size ** 3;
      }, 0);
    const current = (i: number): number => phi.reduce((sum, f, j) => sum + g[i * size + j]! * f, 0);
    [x, s, p] = [
      x.map((z, i) => z + dt * (-z + current(i))),
      s.map((z, ij) => z + dt * (-z + phi[Math.floor(ij / size)]! * phi[ij % size]! + psi[ij]!)),
      p.map((z, ij) => z + dt * (-z + spread(ij) + g[ij]!)),
    ];
  }
  for (const [name, wanted] of [
    ['neurons', x],
    ['synapses', s],
    ['processes', p],
  ] as const)
    for (const [i, z] of row(name, 0).entries()) assert.ok(Math.abs(z - wanted[i]!) < 1e-12, name);
});

const BETA = 5;
const rate = (z: readonly number[]): number[] => z.map((x) => Math.tanh(BETA * x));
/** Of tanh(beta z); the logarithm of the cosine, without overflow. */
const lagrangian = (z: readonly number[]): number =>
  z.reduce((sum, x) => {
    const u = Math.abs(BETA * x);
    return sum + (u + Math.log1p(Math.exp(-2 * u)) - Math.log(2)) / BETA;
  }, 0);

/** Energy of the full dynamics, in plain loops over N^4 pairs of synapses by way of the patterns. */
function energyOf(patterns: Matrix, x: number[], s: number[], p: number[]): number {
  const size = x.length;
  const [phi, g, psi] = [rate(x), rate(s), rate(p)];
  const synaptic = g.reduce((sum, w, ij) => sum + w * phi[Math.floor(ij / size)]! * phi[ij % size]!, 0);
  const spread = patterns.reduce((sum, xi) => {
    const overlap = psi.reduce((sum, c, ij) => sum + c * xi[Math.floor(ij / size)]! * xi[ij % size]!, 0);
    return sum + overlap ** 2 / size ** 3;
  }, 0);
  return (
    dot(x, phi) -
    lagrangian(x) +
    (dot(s, g) - lagrangian(s)) / 2 +
    (dot(p, psi) - lagrangian(p)) / 2 -
    synaptic / 2 -
    dot(psi, g) / 2 -
    spread / 4
  );
}

for (const start of ['constraint', 'zero'])
  test(`the energy of the full dynamics never rises, started at the ${start}`, async () => {
    const patterns = randomSigns('patterns', 3, 10);
    const cues = turned(patterns, 2);
    const { row, goOn } = await follow(patterns, cues, { start });
    const energies = () =>
      cues.map((_, n) => energyOf(patterns, row('neurons', n), row('synapses', n), row('processes', n)));
    let before = energies();
    const first = before;
    for (let round = 0; round < 60; round++) {
      await goOn(1);
      const after = energies();
      for (const [n, e] of after.entries())
        assert.ok(e <= before[n]! + 1e-9, `round ${round}: ${e} after ${before[n]}`);
      before = after;
    }
    assert.ok(before.every((e, n) => e < first[n]! - 0.1));
  });

test('the full dynamics begin where calcium is minus the product of rates, and conductances minus what spreads', async () => {
  const patterns = randomSigns('patterns', 3, 6);
  const { row } = await follow(patterns, patterns.slice(0, 1), { start: 'constraint' });
  const phi = rate(row('neurons', 0));
  const [g, psi] = [rate(row('synapses', 0)), rate(row('processes', 0))];
  const pairs = phi.flatMap((a) => phi.map((b) => a * b));
  for (const [ij, c] of psi.entries())
    assert.ok(Math.abs(c + Math.min(0.999, Math.max(-0.999, pairs[ij]!))) < 1e-6);
  const spread = pairs.map((_, ij) =>
    patterns.reduce((sum, xi) => {
      const [i, j] = [Math.floor(ij / 6), ij % 6];
      return sum + (xi[i]! * xi[j]! * dot(xi, phi) ** 2) / 6 ** 3;
    }, 0),
  );
  for (const [ij, w] of g.entries()) assert.ok(Math.abs(w - spread[ij]!) < 1e-3);
});

test('from there patterns are repaired; from zero, the control, every cue holds itself', async () => {
  const patterns = randomSigns('few', 3, 24);
  const cues = turned(patterns, 2);
  const recalled = async (start: string) =>
    (await (await store(patterns, { dynamics: 'full', duration: 5, start })).recall(cues)).states;
  assert.equal(await recalled('constraint'), patterns);
  assert.equal(await recalled('zero'), cues);
});

test.run();
