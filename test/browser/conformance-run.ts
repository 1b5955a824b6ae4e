import {
  createTrainer,
  type Device,
  type EpochRecord,
  hashDataset,
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

/** Trains a rule on the tiny dataset; the same code runs on Node and in the page. */
export async function conformanceRun(rule: RuleDefinition, device: Device): Promise<ConformanceRun> {
  const dataset = tinyDataset();
  const layers = [dataset.width, ...(rule.trial?.hidden ?? [24, 12]), dataset.classes];
  const batch = rule.recipes ? {} : { batch: 20 };
  const settings = { layers, epochs: EPOCHS, ...batch };
  const trainer = await createTrainer({ rule, dataset, device, settings, diagnostics: ['all'] });
  const records: Partial<EpochRecord>[] = [];
  for await (const { seconds, evaluationSeconds, examplesPerSecond, ...rest } of trainer.epochs())
    records.push(rest);
  const states = await trainer.hashStates();
  await trainer.dispose();
  return { rule: rule.name, records, states, dataset: await hashDataset(dataset) };
}
