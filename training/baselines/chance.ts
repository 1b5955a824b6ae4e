import type { Classifier } from './baseline.ts';

export const chance: Classifier = {
  name: 'chance',
  description: 'Always the class that most training images have, the lower one of equals.',
  async classify({ dataset: { train, test, classes } }) {
    const counts = new Array<number>(classes).fill(0);
    for (const label of train.labels!.values) counts[label]!++;
    const most = counts.indexOf(Math.max(...counts));
    return { classes: new Uint8Array(test.images.count).fill(most), detail: `class ${most}` };
  },
};
