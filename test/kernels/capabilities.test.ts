import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openCpuDevice } from '../../devices/cpu.ts';
import { openGpuDevice } from '../../devices/gpu.ts';
import { ReferenceDevice } from '../../kernels/index.ts';

test('a gpu takes chunks of 100 steps, and replicas whose weights fit into one buffer of 128 MiB', async () => {
  const device = await openGpuDevice('cpu');
  const { stepsPerCall, replicas } = device.capabilities;
  await device.dispose();
  assert.is(stepsPerCall, 100);
  assert.is(replicas(784 * 500), 32, 'never more than 32');
  // 5 x 4 x 6e6 bytes are 114 MiB.
  assert.is(replicas(6e6), 5);
  assert.is(replicas(1e9), 1, 'never none');
});

test('other devices run one replica at a time', async () => {
  const cpu = await openCpuDevice('none');
  assert.is(cpu.capabilities.stepsPerCall, 20);
  for (const { capabilities } of [cpu, new ReferenceDevice()]) assert.is(capabilities.replicas(1), 1);
  await cpu.dispose();
});

test.run();
