export { reportFigures } from './figures.ts';
export { type ReportParts, reportPage } from './page.ts';
export { verdictSentences } from './verdict.ts';
