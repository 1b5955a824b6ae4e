import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openCpuDevice } from '../../devices/cpu.ts';
import { type Device, Kernels, UserError } from '../../kernels/index.ts';
import { differenceFromReference, OP_TABLE } from './op-table.ts';

/** The devices that have to agree with the float64 reference. A UserError from `open` means that it is missing here. */
const DEVICES: readonly { name: string; open: () => Promise<Device> }[] = [
  { name: 'cpu, built-in kernels', open: () => openCpuDevice('none') },
  { name: 'cpu, fused multiply-add', open: () => openCpuDevice('fma') },
  { name: 'cpu, OpenBLAS', open: () => openCpuDevice('openblas') },
];

for (const { name, open } of DEVICES) {
  const device = await openOrExplain(open);
  if (typeof device === 'string') {
    console.log(`skipped ${name}: ${device}`);
    test.skip(`${name} agrees with the reference`);
    continue;
  }
  for (const opCase of OP_TABLE)
    test(`${name}: ${opCase.name}`, async () => {
      assert.is(await differenceFromReference(device, opCase), null);
    });

  test(`${name}: empty shapes are refused`, () => {
    const k = new Kernels(device, 0);
    for (const [rows, columns] of [
      [0, 3],
      [3, 0],
      [-1, 2],
      [1.5, 2],
    ] as const)
      assert.throws(() => k.state('empty', rows, columns), /whole numbers above 0/);
  });

  test(`${name}: nothing is left after disposal`, async () => {
    await device.dispose();
    assert.is(device.liveBuffers(), 0);
  });
}

async function openOrExplain(open: () => Promise<Device>): Promise<Device | string> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

test.run();
