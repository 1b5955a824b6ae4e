import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Tensor } from '../../kernels/index.ts';
import {
  CompartmentalNetwork,
  type CompartmentalOptions,
  createRecorder,
  GUERGUIEV_2017,
  LayeredNetwork,
} from '../../networks/index.ts';
import { float64, networkSettings, runOnce } from '../support.ts';
import { filtered, mean, type Settings, through, WATCHED, watchedPhase } from './compartmental-by-hand.ts';

const sigma = (x: number) => 1 / (1 + Math.exp(-x));

function close(seen: ArrayLike<number>, wanted: ArrayLike<number>, what: string, tolerance = 1e-9) {
  assert.is(seen.length, wanted.length, what);
  for (let i = 0; i < wanted.length; i++)
    assert.ok(
      Math.abs(seen[i]! - wanted[i]!) <= tolerance,
      `${what}[${i}] is ${seen[i]}, expected ${wanted[i]}`,
    );
}

const CASES: Settings[] = [
  {},
  { target: true },
  { apical: 0.05, feedback: 'rates' },
  { apical: 0.6, target: true },
];

for (const settings of CASES) {
  const title = JSON.stringify(settings);

  test(`every compartment follows the paper's equations from the spikes that were: ${title}`, async () => {
    const { apical = 0, feedback = 'spikes', target = false } = settings;
    const { log, weights, biases, feedback: Y } = await watchedPhase(settings);
    assert.ok(log.spikes[1]!.flat().some((n) => n > 0) && log.spikes[3]!.flat().some((n) => n > 0));
    for (let l = 0; l < 3; l++) {
      const isOutput = l === 2;
      const below = filtered(log.spikes[l]!);
      const down = feedback === 'rates' ? log.rates[3]! : filtered(log.spikes[3]!);
      let v = biases[l]!.map(() => 0);
      for (let t = 0; t < WATCHED; t++) {
        // A dense product with the potentials of each synapse, where the network adds up rows for spikes.
        const basal = through(below[t]!, weights[l]!).map((current, j) => current + biases[l]![j]!);
        const fromAbove = isOutput
          ? null
          : Y[l]!.map((row) => row.reduce((s, y, o) => s + y * (t > 0 ? down[t - 1]![o]! : 0), 0));
        v = v.map((old, j) => {
          const change = -0.1 * old + 0.6 * (basal[j]! - old);
          if (!isOutput) return old + change + apical * (fromAbove![j]! - old);
          return old + change + (target ? (j === 1 ? 8 - old : -8 - old) : 0);
        });
        close(log.basal[l + 1]![t]!, basal, `basal ${l + 1} at ${t} ms`, 1e-6);
        if (fromAbove) close(log.apical[l + 1]![t]!, fromAbove, `apical ${l + 1} at ${t} ms`, 1e-6);
        close(log.soma[l + 1]![t]!, v, `soma ${l + 1} at ${t} ms`, 1e-5);
        close(
          log.rates[l + 1]![t]!,
          log.soma[l + 1]![t]!.map((x) => 0.2 * sigma(x)),
          `rate ${l + 1} at ${t} ms`,
        );
      }
    }
  });

  test(`means of a phase are direct sums over its last 20 ms: ${title}`, async () => {
    const { log, means } = await watchedPhase(settings);
    const last = (rows: number[][]) => mean(rows.slice(-20));
    for (let p = 0; p < 3; p++) close(means.psp[p]!, last(filtered(log.spikes[p]!)), `psp of ${p}`, 1e-6);
    for (let l = 0; l < 3; l++) close(means.soma[l]!, last(log.soma[l + 1]!), `soma ${l + 1}`);
    for (let l = 0; l < 2; l++) close(means.apical[l]!, last(log.apical[l + 1]!), `apical ${l + 1}`, 1e-6);
    close(means.outputRate, last(log.rates[3]!), 'rate of the output');
  });
}

test('output neurons have no apical dendrite, and inputs have no potential at all', async () => {
  const { network } = await watchedPhase({});
  assert.equal(
    network.populations.map(({ compartments }) => compartments),
    [[], ['basal', 'apical', 'soma'], ['basal', 'apical', 'soma'], ['basal', 'soma']],
  );
});

interface Blank {
  options?: Partial<CompartmentalOptions>;
  apical?: number;
  layers?: number[];
}

