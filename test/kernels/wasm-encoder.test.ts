import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { signedLeb, unsignedLeb } from '../../kernels/cpu/wasm-encoder.ts';

const test = suite('wasm-encoder');

// The examples of DWARF 4, figures 22 and 23, and the ends of the ranges.
const UNSIGNED: [number, number[]][] = [
  [0, [0]],
  [2, [2]],
  [127, [127]],
  [128, [0x80, 1]],
  [129, [0x81, 1]],
  [12857, [0xb9, 100]],
  [2 ** 32 - 1, [0xff, 0xff, 0xff, 0xff, 0x0f]],
];
const SIGNED: [number, number[]][] = [
  [0, [0]],
  [2, [2]],
  [-2, [0x7e]],
  [63, [0x3f]],
  [64, [0xc0, 0]],
  [-64, [0x40]],
  [-65, [0xbf, 0x7f]],
  [127, [0xff, 0]],
  [-127, [0x81, 0x7f]],
  [128, [0x80, 1]],
  [-128, [0x80, 0x7f]],
  [129, [0x81, 1]],
  [-129, [0xff, 0x7e]],
  [2 ** 31 - 1, [0xff, 0xff, 0xff, 0xff, 0x07]],
  [-(2 ** 31), [0x80, 0x80, 0x80, 0x80, 0x78]],
];

test('LEB128 without sign', () => {
  for (const [value, bytes] of UNSIGNED) assert.equal(unsignedLeb(value), bytes, `${value}`);
});

test('LEB128 with sign', () => {
  for (const [value, bytes] of SIGNED) assert.equal(signedLeb(value), bytes, `${value}`);
});

test.run();
