export {
  type Assumptions,
  describeAssumptions,
  SYNAPTIC_FACTORS,
  type SynapticFactor,
} from './assumptions.ts';
export { gradient } from './backprop.ts';
export { biasVector, type Direction, outerProduct, type Product, weightMatrix } from './direction.ts';
export { OPTIMIZERS, Optimizer, type OptimizerOptions, SCHEDULES, scheduleFactor } from './optimizer.ts';
export { findRule, RULES } from './registry.ts';
export {
  defineRule,
  equationLines,
  type FeedbackPath,
  isRuleDefinition,
  type Lesson,
  type Minibatch,
  type NetworkKind,
  type Observation,
  type OptionDefinition,
  type OptionTable,
  type OptionValues,
  type Recipe,
  type Rule,
  type RuleContext,
  type RuleDefinition,
  resolveOptions,
} from './rule.ts';
