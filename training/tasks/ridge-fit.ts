import type { Kernels, Table, Tensor } from '../../kernels/index.ts';
import { passOver } from '../evaluation.ts';
import type { TaskContext } from '../task.ts';
import { RIDGE_PENALTY, solveRidge } from './ridge.ts';

/**
 * Fits some pixels of images to others, row by row, by ridge regression in closed form.
 * @param hidden what is to be found, as many rows as `shown`
 * @returns traces the answer to pixels that are shown, batch x hidden
 */
export async function fitRidge(
  { kernels: k, evaluationBatchSize }: Pick<TaskContext, 'kernels' | 'evaluationBatchSize'>,
  shown: Table,
  hidden: Table,
): Promise<(shown: Tensor) => Tensor> {
  const [n, m] = [shown.columns, hidden.columns];
  const sums = {
    hh: k.result('ridge: sum of h h', n, n),
    ht: k.result('ridge: sum of h t', n, m),
    h: k.result('ridge: sum of h', 1, n),
    t: k.result('ridge: sum of t', 1, m),
  };
  const weights = k.result('ridge: weights', n, m);
  const bias = k.result('ridge: bias', 1, m);
  const pass = await passOver(k, 'ridge regression', shown.count, evaluationBatchSize, (batch) => {
    const [h, t] = [k.gather(shown, batch), k.gather(hidden, batch)];
    k.matmul(h, h, { transposeA: true, into: sums.hh, accumulate: true });
    k.matmul(h, t, { transposeA: true, into: sums.ht, accumulate: true });
    k.sum(h, { over: 'rows', into: sums.h, accumulate: true });
    k.sum(t, { over: 'rows', into: sums.t, accumulate: true });
  });
  await pass.run();
  const [hh, ht, h, t] = (await Promise.all(
    [sums.hh, sums.ht, sums.h, sums.t].map((tensor) => k.device.read(tensor)),
  )) as [Float32Array, Float32Array, Float32Array, Float32Array];
  const fit = solveRidge({ hh, ht, h, t }, shown.count, RIDGE_PENALTY);
  await k.device.write(weights, fit.weights);
  await k.device.write(bias, fit.bias);
  return (input) => addBias(k, k.matmul(input, weights), bias);
}

const addBias = (k: Kernels, v: Tensor, bias: Tensor): Tensor => k.map((v, b) => v + b, v, bias);
