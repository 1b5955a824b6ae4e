export type { ConfigurationDifference, ConfigurationValue } from './configuration.ts';
export { type ComparisonDiff, type ConditionDiff, diffComparisons } from './diff.ts';
export { diffText } from './diff-text.ts';
