import type { Device } from '../../../kernels/index.ts';

/** The same device, of which one call does no more steps than `most` says at the time. */
export const paced = (device: Device, most: () => number): Device => ({
  info: device.info,
  capabilities: {
    ...device.capabilities,
    get stepsPerCall() {
      return Math.min(device.capabilities.stepsPerCall, most());
    },
  },
  allocate: (tensor) => device.allocate(tensor),
  write: (tensor, values) => device.write(tensor, values),
  read: (tensor) => device.read(tensor),
  compile: (program) => device.compile(program),
  liveBuffers: () => device.liveBuffers(),
  dispose: () => device.dispose(),
});
