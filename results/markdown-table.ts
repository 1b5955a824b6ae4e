/**
 * A table in Markdown.
 * @param rule of each column, below its head: '---' when left out, '---:' for numbers
 */
export const markdownTable = (
  head: readonly string[],
  rows: readonly (readonly string[])[],
  rule: readonly string[] = head.map(() => '---'),
): string => [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
