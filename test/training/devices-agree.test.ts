import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadDataset } from '../../data/index.ts';
import { type DeviceOptions, openDevice } from '../../devices/index.ts';
import { type Device, ReferenceDevice, UserError } from '../../kernels/index.ts';
import { findRule } from '../../rules/index.ts';
import { findTask, resolveCondition, traceRun } from '../../training/index.ts';
import { gpuBackends } from '../kernels/gpu-backends.ts';

const MINIBATCHES = 50;

/**
 * A product over 784 pixels in float32 is off by about sqrt(784) * 2^-24 = 2e-6 of its size, whatever the order of
 * summation. Fifty updates build on each other; learning of this length is stable, so the differences add up but do not
 * explode: 50 * 2e-6 = 1e-4 of the largest weight. A wrong kernel is off by far more.
 */
const TOLERANCE = 1e-4;
/** Of scores in per cent of 2,000 images: one image near a border between two classes may fall on its other side. */
const SCORE_TOLERANCE = 0.051;

const dataset = await loadDataset('mnist');
const settings = { batch: 10, optimizer: 'sgd', learningRate: 0.1, schedule: 'constant' } as const;

/** Each task, with the rules that it is tried with; the classifier also reconstructs, in a smaller network. */
const CASES: readonly { rule: string; task: string; layers: number[] }[] = [
  { rule: 'backprop', task: 'classify', layers: [784, 16, 10] },
  { rule: 'feedback-alignment', task: 'classify', layers: [784, 16, 10] },
  { rule: 'feedback-alignment', task: 'probe:hidden 1', layers: [784, 16, 10] },
  { rule: 'backprop', task: 'reconstruct', layers: [784, 8, 784] },
];
const nameOf = ({ rule, task }: (typeof CASES)[number]) => `${rule}, ${task}`;

interface Seen {
  readonly weights: Map<string, Float32Array>;
  readonly score: number;
}

/** Weights, biases and the test score after training on the first digits. */
async function seenOn(device: Device, { rule, task, layers }: (typeof CASES)[number]): Promise<Seen> {
  const definition = findRule(rule);
  const chosen = findTask(task);
  const rate = task === 'reconstruct' ? { learningRate: 0.01 } : {};
  const run = await traceRun({
    condition: resolveCondition(
      definition,
      { settings: { ...settings, ...rate, layers } },
      {},
      chosen.definition,
    ),
    definition,
    seed: 1,
    task: chosen,
    diagnostics: [],
    dataset,
    datasetHash: '',
    device,
  });
  const rows = Uint32Array.from({ length: MINIBATCHES * settings.batch }, (_, i) => i);
  await run.step.run({ steps: MINIBATCHES, firstStep: 0, rows });
  const weights = new Map<string, Float32Array>();
  for (const [name, tensor] of run.states)
    if (/^(weights|bias)/.test(name)) weights.set(name, await device.read(tensor));
  await run.task.prepareScores?.();
  const score = await run.testScore!();
  await device.dispose();
  return { weights, score };
}

const largest = (values: Float32Array): number =>
  values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

const wanted = new Map<string, Seen>();
for (const one of CASES) wanted.set(nameOf(one), await seenOn(new ReferenceDevice(), one));

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
    'cpu, fused multiply-add',
    { device: 'cpu', blas: 'fma' },
    await whyMissing({ device: 'cpu', blas: 'fma' }),
  ],
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
  for (const one of CASES) {
    const title = `${name} agrees with float64 after ${MINIBATCHES} minibatches of ${nameOf(one)}`;
    if (missing !== null) {
      console.log(`skipped, ${title}: ${missing}`);
      test.skip(title);
      continue;
    }
    test(title, async () => {
      const seen = await seenOn(await openDevice(options), one);
      const { weights, score } = wanted.get(nameOf(one))!;
      for (const [state, values] of weights) {
        const gap = largest(values.map((value, i) => value - seen.weights.get(state)![i]!));
        assert.ok(
          gap <= TOLERANCE * largest(values),
          `${state} differs by ${gap / largest(values)} of its largest value`,
        );
      }
      const tolerance = one.task === 'reconstruct' ? TOLERANCE * score : SCORE_TOLERANCE;
      assert.ok(Math.abs(seen.score - score) <= tolerance, `score ${seen.score} instead of ${score}`);
    });
  }

test.run();
