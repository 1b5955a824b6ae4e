/**
 * A table in Markdown. A bar in a cell, which would end it, is escaped where it is not yet.
 * @param rule of each column, below its head: '---' when left out, '---:' for numbers
 */
export const markdownTable = (
  head: readonly string[],
  rows: readonly (readonly string[])[],
  rule: readonly string[] = head.map(() => '---'),
): string =>
  [head, rule, ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll(/(?<!\\)\|/g, '\\|')).join(' | ')} |`)
    .join('\n');