/** A network whose weights are all zero, so that only the biases drive it: b = 3 in every neuron. */
function blank({ options = {}, apical = 0, layers = [4, 3, 2] }: Blank) {
  const { device, k } = float64();
  const layered = new LayeredNetwork(
    k,
    1,
    networkSettings({ layers, activation: 'sigmoid', initial: 'zero' }),
  );
  const network = new CompartmentalNetwork(k, layered, {
    constants: { ...GUERGUIEV_2017, apical },
    neurons: 'spiking',
    feedback: 'spikes',
    window: 20,
    ...options,
  });
  const feedback = layered.populations.slice(1, -1).map(({ size }, l) => k.state(`Y ${l}`, size, 2));
  for (const { bias } of layered.connections) device.values(bias!).fill(3);
  return { device, k, network, layered, feedback };
}

for (const neurons of ['spiking', 'rate'] as const)
  for (const [apical, gain] of [
    [0, 0.857143],
    [0.05, 0.8],
    [0.6, 0.461538],
  ] as const)
    test(`steady potentials of ${neurons} neurons with apical conductance ${apical}`, async () => {
      const { device, k, network, feedback } = blank({ options: { neurons }, apical });
      const input = k.state('image', 1, 4, Float32Array.of(1, 1, 1, 1));
      const label = k.state('label', 1, 2, Float32Array.of(1, 0));
      const seen = [3, 2, 2].map((size, i) => k.state(`seen ${i}`, 1, size));
      await runOnce(k, () => {
        const shown = network.present(input, feedback);
        const forward = shown.phase({ duration: 100 });
        const taught = shown.phase({ duration: 100, target: label });
        for (const [i, t] of [...forward.soma, taught.soma[1]!].entries()) k.mapInto(seen[i]!, (x) => x, t);
      });
      const read = (i: number) => device.values(seen[i]!);
      close(read(0), [3 * gain, 3 * gain, 3 * gain], 'hidden: k_b V_b', 3e-6);
      close(read(1), [3 * 0.857143, 3 * 0.857143], 'output: k_d V_b', 3e-6);
      // (0.6 * 3 + 8) / 1.7 and (0.6 * 3 - 8) / 1.7
      close(read(2), [9.8 / 1.7, -6.2 / 1.7], 'taught output', 1e-9);
    });

test('inputs spike at 200 Hz times the pixel, and a mean potential is 0.5104 times the rate', async () => {
  const size = 4000;
  const { device, k, network } = blank({ layers: [size, 2] });
  const pixels = Float32Array.from({ length: size }, (_, i) => (i % 2 ? 1 : 0.25));
  const input = k.state('image', 1, size, pixels);
  const [psp, counts] = [k.state('psp', 1, size), k.state('counts', 1, size)];
  const window = 100;
  await runOnce(k, () => {
    const shown = network.present(input, []);
    const seen = shown.phase({
      duration: window + 10,
      window,
      observe: ({ spikes }) => void k.mapInto(counts, (total, n) => total + n, counts, spikes[0]!),
    });
    k.mapInto(psp, (x) => x, seen.psp[0]!);
  });
  for (const [odd, rate] of [
    [0, 0.05],
    [1, 0.2],
  ] as const) {
    const of = (t: Tensor) => [...device.values(t)].filter((_, i) => i % 2 === odd);
    const average = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    const number = of(counts);
    const expected = rate * (window + 10);
    const standardError = Math.sqrt(expected / number.length);
    assert.ok(Math.abs(average(number) - expected) < 5 * standardError, `count ${average(number)}`);
    const variance = average(number.map((n) => (n - average(number)) ** 2));
    assert.ok(Math.abs(variance / expected - 1) < 5 * Math.sqrt(2.5 / number.length), `variance ${variance}`);
    const relative = 5 / Math.sqrt(rate * window * number.length);
    assert.ok(Math.abs(average(of(psp)) / (0.5104 * rate) - 1) < relative, `psp ${average(of(psp))}`);
  }
});

