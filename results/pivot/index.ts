export { type Explanation, explainCell } from './explain.ts';
export { explanationText } from './explanation-text.ts';
export { formatPivot, PIVOT_FORMATS, type PivotFormat, type TerminalOptions } from './formats/index.ts';
export { COST_NAMES, MEASURE_NAMES } from './measures.ts';
export { type PivotDocument, pivotJsonSchema } from './pivot.schema.ts';
export { type PivotCell, type PivotLine, type PivotOptions, type PivotTable, pivotTable } from './pivot.ts';
