import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Kernels, ReferenceDevice, Tensor } from '../../kernels/index.ts';
import {
  type MicrocircuitInstant,
  type MicrocircuitNetwork,
  type MicrocircuitOptions,
  MicrocircuitSimulation,
  type MicrocircuitTime,
  microcircuitNetwork,
  recordMicrocircuit,
} from '../../networks/index.ts';
import { float64, networkSettings, normalState, oneHotState, runOnce } from '../support.ts';
import { atRest, type ByHandState, byHand, stepByHand, through } from './microcircuit-by-hand.ts';

const CONSTANTS = { leak: 0.1, basal: 1, apical: 0.471, dendritic: 1, teaching: 0.12 };
const DYNAMICS = ['full', 'latent-equilibrium'] as const;
/** Weights are float32, and so is what is made of them. */
const FLOAT32 = 1e-6;
const ROUNDING = 1e-12;

const built = (
  k: Kernels,
  time: Partial<MicrocircuitTime>,
  options: Partial<MicrocircuitOptions> = {},
): MicrocircuitNetwork =>
  microcircuitNetwork.build(
    k,
    3,
    networkSettings({
      layers: [5, 6, 4, 3],
      activation: 'sigmoid',
      loss: 'squared-error',
      outputActivation: 'sigmoid',
      initial: 'segregated-dendrite',
    }),
    {
      constants: CONSTANTS,
      time: { dynamics: 'full', step: 0.1, untaught: 1, taught: 1, ...time },
      feedbackScale: 1,
      interneurons: 'self-predicting',
      ...options,
    },
  );

type Device = { device: ReferenceDevice; k: Kernels };
type Named = Record<string, Tensor>;

/** Values of tensors by name, which `body` keeps. */
async function kept(
  { device, k }: Device,
  body: (keep: (tensors: Named) => void) => void,
): Promise<Record<string, Float64Array>> {
  const states = new Map<string, Tensor>();
  await runOnce(k, () =>
    body((tensors) => {
      for (const [name, tensor] of Object.entries(tensors)) {
        const state = k.state(`kept ${name}`, tensor.rows, tensor.columns);
        k.mapInto(state, (x) => x, tensor);
        states.set(name, state);
      }
    }),
  );
  return Object.fromEntries([...states].map(([name, state]) => [name, device.values(state)]));
}

/** All potentials of an instant, by name. */
const potentials = ({ pyramidal, interneurons }: MicrocircuitInstant, what: string): Named =>
  Object.fromEntries(
    [...pyramidal.entries(), ...interneurons.entries()].flatMap(
      ([i, { soma, seen, apical, derivative }], n) => {
        const name = `${what} ${n < pyramidal.length ? 'pyramidal' : 'interneurons'} ${i}`;
        return [
          [`${name} soma`, soma],
          [`${name} seen`, seen],
          [`${name} derivative`, derivative],
          ...(apical ? [[`${name} apical`, apical] as const] : []),
        ];
      },
    ),
  );

const largest = (values: Iterable<number>) => Math.max(...[...values].map(Math.abs));
const of = (values: Record<string, Float64Array>, ending: string) =>
  Object.entries(values)
    .filter(([name]) => name.endsWith(ending))
    .flatMap(([, numbers]) => [...numbers]);

for (const dynamics of DYNAMICS)
  test(`${dynamics}: every Euler step is that of the equations, written out in numbers`, async () => {
    const device = float64();
    const network = built(device.k, { dynamics, step: 0.25 }, { interneurons: 'random' });
    const input = normalState(device.k, 'input', 1, 5);
    const target = oneHotState(device.k, 1, 3);
    const values = await kept(device, (keep) => {
      const simulation = new MicrocircuitSimulation(network, input);
      // Three steps that nobody teaches, and three that are taught.
      for (let step = 0; step < 6; step++)
        simulation.phase(0.25, {
          ...(step >= 3 && { target }),
          observe: (instant) => keep(potentials(instant, `step ${step}`)),
        });
    });
    const circuit = byHand(network, (t) => device.device.values(t));
    const numbers = [...device.device.values(input)];
    const aim = [0.8, 0.1, 0.1].map((rate) => Math.log(rate / (1 - rate)));
    let state: ByHandState = atRest(circuit);
    for (let step = 0; step < 6; step++) {
      const { after, apical } = stepByHand(circuit, numbers, step >= 3 ? aim : null, state);
      const close = (name: string, wanted: readonly number[]) => {
        for (const [i, value] of values[`step ${step} ${name}`]!.entries())
          assert.ok(Math.abs(value - wanted[i]!) < ROUNDING, `${name} of step ${step}: ${value}`);
      };
      for (const [l, u] of state.u.entries()) close(`pyramidal ${l} soma`, u);
      for (const [h, u] of state.interneurons.entries()) close(`interneurons ${h} soma`, u);
      for (const [h, v] of apical.entries()) close(`pyramidal ${h} apical`, v);
      const isProspective = dynamics === 'latent-equilibrium';
      for (const [l, u] of (isProspective ? after : state).seen.entries()) close(`pyramidal ${l} seen`, u);
      state = after;
    }
    assert.ok(largest(state.u[0]!) > 0.1);
  });

