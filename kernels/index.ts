export { consecutive } from './consecutive.ts';
export { AS_IS, type Blas, ROW_MAJOR, TRANSPOSED } from './cpu/blas.ts';
export { openCpu, type Processor } from './cpu/device.ts';
export { hasRelaxedSimd } from './cpu/relaxed-simd.ts';
export type { Capabilities, Device, DeviceInfo, Executable, Feed } from './device.ts';
export { UserError } from './errors.ts';
export { GPU_BACKENDS, type GpuBackend } from './gpu/backend.ts';
export { openGpu } from './gpu/device.ts';
export type { GpuLibrary } from './gpu/library.ts';
export {
  type Into,
  Kernels,
  type MatmulOptions,
  type SumOptions,
  type Times,
  type TracedStep,
} from './kernels.ts';
export { closest } from './nearest.ts';
export type { Op, Program, StepInfo } from './program.ts';
export { normalPair, RandomStream, unitUniform } from './random.ts';
export { ReferenceDevice } from './reference.ts';
export { type JsScalarFunction, sigmoid } from './scalar.ts';
export { sha256 } from './sha256.ts';
export type { RowStore, Table, Tensor } from './tensor.ts';
