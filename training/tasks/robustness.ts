import type { Dataset, Split } from '../../data/browser.ts';
import { RandomStream, type Table, UserError } from '../../kernels/index.ts';
import type { TaskDefinition } from '../task.ts';
import { classify } from './classify.ts';

/** What is done to the patches of an image: where each comes from, or -1 for a dark one. */
type Rearrange = (patches: number, random: RandomStream) => Int32Array;

interface Corruption {
  /** Pixels of a side of a patch. */
  readonly side: number;
  readonly rearrange: Rearrange;
}

const USAGE =
  'write robustness:shuffle-7 (the patches of 7 x 7 pixels in another order) or robustness:drop-7-50 (50 % of them dark)';

/** @throws UserError when there is no such corruption, or patches of the size do not fill an image */
function corruptionOf(argument: string, { name, shape }: Pick<Dataset, 'name' | 'shape'>): Corruption {
  const [, how, size, percent] = /^(shuffle|drop)-(\d+)(?:-(\d+))?$/.exec(argument) ?? [];
  const isKnown = how === 'shuffle' ? percent === undefined : percent !== undefined && Number(percent) <= 100;
  if (!how || !isKnown)
    throw new UserError(`the task 'robustness' knows no corruption '${argument}': ${USAGE}`);
  const side = Number(size);
  if (side < 1 || shape.some((length) => length % side !== 0))
    throw new UserError(
      `--task robustness:${argument}: patches of ${side} x ${side} pixels do not fill an image of '${name}', which has ${shape.join(' x ')}; choose a size that divides both`,
    );
  return { side, rearrange: how === 'shuffle' ? shuffled : dropped(Number(percent) / 100) };
}

const shuffled: Rearrange = (patches, random) =>
  Int32Array.from(random.shuffle(Uint32Array.from({ length: patches }, (_, i) => i)));

const dropped =
  (share: number): Rearrange =>
  (patches, random) => {
    const order = shuffled(patches, random);
    const dark = new Set(order.subarray(0, Math.round(share * patches)));
    return order.map((_, patch) => (dark.has(patch) ? -1 : patch));
  };

/** Images whose patches are rearranged, each in a way of its own. They are the same for every rule of a seed. */
export function corruptImages(
  images: Table,
  dataset: Pick<Dataset, 'name' | 'shape'>,
  argument: string,
  seed: number,
): Table {
  const { side, rearrange } = corruptionOf(argument, dataset);
  const [height, width] = dataset.shape;
  const across = width / side;
  const patches = (height / side) * across;
  const corner = (patch: number) => Math.floor(patch / across) * side * width + (patch % across) * side;
  const random = new RandomStream(seed, `robustness of ${images.name}`);
  const values = new Uint8Array(images.values.length);
  for (let first = 0; first < values.length; first += images.columns)
    for (const [patch, from] of rearrange(patches, random).entries())
      for (let y = 0; from >= 0 && y < side; y++) {
        const at = first + corner(from) + y * width;
        values.set(images.values.subarray(at, at + side), first + corner(patch) + y * width);
      }
  return { ...images, name: `${images.name}, ${argument}`, values };
}

/**
 * Training is that of `classify`; what is scored are images whose patches are in another order, or partly dark (as of the screens in Tang & Ha 2021,
 * arXiv:2109.02869).
 */
export const robustness: TaskDefinition = {
  name: 'robustness',
  description:
    'Name the class of an image whose patches are shuffled or dropped, after training on whole ones; scored by the share of wrong answers.',
  argument: 'corruption',
  score: classify.score,
  check(setup) {
    classify.check(setup);
    corruptionOf(setup.argument, setup.dataset);
  },
  async build(context) {
    const task = await classify.build(context);
    const { argument, dataset, kernels } = context;
    return {
      ...task,
      scoreOf(name, { images, labels }: Split) {
        return task.scoreOf(name, {
          images: corruptImages(images, dataset, argument, kernels.seed),
          labels,
        });
      },
    };
  },
};
