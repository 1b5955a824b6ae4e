import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../kernels/index.ts';
import {
  type ComparedRun,
  type ComparisonDocument,
  comparisonDocument,
  markdownTable,
  type NumberStyle,
  numberText,
  type ReadComparison,
  valuesText,
  verdictText,
} from '../../results/index.ts';
import { describePlausibility, RULES } from '../../rules/index.ts';

/** The built-in experiment of all rules, and the name of its record and page in a folder of tables. */
export const ALL_RULES = 'all-rules';

/** What is committed of a comparison of all rules. */
export interface AllRulesRecord {
  /** Of Dendrite, in which the runs were made. */
  readonly commits: readonly string[];
  /** As `dendrite compare --json` prints it; its statistics are computed again. */
  readonly document: ComparisonDocument;
}

/**
 * What is to be committed of a comparison.
 * @throws UserError when a run has not ended, or was made by code that was not committed
 */
export function recordAllRules({ runs, document, experiment }: ReadComparison): AllRulesRecord {
  const open = document.summary.find(({ unfinished, failed }) => unfinished + failed > 0);
  if (open)
    throw new UserError(`not all runs of '${open.condition}' have ended; go on with 'dendrite resume'`);
  const commits = runs.flatMap(({ provenance }) =>
    [provenance, ...(provenance.resumed ?? [])].map(({ git }) =>
      git === null || git.dirty ? null : git.commit,
    ),
  );
  if (commits.includes(null))
    throw new UserError(
      'the runs were made by code that was not committed, so that nobody could repeat them; commit, and train again',
    );
  return {
    commits: [...new Set(commits as string[])],
    document: { ...document, dendrite: experiment.dendrite },
  };
}

/** The record in a folder of tables, with its statistics computed again from its runs; null where there is none. */
export function readAllRules(tables: string): AllRulesRecord | null {
  const file = join(tables, `${ALL_RULES}.json`);
  if (!existsSync(file)) return null;
  const { commits, document } = JSON.parse(readFileSync(file, 'utf8')) as AllRulesRecord;
  return { commits, document: { ...document, ...statisticsOf(document) } };
}

/** Of the scores of its runs. */
function statisticsOf(document: ComparisonDocument): Pick<ComparisonDocument, 'summary' | 'contrasts'> {
  const { dendrite, experiment, conditions, runs } = document;
  const results = runs.map(({ testScore: _test, ...run }) => run);
  const { summary, contrasts } = comparisonDocument({ dendrite, experiment, conditions, runs: results });
  return { summary, contrasts };
}

/** The table of all rules: errors, costs, and what each rule assumes of a brain. */
export function allRulesPage({ commits, document }: AllRulesRecord): string {
  const { experiment, conditions, tuning } = document;
  const { settings } = conditions[0]!;
  const trials = tuning ? tuning.rungs[0]!.trials : 0;
  return `${[
    `<!-- Written by 'dendrite reproduce --record' from ${ALL_RULES}.json; 'dendrite reproduce --check' makes it again. -->`,
    '# Every rule on one network, with equal tuning budgets',
    `Layers ${settings.layers.join('-')}, ${settings.epochs} epochs of ${experiment.trainExamples.toLocaleString('en')} training images of \`${experiment.dataset}\`, tested on ${experiment.testExamples.toLocaleString('en')}. Every rule had ${trials} trials of its own search space, scored on ${tuning?.validation.toLocaleString('en') ?? 0} images of the training set, and then trained with seeds ${experiment.seeds.join(', ')}. What is not searched is the rule's first recipe, or the defaults. Made with`,
    `    npx dendrite run ${ALL_RULES}`,
    '## Errors',
    'Test error in percent after the last epoch, mean ± sd over the seeds with its 95 % interval; differences are paired by seed, and verdicts those of [statistics](../../docs/statistics.md).',
    errorTable(document),
    '## Costs',
    'Of one run, means over the seeds. Runs at the same time shared the machine.',
    costTable(document),
    '## What each rule assumes',
    plausibilityTable(document),
    '## Where each number comes from',
    `Commit ${commits.map((commit) => commit.slice(0, 7)).join(', ')}; Dendrite ${document.dendrite}; ${devicesOf(document)}. Bits of the trained states, by seed:`,
    bitsTable(document),
  ].join('\n\n')}\n`;
}

/** What is to be expected of a rule, in a sentence; null where it is not in the table. */
export function expectedFigure({ document }: AllRulesRecord, rule: string): string | null {
  const { conditions, summary, experiment } = document;
  const at = conditions.findIndex((one) => one.rule === rule);
  if (at === -1 || summary[at]!.mean === null) return null;
  const { settings } = conditions[at]!;
  return `Layers ${settings.layers.join('-')}, ${settings.epochs} epochs of \`${experiment.dataset}\`, tuned as every rule was: test error ${meanText(summary[at]!)} %, ${summary[at]!.n} seeds ([table of all rules](../../results/tables/${ALL_RULES}.md)).`;
}

