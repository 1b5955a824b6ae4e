import { availableParallelism } from 'node:os';
import {
  type CompareEvents,
  checkTables,
  chooseParts,
  missingSeeds,
  type Part,
  type ReproducedRow,
  type ReproduceOptions,
  type RunRecord,
  readCatalogue,
  readPaper,
  readRecords,
  reproduceRows,
  runPart,
  TABLES,
  writeRecords,
  writeTables,
} from '../../experiments/index.ts';
import { UserError } from '../../kernels/index.ts';
import type { Command } from '../command.ts';
import { follow } from '../follow.ts';
import { parseJobs, parseSeeds, parseText } from '../options.ts';
import { print } from '../output.ts';
import { reproducedTable } from '../reproduced-table.ts';

interface ReproduceArguments {
  paper?: string;
  part?: string[];
  seeds?: string;
  out: string;
  jobs?: string;
  record: boolean;
  check: boolean;
}

export const reproduce: Command<ReproduceArguments> = {
  command: 'reproduce [paper]',
  describe: 'Reproduce a published table: list them, run what is missing, compare with what was published',
  builder: (parser) =>
    parser
      .positional('paper', { type: 'string', describe: 'Name of a table; left out: all are listed' })
      .options({
        part: { type: 'string', array: true, requiresArg: true, describe: 'These parts of the table alone' },
        seeds: { type: 'string', describe: 'These of the planned seeds alone, e.g. 1, or 1,2' },
        out: { type: 'string', default: 'runs/published', describe: "Folder for the comparisons' folders" },
        jobs: {
          type: 'string',
          defaultDescription: String(availableParallelism()),
          describe: 'Runs at the same time',
        },
        record: {
          type: 'boolean',
          default: false,
          describe: "Add the runs to Dendrite's own records in results/tables, and make its pages again",
        },
        check: {
          type: 'boolean',
          default: false,
          describe: 'Run nothing; make every page again from its records, and fail where one differs',
        },
      })
      .example('$0 reproduce guerguiev2017 --part one-hidden-layer --seeds 1', 'one run, about half an hour')
      .example('$0 reproduce --check', 'whether every committed number is what its records give') as never,
  handler: async ({ paper: name, check, record, ...args }) => {
    if (check) return checkAll(name);
    if (name === undefined) return record ? remakeAll() : listAll();
    const paper = readPaper(name);
    const parts = chooseParts(paper, args.part ?? null);
    const seeds = args.seeds === undefined ? null : parseSeeds(args.seeds);
    const options = { out: parseText('out', args.out), jobs: parseJobs(args.jobs) };
    const rows: ReproducedRow[] = [];
    let failed = 0;
    for (const part of parts) {
      const known = readRecords(TABLES, part);
      const { result, stopped } = await follow((events) =>
        runMissing(part, known, seedsOf(part, seeds), options, events),
      );
      if (stopped !== null) return stopped;
      if (record) {
        writeRecords(TABLES, part, result.records);
        await writeTables(readCatalogue(), TABLES);
      }
      rows.push(...reproduceRows(part, [...known, ...result.records]));
      failed += result.failed;
    }
    print(`${paper.title}\nafter ${paper.source}\n\n${reproducedTable(rows)}\n`);
    if (failed === 0) return 0;
    process.stderr.write(
      `dendrite: runs that failed, and are not in the table: ${failed}; the same command tries them again\n`,
    );
    return 1;
  },
};

/** Runs what no record has. */
async function runMissing(
  part: Part,
  known: readonly RunRecord[],
  asked: readonly number[] | null,
  options: ReproduceOptions,
  events: CompareEvents,
): ReturnType<typeof runPart> {
  const seeds = missingSeeds(part, known, asked);
  return seeds.length === 0 ? { records: [], failed: 0 } : runPart(part, seeds, options, events);
}

/** A number of seeds means the first ones that are planned. */
const seedsOf = ({ experiment }: Part, asked: number | readonly number[] | null): readonly number[] | null =>
  typeof asked === 'number' ? experiment.seeds.slice(0, asked) : asked;

function listAll(): number {
  for (const paper of readCatalogue()) {
    print(`${paper.name}\n    ${paper.title}\n    after ${paper.source}\n`);
    for (const part of paper.parts) {
      const rows = reproduceRows(part, readRecords(TABLES, part));
      print(`    ${part.name.padEnd(20)} ${stateOf(rows)}; a seed takes ${part.cost}\n`);
    }
    print(`    dendrite reproduce ${paper.name}\n\n`);
  }
  return 0;
}

/** How far the rows of a part are, in words. */
function stateOf(rows: readonly ReproducedRow[]): string {
  const runs = rows.reduce((sum, row) => sum + row.runs.length, 0);
  const planned = rows.reduce((sum, row) => sum + row.planned, 0);
  const verdicts = [...new Set(rows.map(({ verdict }) => verdict))].map(
    (verdict) => `${rows.filter((row) => row.verdict === verdict).length} ${verdict}`,
  );
  return `${runs} of ${planned} runs (${verdicts.join(', ')})`;
}

async function remakeAll(): Promise<number> {
  await writeTables(readCatalogue(), TABLES);
  print(`the pages in ${TABLES} are made again from their records\n`);
  return 0;
}

async function checkAll(name: string | undefined): Promise<number> {
  if (name !== undefined)
    throw new UserError('--check goes over all published tables; leave out the name of one');
  const papers = readCatalogue();
  await checkTables(papers, TABLES);
  const runs = papers.flatMap(({ parts }) => parts.flatMap((part) => readRecords(TABLES, part))).length;
  print(`every page in results/tables is what its records give: ${papers.length} tables, ${runs} runs\n`);
  return 0;
}
