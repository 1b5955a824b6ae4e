import { type Matrix, multiply, transpose } from './by-hand.ts';

/** Attention over patches in plain loops, image by image. */
export interface AttentionByHand {
  /** Numbers of the pixels of each patch. */
  readonly patches: Matrix;
  readonly positions: Matrix;
  readonly keys: Matrix;
  readonly values: Matrix;
  readonly queries: Matrix;
}

const softmax = (row: readonly number[]): number[] => {
  const powers = row.map(Math.exp);
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((p) => p / sum);
};

/** Messages of one image, one after the other. */
export function messagesOf(image: readonly number[], { patches, ...by }: AttentionByHand): number[] {
  const X = patches.map((pixels) => pixels.map((i) => image[i]!));
  const [K, V, Q] = [multiply(X, by.keys), multiply(X, by.values), multiply(by.positions, by.queries)];
  const scores = multiply(Q, transpose(K)).map((row) => row.map((s) => s / Math.sqrt(K[0]!.length)));
  return multiply(scores.map(softmax), V).flat();
}

/** Mean cross-entropy of a read-out with one hidden layer of tanh neurons. */
export function lossOf(
  messages: Matrix,
  labels: readonly number[],
  weights: readonly [Matrix, Matrix],
  biases: readonly [readonly number[], readonly number[]],
): number {
  const hidden = multiply(messages, weights[0]).map((row) => row.map((v, j) => Math.tanh(v + biases[0][j]!)));
  const outputs = multiply(hidden, weights[1]).map((row) => softmax(row.map((v, j) => v + biases[1][j]!)));
  return outputs.reduce((sum, row, n) => sum - Math.log(row[labels[n]!]!) / outputs.length, 0);
}
