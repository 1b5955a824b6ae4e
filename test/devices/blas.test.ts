import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { findBlas } from '../../devices/blas.ts';
import { openCpuDevice } from '../../devices/cpu.ts';
import { AS_IS, type Blas, ROW_MAJOR, TRANSPOSED, UserError } from '../../kernels/index.ts';

const isUserError =
  (pattern: RegExp) =>
  (error: unknown): boolean =>
    error instanceof UserError && pattern.test(error.message);

function found(wanted: string): Blas | string {
  try {
    return findBlas(wanted) ?? 'there is none on this machine';
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

test('a library that is not there is a sentence that names it', () => {
  assert.throws(() => findBlas('/nowhere/libfoo.so'), isUserError(/BLAS '\/nowhere\/libfoo\.so' \(.+\):/));
});

test('a file that is no library is a sentence too', () => {
  assert.throws(() => findBlas(import.meta.filename), isUserError(/cannot use the BLAS/));
});

test("'none' multiplies with the built-in kernels", async () => {
  assert.is((await openCpuDevice('none')).info.blas, null);
});

test("'auto' is a system BLAS or the built-in kernels, and says which", async () => {
  const blas = findBlas('auto');
  assert.is((await openCpuDevice()).info.blas, blas?.description ?? null);
});

const blas = found('auto');
if (typeof blas === 'string') {
  console.log(`skipped the system BLAS: ${blas}`);
  test.skip('a system BLAS multiplies');
} else {
  test('the description gives library and version', () => {
    assert.match(blas.description, /^\S+.* \d+\.\d+|Accelerate/);
  });

  test('it multiplies memory at the given addresses', () => {
    const values = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9);
    const address = blas.addressOf(values.buffer);
    // [1 2; 3 4]' [5 6] into the last two.
    blas.sgemm(ROW_MAJOR, TRANSPOSED, AS_IS, 2, 1, 2, 1, address, 2, address + 16, 1, 0, address + 28, 1);
    assert.equal([...values], [1, 2, 3, 4, 5, 6, 7, 1 * 5 + 3 * 6, 2 * 5 + 4 * 6]);
  });
}

// Debian's libopenblas64-0 has the same function names as libopenblas0, and other integers.
const wide = found('libopenblas64.so.0');
if (typeof wide === 'string' && !wide.includes('64-bit')) {
  console.log(`skipped 64-bit integers: ${wide}`);
  test.skip('a BLAS with 64-bit integers is refused');
} else {
  test('a BLAS with 64-bit integers is refused', () => {
    assert.match(wide as string, /64-bit integers/);
  });
}

test.run();