test('latent equilibrium: in the self-predicting state apical potentials are 0 at every instant from rest on', async () => {
  const device = float64();
  const network = built(device.k, { dynamics: 'latent-equilibrium' });
  const input = normalState(device.k, 'input', 4, 5);
  const values = await kept(device, (keep) => {
    const simulation = new MicrocircuitSimulation(network, input);
    for (let step = 0; step < 5; step++)
      simulation.phase(0.1, { observe: (instant) => keep(potentials(instant, `step ${step}`)) });
  });
  assert.ok(largest(of(values, 'apical')) < FLOAT32);
  assert.ok(largest(of(values, 'pyramidal 0 seen')) > 0.1);
});

test('full: in the self-predicting state apical potentials are 0 once the network has settled, and not before', async () => {
  const device = float64();
  const network = built(device.k, {});
  const input = normalState(device.k, 'input', 4, 5);
  const values = await kept(device, (keep) => {
    const simulation = new MicrocircuitSimulation(network, input);
    const watch = (what: string) =>
      simulation.phase(0.1, { observe: (instant) => keep(potentials(instant, what)) });
    simulation.phase(1);
    watch('early');
    simulation.phase(40);
    watch('late');
  });
  const at = (when: string) => largest(of(values, `${when} pyramidal 0 apical`));
  assert.ok(at('late') < FLOAT32, `${at('late')}`);
  // Somata of hidden neurons and of their interneurons have different time constants.
  assert.ok(at('early') > 1e-3, `${at('early')}`);
  assert.ok(largest(of(values, 'late pyramidal 1 apical')) < FLOAT32);
});

test('both dynamics come to rest at the same potentials, where the equations of all somata hold, and latent equilibrium does so in few steps', async () => {
  const settled: Record<string, Float64Array>[] = [];
  for (const [dynamics, ms] of [
    ['full', 60],
    ['latent-equilibrium', 60],
    ['latent-equilibrium', 1.6],
    ['full', 1.6],
  ] as const) {
    const device = float64();
    const network = built(device.k, { dynamics }, { interneurons: 'random' });
    const input = normalState(device.k, 'input', 2, 5);
    const target = oneHotState(device.k, 2, 3);
    settled.push(
      await kept(device, (keep) => {
        const simulation = new MicrocircuitSimulation(network, input);
        simulation.phase(ms, { target });
        simulation.phase(0.1, { target, observe: (instant) => keep(potentials(instant, '')) });
      }),
    );
  }
  const [full, latent, latentSoon, fullSoon] = settled as [
    Record<string, Float64Array>,
    ...Record<string, Float64Array>[],
  ];
  assert.ok(largest(of(full, 'derivative')) < ROUNDING && largest(of(latent!, 'derivative')) < ROUNDING);
  const rest = of(full, 'seen');
  const distance = (other: Record<string, Float64Array>) =>
    largest(of(other, 'seen').map((u, i) => u - rest[i]!));
  assert.ok(distance(latent!) < ROUNDING);
  // In 16 steps.
  assert.ok(distance(latentSoon!) < 1e-6, `latent equilibrium ${distance(latentSoon!)}`);
  assert.ok(distance(fullSoon!) > 0.1, `full ${distance(fullSoon!)}`);
});

for (const dynamics of DYNAMICS)
  test(`${dynamics}: where apical dendrites hardly reach the soma, potentials settle at those of the two sweeps`, async () => {
    const device = float64();
    const apical = 1e-13;
    const network = built(
      device.k,
      { dynamics },
      { interneurons: 'random', constants: { ...CONSTANTS, apical } },
    );
    const input = normalState(device.k, 'input', 2, 5);
    const target = oneHotState(device.k, 2, 3);
    const values = await kept(device, (keep) => {
      const simulation = new MicrocircuitSimulation(network, input);
      simulation.phase(60, { target });
      simulation.phase(0.1, { target, observe: (instant) => keep(potentials(instant, '')) });
      const activity = network.predict(input);
      const output = network.teachOutput(activity[3]!.potential, target);
      const second = network.teachHidden(2, activity[2]!, output);
      const first = network.teachHidden(1, activity[1]!, second.soma);
      keep({ output, first: first.soma, firstApical: first.apical, firstInter: first.interneuronSoma });
      keep({ second: second.soma, secondApical: second.apical, secondInter: second.interneuronSoma });
    });
    for (const [swept, simulated] of [
      ['output', 'pyramidal 2 soma'],
      ['second', 'pyramidal 1 soma'],
      ['first', 'pyramidal 0 soma'],
      ['secondApical', 'pyramidal 1 apical'],
      ['firstApical', 'pyramidal 0 apical'],
      ['secondInter', 'interneurons 1 soma'],
      ['firstInter', 'interneurons 0 soma'],
    ] as const)
      for (const [i, value] of values[swept]!.entries())
        assert.ok(Math.abs(value - values[` ${simulated}`]![i]!) < 1e-11, simulated);
  });

