import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RandomStream } from '../../kernels/index.ts';
import {
  combine,
  distance,
  type Matrix,
  matrix,
  meanProduct,
  multiply,
  potentials,
  softmax,
} from './by-hand.ts';
import { learnedOf } from './learned.ts';

test('the error enters the first hidden layer and ascends, as computed by hand', async () => {
  const { network, values, own } = await learnedOf('indirect-feedback-alignment', {
    network: { layers: [5, 6, 4, 7, 3] },
    set: (values) => values('bias 2').fill(-0.2),
  });
  const [x, t] = [matrix(values('input'), 5), matrix(values('target'), 3)];
  const v = potentials(values, network.connections, x, Math.tanh);
  const h = [x, ...v.slice(0, -1).map((rows) => rows.map((row) => row.map(Math.tanh)))];
  const through = (arriving: Matrix, potential: Matrix) =>
    combine(arriving, potential, (p, u) => p / Math.cosh(u) ** 2);
  const e = combine(softmax(v[3]!), t, (y, wanted) => y - wanted);
  const delta1 = through(multiply(e, matrix(values('feedback from output to hidden 1'), 6)), v[0]!);
  const delta2 = through(multiply(delta1, matrix(values('weights 2'), 4)), v[1]!);
  const delta3 = through(multiply(delta2, matrix(values('weights 3'), 7)), v[2]!);
  for (const [l, delta] of [delta1, delta2, delta3, e].entries())
    assert.ok(distance(own[l]!, meanProduct(h[l]!, delta)) < 1e-14, `connection ${l + 1}`);
});

test('with one hidden layer and the same B it is direct feedback alignment', async () => {
  const B = new RandomStream(5, 'B').normal(3 * 4, 0, 1);
  const [indirect, direct] = await Promise.all(
    ['indirect-feedback-alignment', 'direct-feedback-alignment'].map((name) =>
      learnedOf(name, {
        network: { layers: [5, 4, 3] },
        set: (values) => values('feedback from output to hidden 1').set(B),
      }),
    ),
  );
  for (const [l, weights] of indirect!.own.entries()) assert.equal([...weights!], [...direct!.own[l]!]);
});

test('without a hidden layer it is the gradient', async () => {
  const { own, exact } = await learnedOf('indirect-feedback-alignment', { network: { layers: [5, 3] } });
  assert.equal([...own[0]!], [...exact[0]!]);
});

test.run();
