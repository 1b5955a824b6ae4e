import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { closest } from '../../kernels/index.ts';

const test = suite('nearest');
const RULES = ['backprop', 'feedback-alignment', 'direct-feedback-alignment'];

test('finds what a mistyped name was meant to be', () => {
  assert.is(closest('backprob', RULES), 'backprop');
  assert.is(closest('Feedback-Alignement', RULES), 'feedback-alignment');
  assert.is(closest('direct-feedback', RULES), 'direct-feedback-alignment');
  assert.is(closest('mnsit', ['mnist', 'mnist-full']), 'mnist');
  assert.is(closest('mnistfull', ['mnist', 'mnist-full']), 'mnist-full');
  assert.is(closest('backprop', RULES), 'backprop');
});

test('one edit is always near: letter left out, added, replaced or two swapped', () => {
  for (const typed of ['pu', 'cppu', 'cpx', 'pcu']) assert.is(closest(typed, ['cpu']), 'cpu', typed);
});

test('finds nothing where nothing is near', () => {
  assert.is(closest('hebbian', RULES), null);
  assert.is(closest('', RULES), null);
  assert.is(closest('mnist', []), null);
  assert.is(closest('ab', ['cd']), null);
});

test('of equally near choices the first wins', () => {
  assert.is(closest('c', ['a', 'b']), 'a');
});

test.run();