test('residuals are what rates still have to go', async () => {
  const device = float64();
  const network = built(device.k, {});
  const input = normalState(device.k, 'input', 2, 5);
  const values = await kept(device, (keep) => {
    const simulation = new MicrocircuitSimulation(network, input);
    keep({ atRest: simulation.residuals()[0]! });
    simulation.phase(60);
    for (const [l, residual] of simulation.residuals().entries()) keep({ [`settled ${l}`]: residual });
    keep({ first: simulation.rates()[1]! });
  });
  // At first apical potentials are 0, so that the first layer goes to where the input alone brings it.
  for (const [i, residual] of values.atRest!.entries())
    assert.ok(Math.abs(residual - (values.first![i]! - 0.5)) < FLOAT32);
  for (const l of [0, 1, 2]) assert.ok(largest(values[`settled ${l}`]!) < ROUNDING);
});

for (const dynamics of DYNAMICS)
  test(`${dynamics}: a recording has every potential of the equations at every step, twice the same, and changes no state`, async () => {
    const { device, k } = float64();
    const time = { dynamics, untaught: 0.3, taught: 0.2 };
    const network = built(k, time, { interneurons: 'random' });
    await k.trace('', () => {});
    const states = [...k.states.values()];
    const before = states.map((t) => [...device.values(t)]);
    const image = new Float32Array([0.5, 0, 1, 0.25, 0.75]);
    const recording = await recordMicrocircuit(network, image, 2);
    assert.equal(await recordMicrocircuit(network, image, 2), recording);
    assert.equal([...k.states.values()], states, 'neurons of a recording belong to no checkpoint');
    assert.equal(
      states.map((t) => [...device.values(t)]),
      before,
    );
    assert.is(recording.untaught, 3);
    assert.is(recording.taught, 2);
    const circuit = byHand(network, (t) => device.values(t));
    const aim = [0.1, 0.1, 0.8].map((rate) => Math.log(rate / (1 - rate)));
    let state: ByHandState = atRest(circuit);
    for (let step = 0; step < 5; step++) {
      const { after, apical } = stepByHand(circuit, [...image], step < 3 ? null : aim, state);
      const close = (values: Float32Array, wanted: readonly number[]) => {
        for (const [i, value] of values.entries())
          assert.ok(Math.abs(value - wanted[i]!) < FLOAT32 * (1 + Math.abs(wanted[i]!)));
      };
      const { pyramidal, interneurons } = recording;
      for (const [l, u] of state.u.entries()) close(pyramidal[l]!.soma[step]!, u);
      for (const [h, u] of state.interneurons.entries()) close(interneurons[h]!.soma[step]!, u);
      for (const [h, v] of apical.entries()) close(pyramidal[h]!.apical[step]!, v);
      const seen = dynamics === 'full' ? state : after;
      for (const [l, u] of seen.seen.entries()) close(pyramidal[l]!.seen[step]!, u);
      for (const [h, u] of seen.seenInterneurons.entries()) close(interneurons[h]!.seen[step]!, u);
      state = after;
    }
    assert.equal(recording.pyramidal[2]!.apical, []);
    const drive = through([...image], circuit.up[0]!);
    for (const values of recording.pyramidal[0]!.basal)
      for (const [j, v] of values.entries())
        assert.ok(Math.abs(v - drive[j]!) < FLOAT32 * (1 + Math.abs(drive[j]!)));
  });

test('steps that grow without bound and phases without a step are refused', () => {
  const { k } = float64();
  assert.throws(() => built(k, { step: 1.4 }), /timeStep=1.4 makes .* unstable: choose less than 1.27 ms/);
  assert.throws(() => built(k, { untaught: 0.05 }), /untaughtTime=0.05 is shorter than a step of 0.1 ms/);
  assert.throws(() => built(k, { taught: 0.05 }), /taughtTime=0.05 is shorter than a step of 0.1 ms/);
});

test.run();
