import { signedText } from './table-words.ts';

/** How a number is written. */
export type NumberStyle = 'score' | 'signed score' | 'count' | 'quantity' | 'bytes';

const THREE_DIGITS = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });
const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** From here on a count is written with three digits and a power of ten: 4.80e12. */
const LARGE = 1e6;

/** A number for people, in the decimal notation that every format starts from. @param digits decimal places of a score */
export function numberText(value: number, style: NumberStyle, digits: number): string {
  switch (style) {
    case 'score':
      return value.toFixed(digits);
    case 'signed score':
      return signedText(value, digits);
    case 'count':
      return value < LARGE ? WHOLE.format(value) : value.toExponential(2).replace('+', '');
    case 'quantity':
      return THREE_DIGITS.format(value);
    case 'bytes':
      return bytesText(value);
  }
}

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** In units of 1000. */
function bytesText(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${THREE_DIGITS.format(bytes / 1000 ** power)} ${UNITS[power]}`;
}
