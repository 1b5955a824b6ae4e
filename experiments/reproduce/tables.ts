import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../kernels/index.ts';
import { makeFolder, ownPackage, writeWhole, writingTo } from '../../results/index.ts';
import type { Paper } from './catalogue.ts';
import { indexPage, paperPage } from './pages.ts';
import { readRecords } from './records.ts';
import { type ReproducedRow, reproduceRows } from './verdict.ts';

/** The reproduced tables and the records behind them, as they come with Dendrite. */
export const TABLES = join(ownPackage().root, 'results', 'tables');

/** All rows of a paper, from the records in a folder of tables. @throws UserError if they are damaged */
export const rowsOf = (paper: Paper, tables: string): ReproducedRow[] =>
  paper.parts.flatMap((part) => reproduceRows(part, readRecords(tables, part)));

/** The files that are made from the records of all papers, by their place in the folder of tables. */
export function tableFiles(papers: readonly Paper[], tables: string): Map<string, string> {
  const all = papers.map((paper) => [paper, rowsOf(paper, tables)] as const);
  return new Map([
    ['README.md', indexPage(all)],
    ...all.flatMap(([paper, rows]): [string, string][] => [
      [`${paper.name}.md`, paperPage(paper, rows)],
      [`${paper.name}.json`, `${JSON.stringify(rows.map(withoutScores), null, 2)}\n`],
    ]),
  ]);
}

/** The records have the score of every epoch; a table needs the last and the best. */
const withoutScores = ({ runs, ...row }: ReproducedRow) => ({
  ...row,
  runs: runs.map(({ scores, ...run }) => run),
});

/** Makes the pages of all papers again. @throws UserError if they cannot be written */
export function writeTables(papers: readonly Paper[], tables: string): void {
  makeFolder(tables);
  for (const [file, text] of tableFiles(papers, tables))
    writingTo(tables, () => writeWhole(join(tables, file), [new TextEncoder().encode(text)]));
}

/**
 * Makes the pages again and compares them with those that are there.
 * @throws UserError naming the first line that is not what the records give
 */
export function checkTables(papers: readonly Paper[], tables: string): void {
  for (const [file, text] of tableFiles(papers, tables)) {
    const path = join(tables, file);
    const there = existsSync(path) ? readFileSync(path, 'utf8') : '';
    if (there === text) continue;
    const line = firstDifferentLine(there, text);
    throw new UserError(
      `${path} is not what the records give, line ${line + 1}: it says '${there.split('\n')[line] ?? ''}', and the records '${text.split('\n')[line] ?? ''}'; make it again with 'dendrite reproduce --record'`,
    );
  }
}

function firstDifferentLine(a: string, b: string): number {
  const [left, right] = [a.split('\n'), b.split('\n')];
  const line = left.findIndex((text, i) => text !== right[i]);
  return line === -1 ? left.length : line;
}
