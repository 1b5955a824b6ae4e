/**
 * Goes on from the checkpoints that trainer.test.ts left in a folder, in a process of its own, and writes what the runs end
 * with: `node --import tsx test/training/go-on.ts <folder>`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCheckpoint } from '../../results/index.ts';
import { buildTrainer } from '../../training/index.ts';
import { openCpu, partsOf } from './parts.ts';

const folder = process.argv[2]!;
const ends = [];
for (const [i, { rule, seed, options }] of JSON.parse(
  readFileSync(join(folder, 'cases.json'), 'utf8'),
).entries()) {
  const trainer = await buildTrainer(await partsOf(rule, { seed, device: await openCpu(), ...options }));
  await trainer.load(readCheckpoint(join(folder, `${i}.safetensors`)));
  const records = [];
  for await (const { seconds, evaluationSeconds, examplesPerSecond, ...rest } of trainer.epochs())
    records.push(rest);
  ends.push({ records, hash: await trainer.hashStates() });
  await trainer.dispose();
}
writeFileSync(join(folder, 'ends.json'), JSON.stringify(ends));
