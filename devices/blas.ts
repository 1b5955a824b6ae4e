import { createRequire } from 'node:module';
import { AS_IS, type Blas, ROW_MAJOR, TRANSPOSED, UserError } from '../kernels/index.ts';

type Koffi = typeof import('koffi');
type Library = ReturnType<Koffi['load']>;
type NativeFunction = (...args: (number | string | Uint8Array)[]) => unknown;

/** Names by which the loader may find a library, most wanted first. */
const CANDIDATES = {
  openblas: [
    'libopenblas.so.0',
    'libopenblas.so',
    'libopenblas.dylib',
    '/opt/homebrew/opt/openblas/lib/libopenblas.dylib',
    '/usr/local/opt/openblas/lib/libopenblas.dylib',
    'libopenblas.dll',
  ],
  mkl: ['libmkl_rt.so.2', 'libmkl_rt.so', 'libmkl_rt.dylib', 'mkl_rt.2.dll', 'mkl_rt.dll'],
  blis: ['libblis.so.4', 'libblis.so.3', 'libblis.so', 'libblis.dylib'],
  accelerate: ['/System/Library/Frameworks/Accelerate.framework/Accelerate'],
};

/**
 * Finds a BLAS on this machine.
 * @param wanted 'auto' for the first that works, else 'openblas', 'mkl', 'blis', 'accelerate' or a library's file
 * @returns null if `wanted` is 'auto' and there is none
 * @throws UserError if a BLAS asked for by name cannot be used
 */
export function findBlas(wanted: string): Blas | null {
  if (wanted === 'auto') return firstOf(Object.values(CANDIDATES).flat()).blas;
  const family = Object.hasOwn(CANDIDATES, wanted) ? CANDIDATES[wanted as keyof typeof CANDIDATES] : [wanted];
  const { blas, reason } = firstOf(family);
  if (!blas)
    throw new UserError(
      `cannot use the BLAS '${wanted}' (${reason}): name another library, or choose 'auto' or 'none'`,
    );
  return blas;
}

/** The first library that works, or why the first one found does not. */
function firstOf(files: readonly string[]): { blas: Blas | null; reason: string } {
  let reason = '';
  for (const file of files) {
    try {
      return { blas: open(file), reason: '' };
    } catch (error) {
      reason ||= error instanceof Error ? error.message : String(error);
    }
  }
  return { blas: null, reason };
}

const opened = new Map<string, Blas>();

function open(file: string): Blas {
  let blas = opened.get(file);
  if (!blas) {
    // Not an import: without koffi's binary for this platform, the built-in kernels still work.
    const koffi: Koffi = createRequire(import.meta.url)('koffi');
    blas = bind(koffi, koffi.load(file), file);
    opened.set(file, blas);
  }
  return blas;
}

function bind(koffi: Koffi, library: Library, file: string): Blas {
  const addressOf = (buffer: ArrayBuffer): number => Number(koffi.address(buffer));
  const sgemm = library.func(
    'void cblas_sgemm(int, int, int, int, int, int, float, uintptr_t, int, uintptr_t, int, float, uintptr_t, int)',
  ) as Blas['sgemm'];
  useOneThread(library);
  if (!has32BitIntegers(library, addressOf))
    throw new Error('it is built with 64-bit integers, which is not supported');
  if (!multiplies(sgemm, addressOf)) throw new Error('it gives wrong results');
  return { description: describe(library, file), sgemm, addressOf };
}

function find(library: Library, declaration: string): NativeFunction | null {
  try {
    return library.func(declaration) as NativeFunction;
  } catch {
    return null;
  }
}

function useOneThread(library: Library): void {
  find(library, 'void openblas_set_num_threads(int)')?.(1);
  find(library, 'void MKL_Set_Num_Threads(int)')?.(1);
  find(library, 'void bli_thread_set_num_threads(int64_t)')?.(1);
}

function describe(library: Library, file: string): string {
  // e.g. 'OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH NO_AFFINITY Haswell MAX_THREADS=64'
  const config = find(library, 'str openblas_get_config()')?.();
  if (typeof config === 'string') {
    const version = /OpenBLAS \S+/.exec(config)?.[0] ?? 'OpenBLAS';
    const core = find(library, 'str openblas_get_corename()')?.();
    return core ? `${version} (${core})` : version;
  }
  const mkl = find(library, 'void MKL_Get_Version_String(_Out_ uint8_t *, int)');
  if (mkl) {
    const text = new Uint8Array(198);
    mkl(text, text.length);
    return new TextDecoder().decode(text).replaceAll('\0', '').trim();
  }
  const blis = find(library, 'str bli_info_get_version_str()')?.();
  return blis ? `BLIS ${blis}` : (file.split(/[\\/]/).at(-1) ?? file);
}

/**
 * A library with 64-bit integers takes the number of elements below for negative, and gives 0 as BLAS defines; one with
 * 32-bit integers sees the lower half of it, which is 2.
 */
function has32BitIntegers(library: Library, addressOf: Blas['addressOf']): boolean {
  const sdot = library.func(
    'float cblas_sdot(int64_t, uintptr_t, int64_t, uintptr_t, int64_t)',
  ) as NativeFunction;
  const values = Float32Array.of(1, 2, 3, 4);
  const address = addressOf(values.buffer);
  return sdot(2 - 2 ** 32, address, 1, address + 8, 1) === 11;
}

/** 2 [1 2 3; 4 5 6] [7 9 11; 8 10 12]' + 1 */
function multiplies(sgemm: Blas['sgemm'], addressOf: Blas['addressOf']): boolean {
  const values = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 9, 11, 8, 10, 12, 1, 1, 1, 1);
  const a = addressOf(values.buffer);
  sgemm(ROW_MAJOR, AS_IS, TRANSPOSED, 2, 2, 3, 2, a, 3, a + 24, 3, 1, a + 48, 2);
  return values.subarray(12).join() === '117,129,279,309';
}
