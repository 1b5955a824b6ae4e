import { sha256 } from '../kernels/index.ts';
import type { Dataset, Split } from './dataset.ts';

/**
 * The content of a dataset in 64 lower-case hexadecimal digits: the SHA-256 of a JSON text that holds the shape, the number of
 * classes, and the number of examples and the SHA-256 of images and labels of the training, the test and the validation
 * split. Equal hashes mean equal examples in the same order and the same splits; names and titles do not count. It is that of the
 * dataset as loaded: with a validation split, it differs from that of the same files without one.
 * @throws UserError where the platform has no Web Crypto (browsers have it on https pages and localhost only)
 */
export async function hashDataset({ shape, classes, train, test, validation }: Dataset): Promise<string> {
  const content = {
    shape,
    classes,
    train: await contentOf(train),
    test: await contentOf(test),
    validation: validation && (await contentOf(validation)),
  };
  return sha256(new TextEncoder().encode(JSON.stringify(content)));
}

async function contentOf({ images, labels }: Split): Promise<object> {
  return {
    count: images.count,
    images: await sha256(images.values),
    labels: labels && (await sha256(labels.values)),
  };
}
