import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { learnedOf } from './learned.ts';

test('the output layer has its gradient, the others have no direction', async () => {
  const { own, exact } = await learnedOf('shallow', {});
  assert.equal(
    own.map((direction) => direction && [...direction]),
    [null, null, [...exact[2]!]],
  );
});

test.run();