/** In the order of the errors; rules without one come last. */
function ranked({ conditions, summary }: ComparisonDocument) {
  const rows = conditions.map((condition, i) => ({ condition, summary: summary[i]! }));
  const place = (mean: number | null): number => mean ?? Number.POSITIVE_INFINITY;
  return rows.sort((a, b) => place(a.summary.mean) - place(b.summary.mean));
}

const linkOf = (rule: string): string => `[${rule}](../../docs/rules/${rule}.md)`;
const fixed = (value: number): string => value.toFixed(2);
const signed = (value: number): string => numberText(value, 'signed score', 2);

function errorTable(document: ComparisonDocument): string {
  const { contrasts, experiment, tuning } = document;
  return markdownTable(
    ['rule', 'test error', 'runs', 'difference to backprop', 'verdict', 'tuned values'],
    ranked(document).map(({ condition: { id, rule }, summary }) => {
      const contrast = contrasts.find((one) => one.condition === id);
      const tuned = tuning?.conditions.find(({ condition }) => condition === id);
      const trial = tuned?.trials.find((one) => one.trial === tuned.chosen);
      return [
        linkOf(rule),
        meanText(summary),
        `${summary.n} of ${experiment.seeds.length}`,
        contrast?.mean === undefined || contrast.mean === null
          ? '–'
          : `${signed(contrast.mean)}${contrast.ci95 ? ` [${contrast.ci95.map(signed).join(', ')}]` : ''}`,
        contrast ? verdictText(contrast, experiment) : '–',
        trial ? valuesText(trial) : '–',
      ];
    }),
  );
}

/** A mean with its scatter. */
function meanText({ mean, sd, ci95 }: ComparisonDocument['summary'][number]): string {
  if (mean === null) return '–';
  return sd === null || ci95 === null
    ? fixed(mean)
    : `${fixed(mean)} ± ${fixed(sd)} [${ci95.map(fixed).join(', ')}]`;
}

function costTable(document: ComparisonDocument): string {
  const mean = (
    runs: readonly ComparedRun[],
    of: (run: ComparedRun) => number | undefined,
  ): number | null => {
    const known = runs.map(of).filter((value) => value !== undefined);
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
  };
  const text = (value: number | null, style: NumberStyle): string =>
    value === null ? '–' : numberText(value, style, 2);
  return markdownTable(
    ['rule', 'multiply-accumulates', 'settling steps', 'state', 'seconds of training', 'examples/s'],
    ranked(document).map(({ condition: { id, rule } }) => {
      const runs = document.runs.filter(({ condition, status }) => condition === id && status === 'finished');
      return [
        linkOf(rule),
        text(
          mean(runs, (run) => run.epochs.at(-1)?.multiplyAccumulates),
          'count',
        ),
        text(
          mean(runs, (run) => run.epochs.at(-1)?.settlingSteps),
          'count',
        ),
        text(
          mean(runs, ({ stateBytes }) => stateBytes),
          'bytes',
        ),
        text(mean(runs, secondsOf), 'quantity'),
        text(
          mean(runs, (run) => run.examplesPerSecond ?? undefined),
          'quantity',
        ),
      ];
    }),
  );
}

const secondsOf = ({ epochs }: ComparedRun): number => epochs.reduce((sum, { seconds }) => sum + seconds, 0);

function plausibilityTable(document: ComparisonDocument): string {
  const rows = ranked(document).map(({ condition: { rule } }) => ({
    rule,
    parts: describePlausibility(RULES.find(({ name }) => name === rule)!.plausibility!),
  }));
  return markdownTable(
    ['rule', ...rows[0]!.parts.map(([part]) => part)],
    rows.map(({ rule, parts }) => [linkOf(rule), ...parts.map(([, words]) => words)]),
  );
}

const devicesOf = ({ runs }: ComparisonDocument): string =>
  [
    ...new Set(
      runs.flatMap(({ device }) =>
        device ? [`${device.backend}${device.blas ? ` with ${device.blas}` : ''} on ${device.hardware}`] : [],
      ),
    ),
  ].join('; ');

function bitsTable(document: ComparisonDocument): string {
  const { seeds } = document.experiment;
  return markdownTable(
    ['rule', ...seeds.map((seed) => `seed ${seed}`)],
    ranked(document).map(({ condition: { id, rule } }) => [
      linkOf(rule),
      ...seeds.map((seed) => {
        const run = document.runs.find((one) => one.condition === id && one.seed === seed);
        return run?.statesHash?.slice(0, 8) ?? run?.status ?? '–';
      }),
    ]),
  );
}
