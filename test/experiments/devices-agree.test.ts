import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadDataset } from '../../data/index.ts';
import { type DeviceOptions, openDevice } from '../../devices/index.ts';
import { defineExperiment } from '../../experiments/index.ts';
import { prepareRun } from '../../experiments/prepared-run.ts';
import { type Device, ReferenceDevice, UserError } from '../../kernels/index.ts';
import { findRule } from '../../rules/index.ts';
import { gpuBackends } from '../kernels/gpu-backends.ts';

const MINIBATCHES = 50;

/**
 * A product over 784 pixels in float32 is off by about sqrt(784) * 2^-24 = 2e-6 of its size, whatever the order of
 * summation. Fifty updates build on each other; learning of this length is stable, so the differences add up but do not
 * explode: 50 * 2e-6 = 1e-4 of the largest weight. A wrong kernel is off by far more.
 */
const TOLERANCE = 1e-4;

const dataset = await loadDataset('mnist');
const experiment = defineExperiment({
  rules: [{ name: 'backprop' }, { name: 'feedback-alignment' }],
  layers: [784, 16, 10],
  settings: { batch: 10, optimizer: 'sgd', learningRate: [0.1], schedule: 'constant' },
});

/** Weights and biases after training on the first digits. */
async function weightsAfter(rule: string, device: Device): Promise<Map<string, Float32Array>> {
  const plan = experiment.rules.find(({ name }) => name === rule)!;
  const run = await prepareRun(plan, findRule(rule), 1, dataset, device);
  const rows = Uint32Array.from({ length: MINIBATCHES * plan.batch }, (_, i) => i);
  await run.step.run({ steps: MINIBATCHES, firstStep: 0, rows });
  const values = new Map<string, Float32Array>();
  for (const [name, tensor] of run.states)
    if (/^(weights|bias)/.test(name)) values.set(name, await device.read(tensor));
  await device.dispose();
  return values;
}

const largest = (values: Float32Array): number =>
  values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

const wanted = new Map<string, Map<string, Float32Array>>();
for (const { name } of experiment.rules) wanted.set(name, await weightsAfter(name, new ReferenceDevice()));

/** Why a device is missing here, or null. */
async function whyMissing(options: DeviceOptions): Promise<string | null> {
  try {
    await (await openDevice(options)).dispose();
    return null;
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

const candidates: [string, DeviceOptions, string | null][] = [
  ['cpu, built-in kernels', { device: 'cpu', blas: 'none' }, null],
  [
    'cpu, OpenBLAS',
    { device: 'cpu', blas: 'openblas' },
    await whyMissing({ device: 'cpu', blas: 'openblas' }),
  ],
  ...(await gpuBackends()).map(({ backend, skip }): [string, DeviceOptions, string | null] => [
    `gpu, ${backend}`,
    { device: 'gpu', backend },
    skip,
  ]),
];

for (const [name, options, missing] of candidates)
  for (const rule of wanted.keys()) {
    const title = `${name} agrees with float64 after ${MINIBATCHES} minibatches of ${rule}`;
    if (missing !== null) {
      console.log(`skipped, ${title}: ${missing}`);
      test.skip(title);
      continue;
    }
    test(title, async () => {
      const seen = await weightsAfter(rule, await openDevice(options));
      for (const [state, values] of wanted.get(rule)!) {
        const gap = largest(values.map((value, i) => value - seen.get(state)![i]!));
        assert.ok(
          gap <= TOLERANCE * largest(values),
          `${state} differs by ${gap / largest(values)} of its largest value`,
        );
      }
    });
  }

test.run();
