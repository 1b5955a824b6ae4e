import { UserError } from '../../kernels/index.ts';
import {
  COST_NAMES,
  explainCell,
  explanationText,
  formatPivot,
  MEASURE_NAMES,
  PIVOT_FORMATS,
  type PivotFormat,
  type PivotOptions,
  pivotTable,
  readExperiment,
} from '../../results/index.ts';
import type { Command } from '../command.ts';
import { parseList, parseText } from '../options.ts';
import { outputWidth, print, useColour } from '../output.ts';
import { printComparison } from '../print-comparison.ts';

interface TableArguments {
  folders: string[];
  rows?: string;
  columns?: string;
  show?: string;
  costs: boolean;
  format: PivotFormat;
  explain?: string;
  best: boolean;
  json: boolean;
}

const AXES = 'condition, rule, recipe, seed, dataset, task, folder, device, a setting, an option of a rule';

export const table: Command<TableArguments> = {
  command: 'table <folders..>',
  describe: 'Print comparisons as a table: text, Markdown, CSV, LaTeX or JSON',
  builder: (parser) =>
    parser
      .positional('folders', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'Folders of comparisons; of one alone, what compare printed',
      })
      .options({
        rows: {
          type: 'string',
          requiresArg: true,
          defaultDescription: 'condition',
          describe: `Axes of the rows, separated by commas: ${AXES}`,
        },
        columns: {
          type: 'string',
          requiresArg: true,
          describe: 'Axes of the columns; the measures if left out',
        },
        show: {
          type: 'string',
          requiresArg: true,
          describe: `What cells show: ${MEASURE_NAMES.join(', ')}`,
        },
        costs: {
          type: 'boolean',
          default: false,
          describe: `Show the score and what it cost: ${COST_NAMES.join(', ')}`,
        },
        format: {
          choices: PIVOT_FORMATS,
          default: 'text',
          defaultDescription: 'text',
          describe: 'In what to print',
        },
        explain: {
          type: 'string',
          requiresArg: true,
          describe:
            'Row and column of a cell, with a comma between them: list its runs, and compute it again from their folders',
        },
        best: {
          type: 'boolean',
          default: false,
          describe:
            'Show the best score of any epoch too, as many papers do: it is chosen by the score itself',
        },
        json: {
          type: 'boolean',
          default: false,
          describe: 'Print the JSON document of the comparison, as compare --json does',
        },
      })
      .example('$0 table runs/<comparison> --costs', 'accuracy beside what it cost')
      .example('$0 table runs/<a> runs/<b> --rows rule --columns layers', 'two comparisons in one table')
      .example('$0 table runs/<comparison> --format latex', 'for a paper')
      .example('$0 table runs/<comparison> --explain backprop,score', 'the runs behind a number') as never,
  handler: async (args) => {
    const { folders, format, explain, best, json } = args;
    const options = pivotOptions(args);
    const isOwn = folders.length > 1 || Object.keys(options).length > 0 || format !== 'text';
    if (json) printDocument(args);
    else if (best && (isOwn || explain !== undefined))
      throw new UserError('--best belongs to the table that compare prints; write best into --show here');
    else if (explain !== undefined) return printExplanation(args, options);
    else if (!isOwn) printComparison(readExperiment(folders[0]!).document, false, best);
    else {
      const terminal = { colour: useColour(), width: outputWidth() };
      print(formatPivot(pivotTable(folders, options), format, terminal));
    }
    return 0;
  },
};

function pivotOptions({ rows, columns, show, costs }: TableArguments): PivotOptions {
  if (costs && show !== undefined)
    throw new UserError('--costs is short for a list that --show would give; leave one of them out');
  const measures = costs ? ['score', ...COST_NAMES] : show === undefined ? null : parseList('show', show);
  return {
    ...(rows !== undefined && { rows: parseList('rows', rows) }),
    ...(columns !== undefined && { columns: parseList('columns', columns) }),
    ...(measures && { measures }),
  };
}

function printDocument(args: TableArguments): void {
  const { folders, format } = args;
  const other = (['rows', 'columns', 'show', 'explain'] as const).find((name) => args[name] !== undefined);
  const unfit = other ?? (args.costs ? 'costs' : format === 'text' ? undefined : 'format');
  if (unfit !== undefined)
    throw new UserError(
      `--json prints the document of a comparison, of which --${unfit} changes nothing; for a table as JSON, give --format json in place of --json`,
    );
  if (folders.length > 1)
    throw new UserError(
      '--json prints the document of one comparison; name one folder, or give --format json',
    );
  printComparison(readExperiment(folders[0]!).document, true);
}

/** @returns the exit code */
function printExplanation({ folders, explain, format }: TableArguments, options: PivotOptions): number {
  if (format !== 'text')
    throw new UserError(`--explain prints text; leave out --format ${format}, which has no form for it`);
  const explanation = explainCell(folders, options, parseText('explain', explain!));
  print(explanationText(explanation));
  return explanation.disagreements.length === 0 ? 0 : 1;
}
