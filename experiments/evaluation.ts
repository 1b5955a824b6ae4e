import type { Split } from '../data/index.ts';
import type { Executable, Kernels, Tensor } from '../kernels/index.ts';

/** Images shown at once: enough to fill the product kernels, little enough to stay in the cache. */
const EVALUATION_BATCH = 500;

/** 1 for each row whose largest output is not the target's, else 0 (m x 1). NaN counts as wrong. */
export function wrongAnswers(k: Kernels, output: Tensor, target: Tensor): Tensor {
  return k.map((answer, label) => (answer !== label ? 1 : 0), k.argmax(output), k.argmax(target));
}

/** A recording for minibatches of one size. */
interface Part {
  readonly executable: Executable;
  readonly batch: number;
  readonly steps: number;
}

/** Counts the mistakes on a split. */
export class Evaluation {
  readonly #kernels: Kernels;
  readonly #wrong: Tensor;
  readonly #size: number;
  readonly #atOnce: number;
  readonly #parts: readonly Part[];

  private constructor(kernels: Kernels, wrong: Tensor, size: number, atOnce: number, parts: readonly Part[]) {
    this.#kernels = kernels;
    this.#wrong = wrong;
    this.#size = size;
    this.#atOnce = atOnce;
    this.#parts = parts;
  }

  /**
   * @param name of the split, unique within the run
   * @param atOnce images that `predict` gets at once
   */
  static async create(
    k: Kernels,
    name: string,
    split: Split,
    predict: (input: Tensor) => Tensor,
    atOnce = EVALUATION_BATCH,
  ): Promise<Evaluation> {
    const size = split.images.count;
    const wrong = k.state(`wrong answers on ${name}`, 1, 1);
    const parts = [];
    // Every example counts, so what is left after the whole batches is a smaller recording of its own.
    for (const batch of new Set([Math.min(atOnce, size), size % atOnce])) {
      if (batch === 0) continue;
      const executable = await k.trace(`evaluation on ${name}`, () => {
        const output = predict(k.gather(split.images, batch));
        k.sum(wrongAnswers(k, output, k.gather(split.labels, batch)), {
          over: 'all',
          into: wrong,
          accumulate: true,
        });
      });
      parts.push({ executable, batch, steps: batch === atOnce ? Math.floor(size / batch) : 1 });
    }
    return new Evaluation(k, wrong, size, atOnce, parts);
  }

  /** The share of wrong answers, in percent. */
  async error(): Promise<number> {
    const { device } = this.#kernels;
    await device.write(this.#wrong, new Float32Array(1));
    let firstRow = 0;
    for (const { executable, batch, steps } of this.#parts) {
      const rows = Uint32Array.from({ length: batch * steps }, (_, i) => firstRow + i);
      await executable.run({ steps, firstStep: Math.floor(firstRow / this.#atOnce), rows });
      firstRow += rows.length;
    }
    const [wrong] = await device.read(this.#wrong);
    return (100 * wrong!) / this.#size;
  }
}
