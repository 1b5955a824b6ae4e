import { type Fault, faultsOf } from './fault.ts';

const PROGRESS = 'test/cli/progress.test.ts';

/** Of the live view and the plain lines. */
export const FAULTS: readonly Fault[] = [
  ...faultsOf(
    'progress',
    [PROGRESS],
    [
      ['a run that was stopped counts as done', "if (status === 'unfinished') return;", ';'],
      ['a run that goes on counts from its beginning', 'share - course.from', 'share'],
      [
        'every run takes as long as the mean of all',
        'known && known.runs > 0 ? known : all',
        'known && known.runs < 0 ? known : all',
      ],
    ],
    'cli/progress/sweep.ts',
  ),
  ...faultsOf(
    'progress',
    [PROGRESS],
    [
      ['a wide sign counts as one column', 'width += stringWidth(sign);', 'width += 1;'],
      ['a name is cut at its end', "[...take($signs, $most), '…', ...tail]", "[...take($signs, $most), '…']"],
    ],
    'cli/progress/words.ts',
  ),
  ...faultsOf(
    'progress',
    [PROGRESS],
    [
      ['the view fills the last row', 'Math.max(0, rows - 2)', 'Math.max(0, rows - 1)'],
      ['a line as wide as the terminal', 'stringWidth(text) < columns', 'stringWidth(text) <= columns'],
    ],
    'cli/progress/view-lines.ts',
  ),
  ...faultsOf(
    'progress',
    [PROGRESS],
    [
      ['a frame without news', 'if (this.#above === $empty && isSame(lines, this.#lines)) return;', ';'],
      ['half a line above the view', "this.#half.lastIndexOf('\\n') + 1", 'this.#half.length'],
      ['lines that were wrapped are counted as one', 'Math.ceil(stringWidth(line) / this.columns)', '1'],
      [
        'a line keeps the end of a longer one',
        'const ERASE_REST_OF_LINE = $code;',
        "const ERASE_REST_OF_LINE = '';",
      ],
    ],
    'cli/progress/screen.ts',
  ),
  ...faultsOf(
    'progress',
    [PROGRESS],
    [['a run does not take the line of one that has ended', 'free < 0', 'free < 9']],
    'cli/progress/live-view.ts',
  ),
  ...faultsOf(
    'progress',
    [PROGRESS],
    [
      ['the folder of a run tells two reasons apart', "reason.replaceAll(folder, '')", 'reason'],
      ['failures that are repeated are lost at the end', 'all || $isLate', '$isLate'],
      ['a note is told for each run', 'if (this.#notes.has(sentence)) continue;', ';'],
    ],
    'cli/progress/news.ts',
  ),
  ...faultsOf(
    'progress',
    [PROGRESS],
    [
      [
        'failures are written at once',
        'important.length > 0 && quiet >= LEAST_BETWEEN',
        'important.length > 0',
      ],
      ['a long epoch shows no life', 'quiet >= Math.max(QUIET, between)', 'false'],
      ['as many lines in an hour as in a minute', 'SHARE_BETWEEN * (now - begin)', 'SHARE_BETWEEN'],
      [
        'the end is not told',
        'important.length > 0 || stateInWords($$state) !== toldState',
        'important.length > 0',
      ],
    ],
    'cli/progress/plain-lines.ts',
  ),
];
