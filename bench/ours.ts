import { fileURLToPath } from 'node:url';
import { type DeviceOptions, openDevice } from '../devices/index.ts';
import { type GpuBackend, hasRelaxedSimd, UserError } from '../kernels/index.ts';
import { CLEARED, outputOf } from './environment.ts';
import type { Measured } from './measure.ts';
import type { Order } from './order.ts';
import type { Kind } from './workloads.ts';

/** A Node to run programs of ours with. */
export interface Node {
  readonly path: string;
  /** As in process.version. */
  readonly version: string;
  readonly relaxedSimd: boolean;
}

/** One way for us to compute on this machine. */
export interface Ours {
  readonly program: string;
  /** Null on a GPU. */
  readonly kind: Kind | null;
  readonly device: DeviceOptions;
  /** Seeds at the same time, on a GPU. */
  readonly replicas: number;
  readonly node: Node;
  /** The library or the hardware behind it. */
  readonly description: string;
}

/** What a document says of a program of ours. */
export interface OursRecord {
  readonly description: string;
  /** Version of Node. */
  readonly node: string;
}

export const recordOf = (ours: readonly Ours[]): Record<string, OursRecord> =>
  Object.fromEntries(
    ours.map(({ program, description, node }) => [program, { description, node: node.version }]),
  );

const MEASURE = fileURLToPath(new URL('measure.ts', import.meta.url));
const NODE = fileURLToPath(new URL('node.ts', import.meta.url));

export const thisNode = (): Node => ({
  path: process.execPath,
  version: process.version,
  relaxedSimd: hasRelaxedSimd(),
});

/** @throws UserError when it does not run */
export async function findNode(path: string): Promise<Node> {
  try {
    return { path, ...JSON.parse(await outputOf(path, path, ['--import', 'tsx', NODE])) };
  } catch {
    throw new UserError(
      `--node ${path} does not run; name the executable of a Node, such as that of Node 24`,
    );
  }
}

type Note = (sentence: string) => void;

/**
 * The system BLAS if there is one, and the built-in kernels, exact and with fused multiply-add.
 * @param other a Node for the latter, where the one at hand lacks relaxed SIMD
 * @throws UserError when the other Node lacks it too
 */
export async function findOurs(note: Note, other?: string): Promise<Ours[]> {
  for (const name of CLEARED) delete process.env[name];
  const node = thisNode();
  const fused = await fusedNode(node, other, note);
  const opened = await openDevice({ device: 'cpu', blas: 'auto' });
  const { blas } = opened.info;
  await opened.dispose();
  if (blas === null)
    note('no system BLAS was found (Debian: libopenblas0), so that only the built-in kernels are measured');
  const cpu = (program: string, kind: Kind, name: string, description: string, on = node): Ours => ({
    program,
    kind,
    device: { device: 'cpu', blas: name },
    replicas: 1,
    node: on,
    description,
  });
  return [
    ...(blas === null ? [] : [cpu('system BLAS', 'blas', 'auto', blas)]),
    ...(fused
      ? [cpu(FUSED, 'fma', 'fma', 'WebAssembly SIMD with fused multiply-add (relaxed SIMD)', fused)]
      : []),
    cpu('built-in', 'exact', 'none', 'WebAssembly SIMD, the same bits on every machine'),
  ];
}

const FUSED = 'built-in, fused multiply-add';

async function fusedNode(node: Node, other: string | undefined, note: Note): Promise<Node | null> {
  const found = other === undefined ? node : await findNode(other);
  if (found.relaxedSimd) return found;
  if (other !== undefined)
    throw new UserError(
      `--node ${other} is Node ${found.version}, which has no relaxed SIMD; Node 22 and later have it`,
    );
  note(
    `'${FUSED}' is left out, for Node ${node.version} has no relaxed SIMD: run the benchmark with Node 22 or later, or name one with --node`,
  );
  return null;
}

/**
 * gpu.js with so many seeds at the same time.
 * @throws UserError when there is no GPU
 */
export async function findGpu(backend: GpuBackend | undefined, replicas: readonly number[]): Promise<Ours[]> {
  const device = { device: 'gpu', backend } as const;
  const opened = await openDevice(device);
  const { backend: found, hardware } = opened.info;
  await opened.dispose();
  return replicas.map((count) => ({
    program: count === 1 ? 'gpu, 1 seed' : `gpu, ${count} seeds`,
    kind: null,
    device,
    replicas: count,
    node: thisNode(),
    description: `${found} on ${hardware}`,
  }));
}

/** Measures runs of ours in a process of their own. */
export async function measureOurs(
  { device, replicas, node }: Pick<Ours, 'device' | 'replicas' | 'node'>,
  order: Omit<Order, 'device' | 'replicas' | 'seed'>,
): Promise<[Measured, ...Measured[]]> {
  const whole: Order = { ...order, device, replicas, seed: 1 };
  const command = ['--import', 'tsx', MEASURE, JSON.stringify(whole)];
  return JSON.parse(await outputOf(`${order.condition.rule} on ${device.device}`, node.path, command));
}
