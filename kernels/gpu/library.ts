/**
 * The part of gpu.js that is used here. It is handed in, because it is large and few runs need it; in types of our own: its
 * declarations, like those of WebGPU, need those of a browser, which the project of a user may not have.
 */
export interface GpuLibrary {
  readonly GPU: { readonly isHeadlessGLSupported: boolean; new (settings: { mode: string }): Gpu };
  /** @param size columns, rows and slices */
  readonly Input: new (
    values: { readonly length: number },
    size: number[],
  ) => Handle;
  /** One device of WebGPU serves all GPU objects. */
  readonly WebGPUContext: { acquire(): Promise<{ device: Driver }> };
}

export interface Gpu {
  createKernel(source: string, settings: object): Kernel;
  createPipeline(orchestrate: (...handles: Handle[]) => Handle[], settings: { threads: boolean }): Plan;
  destroy(): Promise<void>;
}

/** An array: one that is sent, or the place of a kernel's result in a plan. */
export type Handle = object;

/** Called while a plan is recorded. */
export type Kernel = (...args: (Handle | number)[]) => Handle;

/** A recorded pipeline of kernels. What it ran on is known after the first call. */
export interface Plan {
  (...inputs: Handle[]): Promise<unknown>;
  readonly backend: string | null;
  readonly executorKind: string;
  readonly fallbackReason: string | null;
  /** Its insides: see plan-states.ts. */
  readonly pipeline: object;
}

/** The part of WebGPU's GPUDevice that is used here. */
export interface Driver {
  readonly queue: {
    writeBuffer(buffer: DriverBuffer, offset: number, values: Float32Array): void;
    submit(commands: object[]): void;
    onSubmittedWorkDone(): Promise<unknown>;
  };
  createBuffer(settings: { size: number; usage: number }): DriverBuffer;
  createCommandEncoder(): Encoder;
  addEventListener(type: 'uncapturederror', listener: (event: { error: { message: string } }) => void): void;
}

/** A GPUBuffer. */
export interface DriverBuffer {
  mapAsync(mode: number): Promise<unknown>;
  getMappedRange(): ArrayBuffer;
  destroy(): void;
}

/** A GPUCommandEncoder; offsets and sizes are in bytes. */
export interface Encoder {
  copyBufferToBuffer(
    from: DriverBuffer,
    fromOffset: number,
    to: DriverBuffer,
    toOffset: number,
    size: number,
  ): void;
  finish(): object;
}

/** Values of WebGPU's GPUBufferUsage and GPUMapMode, which are no globals in Node. */
export const USAGE = { mapRead: 1, copySource: 4, copyTarget: 8 } as const;
export const MAP_READ = 1;