test('neurons with a named memory go on where they were, others start at rest', async () => {
  const { device, k, network, feedback } = blank({});
  const input = k.state('image', 1, 4);
  const [kept, fresh] = [k.state('kept', 1, 3), k.state('fresh', 1, 3)];
  const executable = await k.trace('a millisecond', () => {
    const memory = network.memory(1, 'mine');
    k.mapInto(kept, (x) => x, network.present(input, feedback, memory).step().potential(1, 'soma')!);
    k.mapInto(fresh, (x) => x, network.present(input, feedback).step().potential(1, 'soma')!);
  });
  await executable.run({ steps: 2, firstStep: 0, rows: new Uint32Array(0) });
  // 0.6 * 3 after one ms from rest; 1.8 + 1.8 - 0.7 * 1.8 after two.
  close(device.values(fresh), [1.8, 1.8, 1.8], 'fresh');
  close(device.values(kept), [2.34, 2.34, 2.34], 'kept');
});

test('a mean that was not asked for is an error, not a zero', async () => {
  const { k, network, feedback } = blank({});
  const input = k.state('image', 1, 4);
  await runOnce(k, () => {
    const seen = network.present(input, feedback).phase({ duration: 50, means: ['soma'] });
    assert.throws(() => seen.apical, /the mean 'apical' of this phase was not asked for/);
  });
});

test('a recorder shows any compartment of any neuron, and leaves training alone', async () => {
  const { device, k, network, layered, feedback } = blank({ apical: 0.05 });
  for (const [i, y] of [0.5, -1, 2, 0.25, 1, -2].entries()) device.values(feedback[0]!)[i] = y;
  const before = new Map([...k.states.values()].map((t) => [t, [...device.values(t)]]));
  const at = (
    population: string,
    neuron: number,
    quantity: 'apical' | 'soma' | 'spikes' | 'rate' | 'basal',
  ) => ({
    population,
    neuron,
    quantity,
  });
  const electrodes = [
    at('hidden 1', 1, 'apical'),
    at('hidden 1', 1, 'basal'),
    at('output', 0, 'soma'),
    at('output', 0, 'rate'),
    at('input', 3, 'spikes'),
  ];
  const recorder = await createRecorder(network, feedback, { electrodes, forward: 60, target: 55 });
  const image = Float32Array.of(0, 0, 0, 1);
  const { traces, plateaus } = await recorder.record(image, 0);
  const again = await recorder.record(image, 0);
  const other = await recorder.record(image, 0, 1);
  assert.equal(traces, again.traces);
  assert.not.equal(traces[4], other.traces[4]);
  const [apical, basal, soma, rate, spikes] = traces as Float32Array[];
  assert.is(apical!.length, 115);
  assert.ok(
    basal!.every((v) => v === 3),
    'weights are zero: the basal potential is the bias',
  );
  assert.ok(spikes!.every(Number.isInteger) && spikes!.some((n) => n > 0));
  // The teaching current: 3 k_d before, (0.6 * 3 + 8) / 1.7 after.
  close([soma![59]!, soma![114]!], [3 * 0.857143, 9.8 / 1.7], 'soma', 1e-5);
  close(
    rate!,
    soma!.map((v) => 0.2 * sigma(v)),
    'rate',
    1e-6,
  );
  const plateau = (from: number, to: number) =>
    sigma(apical!.slice(from, to).reduce((total, v) => total + v, 0) / (to - from));
  close([plateaus[0]!.forward[1]!], [plateau(40, 60)], 'plateau of the forward phase', 1e-6);
  close([plateaus[0]!.target[1]!], [plateau(95, 115)], 'plateau of the target phase', 1e-6);
  for (const [t, values] of before) assert.equal([...device.values(t)], values, t.name);
  assert.is(layered.connections.length, 2);
  recorder.dispose();
});

test('an electrode where nothing is to be measured is an error', async () => {
  const { network, feedback } = blank({});
  const put = async (population: string, neuron: number, quantity: 'apical' | 'soma', name: string) => {
    try {
      await createRecorder(
        network,
        feedback,
        { electrodes: [{ population, neuron, quantity }], forward: 50, target: 50 },
        name,
      );
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };
  assert.match(await put('hidden 7', 0, 'soma', 'a'), /no population 'hidden 7'/);
  assert.match(await put('hidden 1', 3, 'soma', 'b'), /no neuron 3 in 'hidden 1', which has 3/);
  assert.match(await put('output', 0, 'apical', 'c'), /no potential 'apical'/);
});

test.run();
