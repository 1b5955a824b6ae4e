import { divide, type Split } from '../../data/browser.ts';
import { Kernels, RandomStream, type Tensor } from '../../kernels/index.ts';
import { type Moments, solveRidge } from '../tasks/ridge.ts';
import type { Answers, BaselineContext } from './baseline.ts';
import { traceBlocks } from './blocks.ts';

/** Penalties that are tried, relative to the mean variance of a feature. */
const PENALTIES = [1e-4, 1e-3, 1e-2, 1e-1, 1, 10] as const;
/** The share of the training images that they are tried on, in the proportions of the classes, always the same ones. */
const HELD_OUT = 1 / 6;

/** What the classes are read from. */
export interface Features {
  /** Of an image. */
  readonly size: number;
  /** Called once: makes what traces the features of images, a row each. */
  prepare(k: Kernels): (input: Tensor) => Tensor;
}

/**
 * Ridge regression of features onto one-hot classes, in closed form. The penalty is the one with the fewest errors on a part of the training
 * set, after a fit to the rest of it, the smaller one of equals; with it all training images are fitted.
 */
export async function classifyByRidge(
  { device, dataset: { train, test, classes } }: Pick<BaselineContext, 'device' | 'dataset'>,
  features: Features,
): Promise<Answers> {
  const classifier = new RidgeClassifier(new Kernels(device, 0), features, classes);
  const size = Math.max(1, Math.floor(train.images.count * HELD_OUT));
  const stream = new RandomStream(0, 'choice of the penalty');
  const [fitted, held] = divide(train, size, stream, ['fitted', 'held out']);
  const sums = await classifier.sumsOf(fitted);
  let [penalty, fewest] = [0, Number.POSITIVE_INFINITY];
  for (const tried of PENALTIES) {
    const answers = await classifier.classify(held, sums, tried);
    const errors = answers.filter((answer, i) => answer !== held.labels!.values[i]).length;
    if (errors < fewest) [penalty, fewest] = [tried, errors];
  }
  const all = added(sums, await classifier.sumsOf(held));
  return { classes: await classifier.classify(test, all, penalty), detail: `penalty ${penalty}` };
}

/** Sums over so many examples. */
interface Sums extends Readonly<Record<keyof Moments, Float64Array>> {
  readonly examples: number;
}

const added = (a: Sums, b: Sums): Sums => {
  const sum = (name: keyof Moments) => a[name].map((value, i) => value + b[name][i]!);
  return { hh: sum('hh'), ht: sum('ht'), h: sum('h'), t: sum('t'), examples: a.examples + b.examples };
};

class RidgeClassifier {
  readonly #k: Kernels;
  readonly #features: (input: Tensor) => Tensor;
  /** Of a block. */
  readonly #block: { readonly [name in keyof Moments]: Tensor };
  readonly #weights: Tensor;
  readonly #bias: Tensor;

  constructor(k: Kernels, { size, prepare }: Features, classes: number) {
    this.#k = k;
    this.#features = prepare(k);
    this.#block = {
      hh: k.result('sum of h h', size, size),
      ht: k.result('sum of h t', size, classes),
      h: k.result('sum of h', 1, size),
      t: k.result('sum of t', 1, classes),
    };
    this.#weights = k.result('weights', size, classes);
    this.#bias = k.result('bias', 1, classes);
  }

  /** Those of each block in float32, added up in float64. */
  async sumsOf({ images, labels }: Split): Promise<Sums> {
    const [k, block] = [this.#k, this.#block];
    const zeros = ({ rows, columns }: Tensor) => new Float64Array(rows * columns);
    const sums = { hh: zeros(block.hh), ht: zeros(block.ht), h: zeros(block.h), t: zeros(block.t) };
    const blocks = await traceBlocks(k, 'sums', images.count, (batch) => {
      const h = this.#features(k.gather(images, batch));
      const t = k.gather(labels!, batch);
      k.matmul(h, h, { transposeA: true, into: block.hh });
      k.matmul(h, t, { transposeA: true, into: block.ht });
      k.sum(h, { over: 'rows', into: block.h });
      k.sum(t, { over: 'rows', into: block.t });
    });
    await blocks.run(async () => {
      for (const name of ['hh', 'ht', 'h', 't'] as const) {
        const [sum, values] = [sums[name], await k.device.read(block[name])];
        for (let i = 0; i < sum.length; i++) sum[i]! += values[i]!;
      }
    });
    return { ...sums, examples: images.count };
  }

  /** The class of each image, as a fit to these sums has it. */
  async classify({ images }: Split, { examples, ...moments }: Sums, penalty: number): Promise<Float32Array> {
    const k = this.#k;
    const fit = solveRidge(moments, examples, penalty);
    await k.device.write(this.#weights, fit.weights);
    await k.device.write(this.#bias, fit.bias);
    const answers = new Map<number, Tensor>();
    const blocks = await traceBlocks(k, 'answers', images.count, (batch) => {
      const answer = k.result('answers', batch, 1);
      answers.set(batch, answer);
      const read = k.matmul(this.#features(k.gather(images, batch)), this.#weights);
      k.mapInto(answer, (c) => c, k.argmax(k.map((v, b) => v + b, read, this.#bias)));
    });
    const classes = new Float32Array(images.count);
    await blocks.run(async (first, batch) => classes.set(await k.device.read(answers.get(batch)!), first));
    return classes;
  }
}
