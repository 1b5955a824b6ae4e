/** What a page says of results, in the words of tables and reports: nothing here needs Node. */
export type { ComparedRun, ComparisonDocument, ConditionSummary } from './comparison.schema.ts';
export type { ContrastResult } from './contrast.schema.ts';
export {
  countOf,
  intervalText,
  labelOf,
  MISSING,
  pText,
  rateText,
  runsText,
  signedText,
  thousands,
  valueText,
  wordsOf,
} from './table-words.ts';
