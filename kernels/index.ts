export type { Device, DeviceInfo, Executable, Feed } from './device.ts';
export { UserError } from './errors.ts';
export { type Into, Kernels, type MatmulOptions, type SumOptions } from './kernels.ts';
export { closest } from './nearest.ts';
export type { Op, Program, StepInfo } from './program.ts';
export { RandomStream } from './random.ts';
export { ReferenceDevice } from './reference.ts';
export { type JsScalarFunction, sigmoid } from './scalar.ts';
export type { Table, Tensor } from './tensor.ts';
