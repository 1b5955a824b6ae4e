import { aboutLines } from '../about.ts';
import { type Dialect, gridOf } from '../grid.ts';
import type { PivotTable } from '../pivot.ts';

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '|': '\\textbar{}',
  ...Object.fromEntries([...'{}$&#%_'].map((letter) => [letter, `\\${letter}`])),
};

/** A text that is set as it is. */
const escaped = (text: string): string =>
  oneLine(text).replaceAll(/[\\~^<>|{}$&#%_]/g, (letter) => ESCAPES[letter]!);

/** A line break would end a comment. */
const oneLine = (text: string): string => text.replaceAll(/\p{Cc}+/gu, ' ');

/** 4.80e12 as 4.80 \times 10^{12}; a comma between thousands is no punctuation. */
const mathOf = (number: string): string =>
  number.replace(/e(-?\d+)/, ' \\times 10^{$1}').replaceAll(',', '{,}');

/** A unit stands outside of the formula. */
function inMath(number: string): string {
  const [digits, ...unit] = number.split(' ');
  return [`$${mathOf(digits!)}$`, ...unit].join('~');
}

const DIALECT: Dialect = {
  text: escaped,
  number: inMath,
  spread: (mean, sd) => (sd === null ? mean : `${mean.slice(0, -1)} \\pm ${sd.slice(1)}`),
  separator: ' ',
  headingSeparator: ', ',
  missing: '--',
};

/** A tabular with the rules of booktabs, below comments on its numbers. */
export function pivotLatex(table: PivotTable): string {
  const { head, rows, names } = gridOf(table, DIALECT);
  const line = (cells: readonly string[]) => `  ${cells.join(' & ')} \\\\`;
  return [
    ...aboutLines(table).map(({ label, text }) => `% ${label}: ${oneLine(text)}`),
    '% Needs \\usepackage{booktabs}',
    `\\begin{tabular}{${head.map((_, column) => (column < names ? 'l' : 'r')).join('')}}`,
    '  \\toprule',
    line(head),
    '  \\midrule',
    ...rows.map(line),
    '  \\bottomrule',
    '\\end{tabular}',
    '',
  ].join('\n');
}
