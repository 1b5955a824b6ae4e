/**
 * Takes a comparison of all rules over into results/tables/, from where its page, and the expected figures on the pages of the rules, are made:
 *
 *     npx dendrite run all-rules                      (in a fresh clone, about two hours on two cores)
 *     node --import tsx docs/record-all-rules.ts runs/<folder>
 *     npx dendrite reproduce --record && npm run docs
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ALL_RULES, recordAllRules, TABLES } from '../experiments/index.ts';
import { UserError } from '../kernels/index.ts';
import { readExperiment } from '../results/index.ts';

try {
  const [folder] = process.argv.slice(2);
  if (folder === undefined) throw new UserError('name the folder of the comparison');
  writeFileSync(
    join(TABLES, `${ALL_RULES}.json`),
    `${JSON.stringify(recordAllRules(readExperiment(folder)))}\n`,
  );
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`record-all-rules: ${error.message}\n`);
  process.exitCode = 1;
}
