import { UserError } from '../errors.ts';
import { type Driver, type DriverBuffer, type Plan, USAGE } from './library.ts';

/** The version of gpu.js whose plans `keepStates` knows from the inside. */
export const GPU_JS_VERSION = '2.24.1';

/** What happens to the first arguments and the first results of a plan in the place of sending and reading back. */
export interface Kept {
  /** Bytes of each. */
  readonly taken: readonly number[];
  readonly given: readonly number[];
  /** Fills the plan's buffers before its kernels. */
  before(taken: readonly DriverBuffer[]): void;
  /** Empties the plan's buffers after its kernels. */
  after(given: readonly DriverBuffer[]): void;
}

/** gpu.js 2.24.1, src/pipeline.js. */
interface Pipeline {
  /** Sets `_executor`, to false where the plan is to run kernel by kernel; called before the first run. */
  _prepareExecutor(args: readonly unknown[]): unknown;
  _executor: Executor | false;
  readonly fallbackReason: string | null;
}

/** gpu.js 2.24.1, src/backend/web-gpu/pipeline-executor.js. */
interface Executor {
  /** Submits all kernels before it returns. */
  execute(args: readonly unknown[]): Promise<unknown>;
  /** By the number of the argument: what `execute` sends to. */
  readonly _argRegions: Map<number, { readonly buffer: DriverBuffer }>;
  /** What `execute` leaves alone and `destroy` destroys. */
  readonly _literalBuffers: Map<object, { readonly buffer: DriverBuffer }>;
  /** What `execute` reads back. */
  _resultReads: readonly ResultRead[];
  _staging: DriverBuffer | null;
}

type ResultRead =
  | {
      readonly kind: 'step';
      readonly buffer: DriverBuffer;
      readonly offset: number;
      readonly byteLength: number;
    }
  | { readonly kind: 'literal' | 'arg'; readonly value: unknown };

/**
 * Makes a plan of gpu.js on WebGPU leave its first arguments and results on the device. gpu.js offers no such thing: a
 * plan sends all its arguments and reads back all its results. So the executor of this one plan is changed, once gpu.js has made it.
 * @throws UserError when the plan runs, if gpu.js is another version than the one known here
 */
export function keepStates(plan: Plan, driver: Driver, kept: Kept): void {
  const pipeline = plan.pipeline as Pipeline;
  const prepare = pipeline?._prepareExecutor;
  if (typeof prepare !== 'function') throw unknownVersion();
  pipeline._prepareExecutor = async (args) => {
    await prepare.call(pipeline, args);
    const { _executor: executor } = pipeline;
    if (!executor) throw new Error(`gpu.js cannot run the plan as one: ${pipeline.fallbackReason}`);
    changeExecutor(executor, driver, kept);
  };
}

function changeExecutor(executor: Executor, driver: Driver, kept: Kept): void {
  if (!isKnown(executor)) throw unknownVersion();
  const taken = kept.taken.map((_, i) => takeArgument(executor, i));
  const given = kept.given.map((size, i) => takeResult(executor, i, size));
  readBackRest(executor, driver, given.length);
  const { execute } = executor;
  executor.execute = (args) => {
    kept.before(taken);
    const results = execute.call(executor, args);
    kept.after(given);
    return results.then(async (values) => {
      await driver.queue.onSubmittedWorkDone();
      return values;
    });
  };
}

const isKnown = ({ execute, _argRegions, _literalBuffers, _resultReads, _staging }: Executor): boolean =>
  typeof execute === 'function' &&
  _argRegions instanceof Map &&
  _literalBuffers instanceof Map &&
  Array.isArray(_resultReads) &&
  _staging !== undefined;

/** @returns the buffer of an argument, which is no longer sent */
function takeArgument({ _argRegions, _literalBuffers }: Executor, index: number): DriverBuffer {
  const region = _argRegions.get(index);
  if (!region?.buffer) throw unknownVersion();
  _argRegions.delete(index);
  _literalBuffers.set(region.buffer, region);
  return region.buffer;
}

/** @returns the buffer of a result */
function takeResult({ _resultReads }: Executor, index: number, size: number): DriverBuffer {
  const read = _resultReads[index];
  if (read?.kind !== 'step' || !read.buffer || read.byteLength !== size) throw unknownVersion();
  return read.buffer;
}

/** Only what comes after the first results is read back, through a buffer of its size. */
function readBackRest(executor: Executor, driver: Driver, first: number): void {
  let offset = 0;
  executor._resultReads = executor._resultReads.map((read, i): ResultRead => {
    if (i < first) return { kind: 'literal', value: null };
    if (read.kind !== 'step') return read;
    const moved = { ...read, offset };
    offset += read.byteLength;
    return moved;
  });
  executor._staging?.destroy();
  executor._staging =
    offset > 0 ? driver.createBuffer({ size: offset, usage: USAGE.mapRead | USAGE.copyTarget }) : null;
}

const unknownVersion = (): UserError =>
  new UserError(
    `the gpu backend webgpu needs gpu.js ${GPU_JS_VERSION}, whose plans it knows from the inside, and this is another version: npm install gpu.js@${GPU_JS_VERSION}`,
  );
