import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findPython } from '../../bench/python.ts';
import { pspTaps } from '../../networks/psp.ts';

const PEERS = fileURLToPath(new URL('../../bench/peers/', import.meta.url));
const python = await findPython(undefined);
if (!python) console.log('skipped: programs of the peers (no Python with numpy)');
const peers = suite('peers');
const test = python ? peers : peers.skip;

/** Ten test images of 2x2 pixels with their number as label, beside as many for training. */
function withDigits(run: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'dendrite-peers-'));
  try {
    const numbers = Uint8Array.from({ length: 10 }, (_, i) => i);
    for (const part of ['train', 't10k']) {
      const pixels = Uint8Array.from({ length: 40 }, (_, i) => (i % 3 === 0 ? 255 : 0));
      const sizes = [0, 0, 0, 10, 0, 0, 0, 2, 0, 0, 0, 2];
      writeFileSync(
        join(folder, `${part}-images-idx3-ubyte`),
        Uint8Array.from([0, 0, 8, 3, ...sizes, ...pixels]),
      );
      writeFileSync(
        join(folder, `${part}-labels-idx1-ubyte`),
        Uint8Array.from([0, 0, 8, 1, 0, 0, 0, 10, ...numbers]),
      );
    }
    run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs a peer with arguments, then Python code that sees it as `peer` and prints JSON. */
function ask(folder: string, args: readonly string[], code: string): unknown {
  const program = `
import json, sys
sys.path.insert(0, ${JSON.stringify(PEERS)})
sys.argv = ["peer", "--data", ${JSON.stringify(folder)}, "--epochs", "0", *${JSON.stringify(args)}]
import segregated_dendrite as peer
import numpy as np
${code}`;
  const { stdout, stderr } = spawnSync(python!.path, ['-B', '-c', program], { encoding: 'utf8' });
  assert.ok(stdout, stderr);
  return JSON.parse(stdout);
}

const close = (actual: number[], expected: number[], tolerance: number): void => {
  assert.is(actual.length, expected.length);
  for (const [i, value] of actual.entries())
    assert.ok(Math.abs(value - expected[i]!) <= tolerance, `${i}: ${value} instead of ${expected[i]}`);
};

test('the dendritic peer sees spikes through the ten taps that our networks use', () =>
  withDigits((folder) => {
    const { taps, column } = ask(
      folder,
      ['--arch', '4,5,10'],
      'print(json.dumps({"taps": peer.TAPS.tolist(), "column": peer.synapse(30)[:, 3].tolist()}))',
    ) as { taps: number[]; column: number[] };
    const ours = [...pspTaps({ rise: 3, decay: 10, taps: 10 })];
    close(taps, ours, 1e-7);
    close([taps.reduce((sum, tap) => sum + tap)], [0.5104], 5e-5);
    // A spike in step 3 is seen from step 3 to step 12.
    close(column, [0, 0, 0, ...ours, ...new Array(17).fill(0)], 1e-7);
  }));

test('both modes of the dendritic peer simulate the same', () =>
  withDigits((folder) => {
    // The uniform numbers of each step follow from its number and the layer, in both modes alike.
    const code = `
def uniform(unit, step, size):
    return ((np.arange(size) * 37 + step * (step + unit) * 11) % 97 / 97).astype(peer.F)

class Drawn:
    def __init__(self):
        self.calls = 0
    def random(self, shape, dtype):
        self.calls += 1
        if isinstance(shape, tuple) and len(shape) == 2:
            return np.stack([uniform(self.calls - 1, t, shape[1]) for t in range(shape[0])])
        size = shape if isinstance(shape, int) else shape[0]
        layers = len(peer.sizes)
        return uniform((self.calls - 1) % layers, (self.calls - 1) // layers, size)

found = []
for mode in (peer.Blocked, peer.Stepped):
    peer.rng = Drawn()
    psp, soma, rate, apical = mode(50, 50).run(peer.train_x[0], peer.teachers[3])
    found.append([np.ravel(part).tolist() for part in (*psp, *soma, rate, *apical)])
print(json.dumps(found))`;
    for (const [arch, lengths] of [
      ['4,5,10', [4, 5, 5, 10, 10, 10]],
      ['4,6,5,10', [4, 6, 5, 6, 5, 10, 10, 12, 10]],
    ] as const) {
      const [blocked, stepped] = ask(folder, ['--arch', arch], code) as number[][][];
      assert.equal(
        blocked!.map((part) => part.length),
        lengths,
      );
      for (const [i, part] of blocked!.entries()) close(part, stepped![i]!, 1e-4);
      assert.ok(
        blocked![1]!.some((mean) => mean > 0.001),
        'hidden neurons fire',
      );
    }
  }));

test('a part of the test images is evenly spaced', () =>
  withDigits((folder) => {
    const labels = (limit: number) =>
      ask(
        folder,
        ['--arch', '4,5,10', '--test-limit', `${limit}`, '--limit', '3'],
        'print(json.dumps([peer.test_y.tolist(), peer.train_y.tolist()]))',
      );
    assert.equal(labels(4), [
      [0, 2, 5, 7],
      [0, 1, 2],
    ]);
    assert.equal(labels(20), [
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      [0, 1, 2],
    ]);
  }));

peers.run();
