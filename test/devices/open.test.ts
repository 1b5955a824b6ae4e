import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type DeviceOptions, listDevices, openDevice } from '../../devices/index.ts';
import { hasRelaxedSimd, UserError } from '../../kernels/index.ts';
import { execute } from '../cli/dendrite.ts';

async function opened(options: DeviceOptions): Promise<string[]> {
  const device = await openDevice(options);
  const { name, backend, hardware } = device.info;
  await device.dispose();
  return [name, backend, hardware];
}

async function refusal(options: object): Promise<string> {
  try {
    await openDevice(options);
  } catch (error) {
    assert.instance(error, UserError);
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}

test('gpu.js is loaded when a gpu device is opened, not before', async () => {
  // In a process of its own: here, another test may have loaded it.
  const program = `
    import { createRequire } from 'node:module';
    const { openDevice } = await import('./devices/index.ts');
    const isLoaded = () => Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes('gpu.js'));
    const before = isLoaded();
    await (await openDevice({ device: 'gpu', backend: 'webasm' })).dispose();
    process.stdout.write(before + ' ' + isLoaded());`;
  const { stdout, stderr } = await execute(process.execPath, [
    '--import',
    'tsx',
    '--input-type=module',
    '--eval',
    program,
  ]);
  assert.is(stdout.trim(), 'false true', stderr);
});

test('a backend stands for the gpu, a BLAS for the cpu', async () => {
  assert.equal((await opened({ backend: 'webasm' })).slice(0, 2), ['gpu', 'webasm']);
  assert.is((await opened({ blas: 'none' }))[0], 'cpu');
  assert.is((await opened({ device: 'cpu' }))[0], 'cpu');
});

test('auto opens the cpu or a hardware GPU', async () => {
  const [name, backend, hardware] = await opened({ layers: [20, 10, 5], batch: 4 });
  if (name === 'cpu') return;
  assert.equal([name, backend], ['gpu', 'webgpu']);
  assert.not.match(hardware!, /software/);
});

test('unknown names and options that do not fit together are refused', async () => {
  assert.match(await refusal({ device: 'tpu' }), /'tpu': choose from auto, cpu, gpu/);
  assert.match(await refusal({ backend: 'cuda' }), /'cuda': choose from auto, webgpu/);
  assert.match(await refusal({ device: 'cpu', backend: 'webgpu' }), /'webgpu' belongs to --device gpu/);
  assert.match(await refusal({ device: 'gpu', blas: 'none' }), /--blas none belongs to --device cpu/);
  assert.match(await refusal({ backend: 'webasm', blas: 'none' }), /'webasm' belongs to --device gpu/);
});

test('the list names every way to compute, measured, or why it is missing', async () => {
  const listings = await listDevices();
  assert.equal(
    listings.map(({ device, backend }) => `${device} ${backend}`),
    [
      'cpu built-in kernels',
      'cpu built-in kernels, fused multiply-add',
      'cpu system BLAS',
      'gpu webgpu',
      'gpu headlessgl',
      'gpu webasm',
      'gpu cpu',
    ],
  );
  for (const { available, reason, hardware, gflops, backend } of listings) {
    assert.is(reason === null, available, backend);
    assert.is(hardware !== null, available, backend);
    assert.is(gflops !== null && gflops > 0, available, backend);
  }
  const fused = listings.find(({ backend }) => backend.endsWith('fused multiply-add'))!;
  const reason = 'this Node.js has no relaxed SIMD; Node 22 and later have it';
  assert.is(fused.reason, hasRelaxedSimd() ? null : reason);
  const everywhere = ['built-in kernels', 'webasm', 'cpu'];
  assert.ok(listings.every(({ backend, available }) => available || !everywhere.includes(backend)));
});

test.run();
