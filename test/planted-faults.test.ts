import { existsSync, readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { listFaults, plant } from './planted-faults.ts';

const root = new URL('../', import.meta.url);
const faults = await listFaults();

test('every planted fault fits the source of today, and its tests exist', () => {
  for (const fault of faults) {
    plant(readFileSync(new URL(fault.file, root), 'utf8'), fault);
    for (const name of fault.tests)
      assert.ok(existsSync(new URL(name.includes('/') ? name : `test/rules/${name}.test.ts`, root)), name);
  }
});

test('a fault whose place is gone or not the only one is refused', () => {
  const fault = { ...faults[0]!, find: 'x' };
  assert.throws(() => plant('abc', fault), /holds 'x' 0 times, not once/);
  assert.throws(() => plant('x x', fault), /holds 'x' 2 times, not once/);
  assert.is(plant('axc', { ...fault, replace: 'b' }), 'abc');
});

test.run();
