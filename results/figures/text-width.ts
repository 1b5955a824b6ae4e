const NARROW = /[ijlIft.,:;'|!()[\] ]/;
const WIDE = /[mwMW@%]/;

/** Of a letter in Helvetica, in units of the font's size; what is in neither class is taken for a letter of Latin. */
function letterWidth(letter: string): number {
  if (NARROW.test(letter)) return 0.31;
  if (WIDE.test(letter)) return 0.86;
  return /[A-Z]/.test(letter) ? 0.7 : 0.56;
}

/** About how wide a text is in pixels: a figure is laid out without a browser, which would measure it. */
export const textWidth = (text: string, size: number): number =>
  size * [...text].reduce((sum, letter) => sum + letterWidth(letter), 0);

/** Breaks a text between words into lines of a width in pixels; a longer word is cut, with a hyphen. */
export function wrapText(text: string, width: number, size: number): string[] {
  const lines: string[] = [''];
  for (const word of text.split(/\s+/).flatMap((one) => pieces(one, width, size))) {
    const longer = `${lines.at(-1)} ${word}`.trimStart();
    if (lines.at(-1) !== '' && textWidth(longer, size) > width) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

function pieces(word: string, width: number, size: number): string[] {
  const parts = [''];
  for (const letter of word) {
    if (parts.at(-1) !== '' && textWidth(`${parts.at(-1)}${letter}-`, size) > width) {
      parts[parts.length - 1] += '-';
      parts.push('');
    }
    parts[parts.length - 1] += letter;
  }
  return parts;
}

/** A text that is cut with an ellipsis where it is wider than `width` pixels. */
export function shortenText(text: string, width: number, size: number): string {
  if (textWidth(text, size) <= width) return text;
  const letters = [...text];
  while (letters.length > 1 && textWidth(`${letters.join('')}…`, size) > width) letters.pop();
  return `${letters.join('')}…`;
}
