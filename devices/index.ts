export { type DeviceListing, listDevices } from './list.ts';
export { type DeviceOptions, openDevice, openReplicas } from './open.ts';
