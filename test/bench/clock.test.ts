import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { evaluationSpeed, evenlySpaced, MinibatchClock, trainingSpeed } from '../../bench/clock.ts';
import { conditionOf } from '../../bench/workloads.ts';
import { makeSplit } from '../../data/index.ts';
import { openDevice, openReplicas } from '../../devices/index.ts';
import type { Device } from '../../kernels/index.ts';
import { tinyDataset } from '../../training/index.ts';

test('evenly spaced examples are those that the peers take, with their labels', () => {
  const images = Uint8Array.from({ length: 20 }, (_, i) => i);
  const labels = Uint8Array.from({ length: 10 }, (_, i) => i);
  const some = evenlySpaced(makeSplit('test', images, labels, 2, 10), 4);
  assert.is(some.images.count, 4);
  assert.equal([...some.images.values], [0, 1, 4, 5, 10, 11, 14, 15]);
  assert.equal([...some.labels!.values], [0, 2, 5, 7]);
});

const clockOf = (seconds: number, ready: Int32Array) => new MinibatchClock({ seconds, workers: 1 }, ready);

test('minibatches count after a warm-up, until there is enough', () => {
  const [real, ready] = [performance.now, new Int32Array(1)];
  let now = 1000;
  performance.now = () => now;
  try {
    const clock = clockOf(1, ready);
    clock.resume();
    const after = (ms: number, done: number): void => {
      now += ms;
      clock.tick(done);
    };
    assert.is(clock.stepsPerCall(20), 1);
    after(50, 1);
    assert.is(clock.stepsPerCall(20), 2, 'a call takes at most 100 ms');
    after(40, 3);
    assert.is(clock.stepsPerCall(20), 5);
    after(700, 13);
    assert.is(ready[0], 1, 'warm');
    // From here on it counts: 10 minibatches in 5 ms, 300 in 600 ms, 300 in 500 ms.
    after(5, 23);
    assert.is(clock.stepsPerCall(20), 20);
    after(600, 323);
    now += 10_000;
    clock.resume();
    assert.throws(() => after(500, 623));
    assert.ok(clock.hasStopped);
    assert.ok(Math.abs(clock.minibatchesPerSecond - 610 / 1.105) < 1e-9);
  } finally {
    performance.now = real;
  }
});

const timing = {
  condition: conditionOf('backprop', [36, 24, 4], { batch: 20 }),
  seed: 1,
  seconds: 0.01,
  workers: 1,
};

test('replicas in lockstep are measured together, and stop together', async () => {
  const devices = await openReplicas({ backend: 'webasm' }, 2);
  const both = devices as [Device, Device];
  const { replicas, examplesPerSecond, device } = await trainingSpeed(
    timing,
    tinyDataset(),
    both,
    new Int32Array(1),
  );
  assert.is(replicas, 2);
  assert.is(device.backend, 'webasm');
  assert.ok(examplesPerSecond > 0 && Number.isFinite(examplesPerSecond));
  for (const one of both) assert.is(one.liveBuffers(), 0);
});

test('an evaluation is measured over so many test images', async () => {
  const device = await openDevice({ device: 'cpu', blas: 'none' });
  const speed = await evaluationSpeed({ ...timing, evaluation: 10 }, tinyDataset(), device);
  assert.ok(speed.examplesPerSecond > 0 && Number.isFinite(speed.examplesPerSecond));
  assert.is(device.liveBuffers(), 0);
});

test.run();
