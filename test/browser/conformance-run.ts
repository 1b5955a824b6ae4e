import {
  createTrainer,
  type Device,
  type EpochRecord,
  hashDataset,
  makeAssociativeRecall,
  makeGraphWorlds,
  makePatterns,
  type RuleDefinition,
  tinyDataset,
} from '../../browser.ts';

/** What a rule came to on the tiny dataset, to be compared between Node and a browser. */
export interface ConformanceRun {
  readonly rule: string;
  /** Records without times. */
  readonly records: readonly Partial<EpochRecord>[];
  readonly states: string;
  readonly dataset: string;
}

const EPOCHS = 3;

/** Trains a rule on the tiny dataset, or for the one task that it is for; the same code runs on Node and in the page. */
export async function conformanceRun(rule: RuleDefinition, device: Device): Promise<ConformanceRun> {
  const { dataset, layers, task } = rule.onlyTask ? TRIALS[rule.onlyTask]!() : classifying(rule);
  const batch = rule.recipes ? {} : { batch: 20 };
  const settings = { layers, epochs: EPOCHS, ...batch };
  const trainer = await createTrainer({ rule, dataset, task, device, settings, diagnostics: ['all'] });
  const records: Partial<EpochRecord>[] = [];
  for await (const { seconds, evaluationSeconds, examplesPerSecond, ...rest } of trainer.epochs())
    records.push(rest);
  const states = await trainer.hashStates();
  await trainer.dispose();
  return { rule: rule.name, records, states, dataset: await hashDataset(dataset) };
}

function classifying(rule: RuleDefinition) {
  const dataset = tinyDataset();
  const layers = [dataset.width, ...(rule.trial?.hidden ?? [24, 12]), dataset.classes];
  return { dataset, layers, task: 'classify' };
}

const TRIALS: Readonly<Record<string, () => ReturnType<typeof classifying>>> = {
  retrieval: () => ({ dataset: makePatterns(36, 4, 1), layers: [36, 36], task: 'retrieval:flips-10' }),
  'next-symbol': () => ({
    dataset: makeGraphWorlds({ rows: 3, columns: 3, shape: 'torus' }, 64, 20),
    ...{ layers: [36, 24, 810], task: 'next-symbol:unseen-edge' },
  }),
  inpaint: () => ({ dataset: tinyDataset(), layers: [36, 27], task: 'inpaint' }),
  'associative-recall': () => ({
    dataset: makeAssociativeRecall(8, 100, 50),
    ...{ layers: [288, 16, 16], task: 'associative-recall' },
  }),
};
