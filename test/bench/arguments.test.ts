import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { above0, parseArguments } from '../../bench/arguments.ts';
import { missingFor, type Python } from '../../bench/python.ts';
import { chooseWorkloads, WORKLOADS } from '../../bench/workloads.ts';
import { UserError } from '../../kernels/index.ts';

const OPTIONS = {
  rounds: { type: 'number', default: 5 },
  device: { choices: ['cpu', 'gpu'] as const },
} as const;
const parse = (...args: string[]) => parseArguments('bench', 'About.', OPTIONS, args);

/** The one sentence that the call fails with. */
function sentence(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    assert.instance(error, UserError);
    assert.not.match((error as Error).message, '\n');
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

test('options are read, and have defaults', () => {
  assert.is(parse().rounds, 5);
  assert.is(parse('--rounds', '7').rounds, 7);
});

test('a wrong command line gives one sentence that names what is wrong', () => {
  assert.match(
    sentence(() => parse('--runds', '3')),
    'runds',
  );
  assert.match(
    sentence(() => parse('extra')),
    'extra',
  );
  assert.match(
    sentence(() => parse('--device', 'tpu')),
    /device.*tpu/,
  );
  assert.match(
    sentence(() => parse('--rounds', '3', '--rounds', '4')),
    '--rounds is given more than once',
  );
});

test('numbers are above 0', () => {
  assert.is(above0('seconds', 0.5), 0.5);
  for (const value of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
    assert.match(
      sentence(() => above0('seconds', value)),
      '--seconds',
    );
  assert.match(
    sentence(() => above0('rounds', 1.5, true)),
    'whole',
  );
});

test('workloads are chosen by name', () => {
  assert.equal(chooseWorkloads(undefined), WORKLOADS);
  assert.equal(
    chooseWorkloads('ep, backprop').map(({ name }) => name),
    ['backprop', 'ep'],
  );
  assert.match(
    sentence(() => chooseWorkloads('ep,nothing')),
    "no workload 'nothing'",
  );
});

test('a peer that cannot run is told with its reason', () => {
  const peer = { name: 'PyTorch', file: 'backprop.py', args: [] };
  const python: Python = {
    path: 'python3',
    version: '3.11',
    numpy: '1.24',
    torch: '1.13',
    cuda: null,
    numpyBlas: [],
    torchBlas: [],
  };
  assert.is(missingFor(peer, python, 'cpu'), null);
  assert.match(missingFor(peer, { ...python, torch: null }, 'cpu')!, 'no torch');
  assert.match(missingFor(peer, null, 'cpu')!, 'no Python');
  assert.match(missingFor(peer, python, 'gpu')!, 'no CUDA device');
  assert.is(missingFor(peer, { ...python, cuda: 'a GPU' }, 'gpu'), null);
  assert.match(missingFor({ ...peer, name: 'NumPy step' }, { ...python, cuda: 'a GPU' }, 'gpu')!, 'NumPy');
});

test.run();
