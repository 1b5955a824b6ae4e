import type { Program } from './program.ts';
import type { Tensor } from './tensor.ts';

/** What really runs, as measured and asserted, not as asked for: goes into every run record. */
export interface DeviceInfo {
  readonly name: 'cpu' | 'gpu' | 'reference';
  /** 'wasm-simd', 'wasm-simd+fma' with fused multiply-add, or for gpu.js the mode that executes: 'webgpu', 'webasm', 'headlessgl', 'cpu'. */
  readonly backend: string;
  /** Library and version of the system BLAS that multiplies, or null for the built-in kernels. */
  readonly blas: string | null;
  /** gpu.js plans only: 'fused-encoder', 'fused-sync', 'fused-threaded' or 'generic'. */
  readonly executorKind: string | null;
  readonly fallbackReason: string | null;
  /** The hardware in words, e.g. the adapter's description. */
  readonly hardware: string;
}

/** What a device can do at once. Whoever plans runs asks here, and does not guess from the device's name. */
export interface Capabilities {
  /**
   * Steps that one call of an executable should hold: fewer cost time (each call on a gpu sends something and is
   * waited for), more gain none and put off reports of progress.
   */
  readonly stepsPerCall: number;
  /**
   * Whether calls of fewer steps, as many as it pleases, cost next to nothing. Left out: they do. A gpu makes a plan for each number of
   * steps, and runs in lockstep have to ask for the same one.
   */
  readonly takesFewerSteps?: boolean;
  /**
   * How many replicas (runs of one program from different seeds) a device can run in lockstep, as one.
   * @param largestState values in the largest state tensor of one replica
   * @returns a whole number, 1 where there is no gain
   */
  replicas(largestState: number): number;
}

/** One call of an executable: `steps` minibatches, one after the other. */
export interface Feed {
  readonly steps: number;
  /** Number of the first step: the counter of random fills, and what host scalars are computed from. */
  readonly firstStep: number;
  /** Row numbers for the gathers: `steps * program.batch` of them. */
  readonly rows: Uint32Array;
}

/** A program made ready for its device. */
export interface Executable {
  run(feed: Feed): Promise<void>;
  /** Releases what the executable holds. Its state tensors stay with the device. */
  dispose(): void;
}

/**
 * Where tensors live and programs run. A device is not responsible for checking shapes (kernels.ts does), for the
 * order of minibatches or for anything random on the host. It owns every buffer; `dispose` releases them all.
 */
export interface Device {
  readonly info: DeviceInfo;
  readonly capabilities: Capabilities;
  /** Makes room for a state tensor, filled with zeros. */
  allocate(tensor: Tensor): void;
  /** Sets a state tensor to values row by row. */
  write(tensor: Tensor, values: Float32Array): Promise<void>;
  /** The values of a state tensor, row by row. */
  read(tensor: Tensor): Promise<Float32Array>;
  /** Makes a traced step ready to run. @throws UserError for what the device cannot do */
  compile(program: Program): Promise<Executable>;
  /** Number of live buffers, for leak tests. */
  liveBuffers(): number;
  /** Releases every buffer. */
  dispose(): Promise<void>;
}
