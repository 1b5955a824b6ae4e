import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Tensor, UserError } from '../../kernels/index.ts';
import {
  CompartmentalNetwork,
  type CompartmentalOptions,
  compartmentalNetwork,
  createRecorder,
  GUERGUIEV_2017,
  type NetworkSettings,
  type NeuronConstants,
  Presentation,
} from '../../networks/index.ts';
import { float64, runOnce } from '../support.ts';
import {
  compartmentalOptions,
  compartmentalSettings,
  filtered,
  mean,
  type Settings,
  through,
  WATCHED,
  watchedPhase,
} from './compartmental-by-hand.ts';

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
        const fromAbove = isOutput ? null : through(t > 0 ? down[t - 1]! : [0, 0, 0], Y[l]!);
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
  const network = new CompartmentalNetwork(
    k,
    1,
    compartmentalSettings({ layers, initial: 'zero' }),
    compartmentalOptions(options, { apical }),
  );
  const feedback = network.populations.slice(1, -1).map(({ size }, l) => k.state(`Y ${l}`, 2, size));
  for (const { bias } of network.connections) device.values(bias!).fill(3);
  return { device, k, network, feedback };
}

for (const [neurons, apical, gain] of [
  ['spiking', 0, 0.857143],
  ['spiking', 0.05, 0.8],
  ['spiking', 0.6, 0.461538],
  ['rate', 0, 0.857143],
] as const)
  test(`steady potentials of ${neurons} neurons with apical conductance ${apical}`, async () => {
    const { device, k, network, feedback } = blank({ options: { neurons }, apical });
    const input = k.state('image', 1, 4, Float32Array.of(1, 1, 1, 1));
    const label = k.state('label', 1, 2, Float32Array.of(1, 0));
    const seen = [3, 2, 2].map((size, i) => k.state(`seen ${i}`, 1, size));
    await runOnce(k, () => {
      const shown = new Presentation(network, input, feedback);
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
    const shown = new Presentation(network, input, []);
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

test('neurons whose state lasts go on where they were, others start at rest', async () => {
  const { device, k, network, feedback } = blank({});
  const input = k.state('image', 1, 4);
  const [kept, fresh] = [k.state('kept', 1, 3), k.state('fresh', 1, 3)];
  const executable = await k.trace('a millisecond', () => {
    const state = network.neuronState(1, (name, rows, columns) => k.state(`mine: ${name}`, rows, columns));
    k.mapInto(kept, (x) => x, new Presentation(network, input, feedback, state).step().potential(1, 'soma')!);
    k.mapInto(fresh, (x) => x, new Presentation(network, input, feedback).step().potential(1, 'soma')!);
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
    const seen = new Presentation(network, input, feedback).phase({ duration: 50, means: ['soma'] });
    assert.throws(() => seen.apical, /the mean 'apical' of this phase was not asked for/);
  });
});

test('a recorder shows any compartment of any neuron, and leaves training alone', async () => {
  const { device, k, network, feedback } = blank({ apical: 0.05 });
  for (const [i, y] of [0.5, -1, 2, 0.25, 1, -2].entries()) device.values(feedback[0]!)[i] = y;
  const before = new Map([...k.states.values()].map((t) => [t, [...device.values(t)]]));
  const at = (
    population: string,
    neuron: number,
    quantity: 'apical' | 'soma' | 'spikes' | 'firing rate' | 'basal',
  ) => ({
    population,
    neuron,
    quantity,
  });
  const electrodes = [
    at('hidden 1', 1, 'apical'),
    at('hidden 1', 1, 'basal'),
    at('output', 0, 'soma'),
    at('output', 0, 'firing rate'),
    at('input', 3, 'spikes'),
  ];
  const recorder = await createRecorder(network, feedback, { electrodes, forward: 60, target: 55 });
  const image = Float32Array.of(0, 0, 0, 1);
  const { signals, plateaus } = await recorder.record(image, 0);
  const again = await recorder.record(image, 0);
  const other = await recorder.record(image, 0, { draw: 1 });
  assert.equal(signals, again.signals);
  assert.not.equal(signals[4], other.signals[4]);
  const [apical, basal, soma, rate, spikes] = signals as Float32Array[];
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
  assert.equal([...k.states.values()], [...before.keys()], 'neurons of a recorder belong to no checkpoint');
  recorder.dispose();
});

test('an electrode where nothing is to be measured is an error', async () => {
  const { network, feedback } = blank({});
  const put = async (population: string, neuron: number, quantity: 'apical' | 'soma') => {
    try {
      await createRecorder(network, feedback, {
        electrodes: [{ population, neuron, quantity }],
        forward: 50,
        target: 50,
      });
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };
  assert.match(await put('hidden 7', 0, 'soma'), /no population 'hidden 7'/);
  assert.match(await put('hidden 1', 3, 'soma'), /no neuron 3 in 'hidden 1', which has 3/);
  assert.match(await put('output', 0, 'apical'), /no potential 'apical'/);
});

/** Every potential in the averaged ms of two phases, one after the other, and the means that the phases gave. */
async function twoPhases(options: Partial<CompartmentalOptions>, taps: number, hidden = 5) {
  const { device, k } = float64();
  const layers = [6, hidden, 3];
  const constants = { psp: { ...GUERGUIEV_2017.psp, taps } };
  const network = new CompartmentalNetwork(
    k,
    2,
    compartmentalSettings({ layers }),
    compartmentalOptions(options, constants),
  );
  const input = k.state('image', 1, 6, Float32Array.of(1, 0.5, 0, 0.25, 0.75, 1));
  const values = Float32Array.from({ length: 3 * hidden }, (_, i) => Math.sin(7 * i));
  const feedback = [k.state('Y', 3, hidden, values)];
  const row = k.state(
    'row',
    60,
    1,
    Float32Array.from({ length: 60 }, (_, i) => i),
  );
  const log = (p: number, what: string, size: number) => k.state(`${what} of phase ${p}`, 60, size);
  const seen = [0, 1].map((p) => ({
    basal: [hidden, 3].map((size, l) => log(p, `basal ${l}`, size)),
    apical: log(p, 'apical', hidden),
    psp: [6, hidden].map((size, l) => k.state(`psp ${l} of phase ${p}`, 1, size)),
    mean: k.state(`apical mean of phase ${p}`, 1, hidden),
    last: k.state(`last ms of phase ${p}`, 1, 1),
  }));
  await runOnce(k, () => {
    const shown = new Presentation(network, input, feedback);
    for (const { basal, apical, psp, mean: apicalMean, last } of seen) {
      const means = shown.phase({
        duration: 50,
        observe(instant, iteration) {
          const write = (into: Tensor, from: Tensor) =>
            k.mapInto(into, (old, x, r, i) => (r === i ? x : old), into, from, row, iteration);
          for (const [l, into] of basal.entries()) write(into, instant.potential(l + 1, 'basal')!);
          write(apical, instant.potential(1, 'apical')!);
          k.mapInto(last, (i) => i, iteration);
        },
      });
      for (const [l, into] of psp.entries()) k.mapInto(into, (x) => x, means.psp[l]!);
      k.mapInto(apicalMean, (x) => x, means.apical[0]!);
    }
  });
  const rows = (t: Tensor) =>
    Array.from({ length: t.rows }, (_, i) => [...device.values(t)].slice(i * t.columns, (i + 1) * t.columns));
  return {
    phases: seen.map(({ basal, apical, psp, mean: apicalMean, last }) => {
      const end = device.values(last)[0]! + 1;
      return {
        basal: basal.map((t) => rows(t).slice(end - 20, end)),
        /** All that was seen; the last of them is that of the phase. */
        apical: rows(apical).slice(0, end),
        psp: psp.map((t) => [...device.values(t)]),
        mean: [...device.values(apicalMean)],
      };
    }),
    weights: network.connections.map(({ weights }) => rows(weights)),
    biases: network.connections.map(({ bias }) => [...device.values(bias!)]),
  };
}

for (const taps of [4, 30, 31, 60, 100])
  for (const feedback of ['spikes', 'rates'] as const)
    test(`with ${taps} taps, spikes of the phase before count in the means of the next; feedback of ${feedback}`, async () => {
      const { phases, weights, biases } = await twoPhases({ feedback }, taps);
      for (const [p, { basal, psp, apical, mean: apicalMean }] of phases.entries()) {
        // The currents have been convolved in every ms: V_b is linear in the potentials of the synapses.
        for (const l of [0, 1]) {
          const wanted = mean(basal[l]!);
          const seen = through(psp[l]!, weights[l]!).map((x, j) => x + biases[l]![j]!);
          assert.ok(wanted.some((v, j) => Math.abs(v - biases[l]![j]!) > 0.01));
          close(seen, wanted, `basal ${l + 1} of phase ${p}`, 1e-6);
        }
        close(apicalMean, mean(apical.slice(-20)), `apical of phase ${p}`, 1e-6);
      }
    });

for (const [taps, feedback] of [
  [10, 'spikes'],
  [10, 'rates'],
  [60, 'spikes'],
] as const)
  test(`random plateau times: each neuron's mean ends 0 to 5 ms before the phase; ${taps} taps, feedback of ${feedback}`, async () => {
    const { phases } = await twoPhases({ plateauTimes: 'random', feedback }, taps, 100);
    const ends = phases.map(({ apical, mean: means }) => {
      const byEnd = [0, 1, 2, 3, 4, 5].map((early) =>
        mean(apical.slice(apical.length - 20 - early, apical.length - early)),
      );
      return means.map((value, i) => byEnd.findIndex((of) => Math.abs(of[i]! - value) < 1e-9));
    });
    for (const all of ends) assert.equal([...new Set(all)].sort(), [0, 1, 2, 3, 4, 5]);
    assert.not.equal(ends[0], ends[1], 'the phases have times of their own');
  });

test('a phase that is too short for its means is an error', async () => {
  const { k, network, feedback } = blank({});
  const input = k.state('image', 1, 4);
  await runOnce(k, () => {
    const shown = new Presentation(network, input, feedback);
    assert.throws(() => shown.phase({ duration: 29 }), /a phase of 29 ms has means that take 30 ms/);
    shown.phase({ duration: 20, means: ['soma', 'outputRate'] });
  });
});

test('neurons that there are not are refused', () => {
  const build =
    (
      settings: Partial<NetworkSettings>,
      options: Partial<CompartmentalOptions> = {},
      constants: Partial<NeuronConstants> = {},
    ) =>
    () =>
      compartmentalNetwork.build(
        float64().k,
        1,
        compartmentalSettings(settings),
        compartmentalOptions(options, constants),
      );
  const says = (text: RegExp) => (error: Error) => error instanceof UserError && text.test(error.message);
  const sigmoid = says(/have sigmoid rates: leave out the settings activation, loss and outputActivation/);
  assert.throws(build({ activation: 'tanh' }), sigmoid);
  assert.throws(build({ outputActivation: 'linear' }), sigmoid);
  assert.throws(build({ loss: 'cross-entropy' }), sigmoid);
  assert.not.throws(build({ layers: [6, 3], activation: 'tanh' }), 'there is no hidden layer');
  assert.throws(
    build({}, { neurons: 'rate' }, { apical: 0.05 }),
    says(/leave out apicalConductance, or choose neurons=spiking/),
  );
  assert.throws(
    build({}, { neurons: 'rate', plateauTimes: 'random' }),
    says(/leave out plateauTimes, or choose neurons=spiking/),
  );
  assert.throws(build({}, {}, { apical: 1.3 }), says(/apicalConductance=1.3 .* choose less than 1.3/));
  assert.throws(build({}, {}, { teaching: 2 }), says(/teaching=2 .* choose less than 1.3/));
  assert.not.throws(build({}, { neurons: 'rate' }, { teaching: 2 }), 'a steady state needs no steps');
});

test('the loss is half the squared error of the rates in units of the maximal rate', async () => {
  const { device, k, network } = blank({});
  const [y, t] = [k.state('y', 1, 2, Float32Array.of(0.75, 0.25)), k.state('t', 1, 2, Float32Array.of(1, 0))];
  const loss = k.state('loss', 1, 2);
  await runOnce(k, () => void k.mapInto(loss, (x) => x, network.loss(y, t)));
  close(device.values(loss), [0.03125, 0.03125], 'loss');
});

test.run();
