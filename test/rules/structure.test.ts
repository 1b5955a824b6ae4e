import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UserError } from '../../kernels/index.ts';
import { type Connection, layeredNetwork } from '../../networks/index.ts';
import { OPTIMIZERS, RULES } from '../../rules/index.ts';
import { buildTrainer, resolveCondition, type SettingsInput } from '../../training/index.ts';
import { openCpu, partsOf } from '../training/parts.ts';
import { learnedOf } from './learned.ts';

/** Rules train networks of dendrites: synapses that do not exist never come to be, and all others learn. */
const STRUCTURE = { layers: [36, 24, 8, 4], structure: 'dendrites-local', synapses: 9 } as const;

async function trained(rule: string, settings: SettingsInput, options = {}) {
  const parts = await partsOf(rule, {
    settings: { ...STRUCTURE, epochs: 1, ...settings },
    options,
    device: await openCpu(),
  });
  const trainer = await buildTrainer(parts);
  const connections = [
    ...trainer.network.connections,
    ...trainer.feedback.map(({ connection }) => connection),
  ];
  const valuesOf = async ({ weights }: Connection) => Float32Array.from(await trainer.read(weights));
  const before = await Promise.all(connections.map(valuesOf));
  for await (const record of trainer.epochs()) assert.is(record.diverged, undefined, rule);
  const after = await Promise.all(connections.map(valuesOf));
  await trainer.dispose();
  return connections.map((connection, i) => ({ connection, before: before[i]!, after: after[i]! }));
}

/** Synapses that do not exist stay at zero. @returns how many of the others changed */
function changed({ connection: { name, mask }, before, after }: Awaited<ReturnType<typeof trained>>[number]) {
  let count = 0;
  for (const [i, w] of after.entries())
    if (mask && mask.values[i] === 0) assert.is(w, 0, `${name} has a weight where it has no synapse`);
    else if (w !== before[i]) count++;
  return count;
}

const layered = RULES.filter(({ network }) => network.name === layeredNetwork.name);

for (const { name } of layered)
  test(`${name} trains the synapses that exist`, async () => {
    const all = await trained(name, {});
    const [dendrites, somata] = all;
    assert.ok(dendrites!.connection.mask && somata!.connection.mask);
    if (name !== 'shallow') {
      assert.ok(changed(dendrites!) > 100, 'synapses of dendrites');
      assert.ok(changed(somata!) > 12, 'synapses onto somata');
    }
    for (const one of all) changed(one);
  });

for (const optimizer of OPTIMIZERS)
  test(`no optimizer makes synapses: ${optimizer}`, async () => {
    for (const one of await trained('kolen-pollack', { optimizer, learningRate: 0.01, weightDecay: 0.001 }))
      changed(one);
  });

test('feedback from somata joins them with their own dendrites, feedback from outputs with all somata', async () => {
  const feedback = (await trained('feedback-alignment', {})).slice(3);
  assert.equal(
    feedback.map(({ connection }) => connection.name),
    ['feedback from hidden 2 to hidden 1', 'feedback from output to hidden 2'],
  );
  const [below, above] = feedback.map(({ connection, after }) => ({ connection, after }));
  assert.equal(
    [...below!.after].map((w, i) => (w === 0 ? -1 : i)).filter((i) => i >= 0),
    Array.from({ length: 24 }, (_, d) => 24 * Math.floor(d / 3) + d),
  );
  assert.is(above!.connection.mask, undefined);
});

/** What a rule learns where inputs that no dendrite hears have these values. */
async function learnedWith(name: string, options: Record<string, unknown>, unheard: number) {
  const { own, biases, network } = await learnedOf(name, {
    network: { layers: [9, 4, 2, 3], structure: 'dendrites-random', synapses: 2 },
    options,
    set(values, { connections }) {
      const { values: mask } = connections[0]!.mask!;
      const input = values('input');
      for (let pixel = 0; pixel < 9; pixel++)
        if (mask.subarray(4 * pixel, 4 * pixel + 4).every((m) => m === 0))
          for (let i = pixel; i < input.length; i += 9) input[i] = unheard;
    },
  });
  const heard = network.connections[0]!.mask!.values.filter((m) => m === 1).length;
  assert.is(heard, 8);
  return [...own, ...biases].flatMap((values) => [...(values ?? [])]);
}

const INCREMENTAL = { incremental: true, variant: 'strict', iterations: 5 };
const cases = [
  ...layered.map(({ name }) => [name, {}] as const),
  ['predictive-coding', INCREMENTAL] as const,
];

for (const [name, options] of cases)
  test(`${[name, ...Object.keys(options)].join(', ')}: what no synapse hears is not learned from`, async () => {
    const [without, withMore] = [await learnedWith(name, options, 0), await learnedWith(name, options, 3)];
    assert.ok(without.some((x) => x !== 0));
    for (const [i, x] of without.entries())
      assert.ok(Math.abs(x - withMore[i]!) < 1e-12, `${x} ${withMore[i]}`);
  });

test('other kinds of network refuse a structure, with a sentence', () => {
  for (const definition of RULES.filter(({ network }) => network.name !== layeredNetwork.name))
    assert.throws(
      () => resolveCondition(definition, { settings: { structure: 'sparse', layers: [36, 8, 4, 4] } }),
      (error: Error) =>
        error instanceof UserError &&
        /^structure: 'sparse' is for layered networks, and the rule '.*' trains a network of the kind/.test(
          error.message,
        ),
      definition.name,
    );
});

test.run();
