import { spawnSync } from 'node:child_process';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { allocated, zeros } from '../../kernels/allocation.ts';
import { Kernels, ReferenceDevice, UserError } from '../../kernels/index.ts';

const needs =
  (pattern: RegExp) =>
  (error: unknown): boolean =>
    error instanceof UserError && pattern.test(error.message);

test('what there is no memory for is a sentence with its size', () => {
  // More values than an array can have on any machine.
  assert.throws(() => zeros('a test', 2 ** 45), needs(/^a test needs 134217728 MiB of memory, which/));
  const k = new Kernels(new ReferenceDevice(), 1);
  assert.throws(
    () => k.rowStore('particles', 2 ** 40, 32),
    needs(/^the row store 'particles' of 1099511627776 x 32 values needs 134217728 MiB/),
  );
  assert.not(k.rowStores.has('particles'));
});

test('another error stays as it is', () => {
  const fault = new TypeError('a fault');
  const fail = () =>
    allocated('a test', 1, () => {
      throw fault;
    });
  assert.throws(fail, (error: unknown) => error === fault);
});

/** The message of the UserError that `body` ends in, in a process with so much address space. */
function limited(kibibytes: number, body: string, nodeOptions: string[] = []): string {
  const program = `
    const { openCpuDevice } = await import('./devices/cpu.ts');
    const { Kernels } = await import('./kernels/index.ts');
    try { ${body}; console.log('done'); } catch (error) { console.log(error.name + ': ' + error.message); }`;
  const node = [...nodeOptions, '--import', 'tsx', '--input-type=module', '--eval', program];
  const { stdout, stderr } = spawnSync(
    'bash',
    ['-c', 'ulimit -v "$0" && exec "$@"', String(kibibytes), process.execPath, ...node],
    { encoding: 'utf8' },
  );
  return stdout.trim() || stderr;
}

const WITHOUT_RESERVE = '--disable-wasm-trap-handler';

/** Why address space cannot be limited here, or null. */
function whyNoLimit(): string | null {
  if (process.platform !== 'linux') return 'ulimit -v works on Linux only';
  const { status, stderr } = spawnSync(
    'bash',
    ['-c', `ulimit -v 3000000 && exec "$0" ${WITHOUT_RESERVE} --version`, process.execPath],
    { encoding: 'utf8' },
  );
  return status === 0 ? null : `Node does not run under ulimit -v (${stderr.trim()})`;
}

const skip = whyNoLimit();
if (skip) console.log(`skipping the tests with little memory: ${skip}`);
const check = skip ? test.skip : test;

/** As many devices as workers would open. */
const DEVICES = `const devices = []; for (let i = 0; i < 8; i++) devices.push(await openCpuDevice('none'))`;

check('a cpu device without address space for its memory is a sentence', () => {
  // Enough for tsx, which has memories of its own, and not for all devices.
  assert.match(
    limited(50_000_000, DEVICES),
    /^UserError: the cpu device cannot get the 10 GiB of address space that WebAssembly reserves .*NODE_OPTIONS=/,
  );
});

check('what that sentence advises is enough', () => {
  assert.is(limited(3_000_000, DEVICES, [WITHOUT_RESERVE]), 'done');
});

check('tensors that do not fit are a sentence', () => {
  const body = `new Kernels(await openCpuDevice('none'), 1).state('weights', 30000, 30000)`;
  assert.match(
    limited(3_000_000, body, [WITHOUT_RESERVE]),
    /^UserError: the cpu device \(which can use 4096 MiB at most\) needs 34\d\d MiB of memory, which/,
  );
});

check('a row store that does not fit is a sentence', () => {
  const body = `new Kernels(await openCpuDevice('none'), 1).rowStore('particles', 60000, 15000)`;
  assert.match(
    limited(3_000_000, body, [WITHOUT_RESERVE]),
    /^UserError: the row store 'particles' of 60000 x 15000 values needs 3434 MiB/,
  );
});

test.run();
