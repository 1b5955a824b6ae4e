/**
 * The part of gpu.js that is used here. It is handed in, because it is large and few runs need it; in types of our own: its declarations need those of a browser, which the project
 * of a user may not have.
 */
export interface GpuLibrary {
  readonly GPU: { readonly isHeadlessGLSupported: boolean; new (settings: { mode: string }): Gpu };
  /** @param size columns, rows and slices */
  readonly Input: new (
    values: Float32Array,
    size: number[],
  ) => Handle;
  readonly WebGPUContext: { acquire(): Promise<{ device: DriverEvents }> };
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
}

export interface DriverEvents {
  addEventListener(type: 'uncapturederror', listener: (event: { error: { message: string } }) => void): void;
}
