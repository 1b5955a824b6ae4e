import { type ComparisonDocument, comparisonTable } from '../results/index.ts';
import { outputWidth, print, useColour } from './output.ts';

/** The table of a comparison, or its document. */
export const printComparison = (document: ComparisonDocument, json: boolean, best = false): void =>
  print(
    json
      ? `${JSON.stringify(document, null, 2)}\n`
      : `${comparisonTable(document, { colour: useColour(), width: outputWidth(), best })}\n`,
  );
