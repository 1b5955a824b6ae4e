import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RandomStream } from '../../kernels/index.ts';
import {
  CompartmentalNetwork,
  createNeuronRecorder,
  createRecorder,
  GUERGUIEV_2017,
} from '../../networks/index.ts';
import { float64, networkSettings } from '../support.ts';

const IMAGE = Float32Array.of(0.2, 1, 0, 0.7);
const LABEL = 1;

function example() {
  const { device, k } = float64();
  const settings = networkSettings({
    layers: [4, 6, 2],
    activation: 'sigmoid',
    outputActivation: 'sigmoid',
    loss: 'squared-error',
    initial: 'segregated-dendrite',
  });
  const network = new CompartmentalNetwork(k, 1, settings, {
    ...{ constants: GUERGUIEV_2017, neurons: 'spiking', feedback: 'spikes' },
    ...{ plateauTimes: 'fixed', window: 20, shortestPhase: 50 },
  });
  const weights = new RandomStream(3, 'feedback').normal(12, 0, 2);
  const feedback = [k.state('feedback', 2, 6, Float32Array.from(weights))];
  return { device, k, network, feedback };
}

test('a recording is what electrodes in the same places see', async () => {
  const { network, feedback } = example();
  const hidden = { population: 'hidden 1', neuron: 4 };
  const output = { population: 'output', neuron: LABEL };
  const recorder = await createRecorder(network, feedback, {
    electrodes: [
      ...(['apical', 'basal', 'soma'] as const).map((quantity) => ({ ...hidden, quantity })),
      ...(['basal', 'soma'] as const).map((quantity) => ({ ...output, quantity })),
      { ...hidden, quantity: 'spikes' },
      { ...output, quantity: 'spikes' },
    ],
    ...{ forward: 50, target: 50 },
  });
  const { signals, plateaus } = await recorder.record(IMAGE, LABEL);
  const seen = await (await createNeuronRecorder(network, feedback)).record(IMAGE, LABEL, 4);
  assert.equal([seen.hidden.apical, seen.hidden.basal, seen.hidden.soma], signals.slice(0, 3));
  assert.equal([seen.output.basal, seen.output.soma], signals.slice(3, 5));
  assert.equal([seen.hidden.neuron, seen.output.neuron], [4, LABEL]);
  assert.equal(seen.hidden.plateaus, { forward: plateaus[0]!.forward[4], target: plateaus[0]!.target[4] });
  const of = (population: string) => seen.spikes.filter((one) => one.population === population);
  assert.is(of('hidden 1').length, 6);
  assert.equal(of('hidden 1')[4]!.counts, signals[5]);
  assert.equal(of('output')[LABEL]!.counts, signals[6]);
});

test('left to choose, it records the neuron whose plateau potential the target changes most', async () => {
  const { network, feedback } = example();
  const plain = await createRecorder(network, feedback, { electrodes: [], forward: 50, target: 50 });
  const { forward, target } = (await plain.record(IMAGE, LABEL)).plateaus[0]!;
  const changes = [...forward].map((alpha, i) => Math.abs(target[i]! - alpha));
  const seen = await (await createNeuronRecorder(network, feedback)).record(IMAGE, LABEL, null);
  assert.is(changes[seen.hidden.neuron], Math.max(...changes));
});

test('one recorder records any neuron of any image, and leaves the network alone', async () => {
  const { device, k, network, feedback } = example();
  const before = new Map([...k.states.values()].map((t) => [t, [...device.values(t)]]));
  const recorder = await createNeuronRecorder(network, feedback);
  const first = await recorder.record(IMAGE, LABEL, 2);
  assert.not.equal(await recorder.record(IMAGE, LABEL, 3), first);
  assert.not.equal(await recorder.record(IMAGE.toReversed(), LABEL, 2), first);
  assert.equal(await recorder.record(IMAGE, LABEL, 2), first);
  for (const [t, values] of before) assert.equal([...device.values(t)], values, t.name);
  assert.equal([...k.states.values()], [...before.keys()]);
  try {
    await recorder.record(IMAGE, LABEL, 6);
    assert.unreachable('there is no such neuron');
  } catch (error) {
    assert.match((error as Error).message, /no neuron 6 in 'hidden 1', which has 6/);
  }
  recorder.dispose();
});

test.run();
