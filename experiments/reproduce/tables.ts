import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { UserError } from '../../kernels/index.ts';
import { makeFolder, ownPackage, writeWhole, writingTo } from '../../results/index.ts';
import { ALL_RULES, allRulesPage, readAllRules } from './all-rules.ts';
import type { Paper } from './catalogue.ts';
import { indexPage, isMeasured, paperFigure, paperPage, withPublishedRows } from './pages.ts';
import { readRecords } from './records.ts';
import { type ReproducedRow, reproduceRows } from './verdict.ts';

/** The reproduced tables and the records behind them, as they come with Dendrite. */
export const TABLES = join(ownPackage().root, 'results', 'tables');

/** All rows of a paper, from the records in a folder of tables. @throws UserError if they are damaged */
export const rowsOf = (paper: Paper, tables: string): ReproducedRow[] =>
  paper.parts.flatMap((part) => reproduceRows(part, readRecords(tables, part)));

/** The README of the project, in which the rows stand that are measured; null where a folder of tables has none. */
const readmeOf = (tables: string): string | null => {
  const file = join(tables, '..', '..', 'README.md');
  return existsSync(file) ? file : null;
};

/** The files that are made from the records of all papers, by their place in the folder of tables. */
async function tableFiles(papers: readonly Paper[], tables: string): Promise<Map<string, Uint8Array>> {
  const all = papers.map((paper) => [paper, rowsOf(paper, tables)] as const);
  const allRules = readAllRules(tables);
  const files = new Map([['README.md', encoded(indexPage(all, allRules !== null))]]);
  if (allRules) files.set(`${ALL_RULES}.md`, encoded(allRulesPage(allRules)));
  const readme = readmeOf(tables);
  if (readme !== null)
    files.set(relative(tables, readme), encoded(withPublishedRows(readFileSync(readme, 'utf8'), all)));
  for (const [paper, rows] of all) {
    files.set(`${paper.name}.md`, encoded(paperPage(paper, rows)));
    files.set(`${paper.name}.json`, encoded(`${JSON.stringify(rows.map(withoutScores), null, 2)}\n`));
    if (isMeasured(rows)) files.set(`${paper.name}.svg`, await paperFigure(paper, rows));
  }
  return files;
}

const encoded = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The records have the score of every epoch; a table needs the last and the best. */
const withoutScores = ({ runs, ...row }: ReproducedRow) => ({
  ...row,
  runs: runs.map(({ scores, ...run }) => run),
});

/** Makes the pages of all papers again. @throws UserError if they cannot be written */
export async function writeTables(papers: readonly Paper[], tables: string): Promise<void> {
  makeFolder(tables);
  for (const [file, bytes] of await tableFiles(papers, tables))
    writingTo(tables, () => writeWhole(join(tables, file), [bytes]));
}

/**
 * Makes the pages again and compares them with those that are there.
 * @throws UserError naming the first line that is not what the records give
 */
export async function checkTables(papers: readonly Paper[], tables: string): Promise<void> {
  for (const [file, bytes] of await tableFiles(papers, tables)) {
    const path = join(tables, file);
    const text = new TextDecoder().decode(bytes);
    const there = existsSync(path) ? readFileSync(path, 'utf8') : '';
    if (there === text) continue;
    const line = firstDifferentLine(there, text);
    const shown = (of: string): string => (of.split('\n')[line] ?? '').slice(0, 200);
    throw new UserError(
      `${path} is not what the records give, line ${line + 1}: it says '${shown(there)}', and the records '${shown(text)}'; make it again with 'dendrite reproduce --record'`,
    );
  }
}

function firstDifferentLine(a: string, b: string): number {
  const [left, right] = [a.split('\n'), b.split('\n')];
  const line = left.findIndex((text, i) => text !== right[i]);
  return line === -1 ? left.length : line;
}
