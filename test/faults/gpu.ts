import { type Fault, faultsOf } from './fault.ts';

const TESTS = ['test/kernels/device-states.test.ts'];

/** Of states that stay on the gpu. */
export const FAULTS: readonly Fault[] = [
  ...faultsOf(
    'states on the gpu',
    TESTS,
    [
      [
        'what is written goes to the first seed',
        '$driver.queue.writeBuffer($buffer, $offset, values)',
        '$driver.queue.writeBuffer($buffer, 0 * $offset, values)',
      ],
      [
        'what is read is of the first seed',
        'encoder.copyBufferToBuffer($buffer, slice * size, staging, 0, size)',
        'encoder.copyBufferToBuffer($buffer, 0 * slice * size, staging, 0, size)',
      ],
      [
        'values are lost when seeds are brought together',
        'encoder.copyBufferToBuffer($from, $place, made.buffer, i * size, size);',
        ';',
      ],
      [
        'seeds in another order count as brought together',
        'place.bundle === bundle && place.slice === i',
        'place.bundle === bundle',
      ],
      ['a buffer that nobody needs stays', 'place.bundle.buffer.destroy();', ';', 'release'],
    ],
    'kernels/gpu/device-states.ts',
  ),
  ...faultsOf(
    'states on the gpu',
    TESTS,
    [
      ['a plan begins with what it has, not with the newest values', 'kept.before(taken);', ';'],
      ['new values stay in the plan', 'kept.after(given);', ';'],
      ['states are sent with each chunk', '_argRegions.delete(index);', ';'],
      ["a plan's buffers stay", '_literalBuffers.set(region.buffer, region);', ';'],
      ['states are read back', 'i < first', 'i < 0 * first'],
    ],
    'kernels/gpu/plan-states.ts',
  ),
];
