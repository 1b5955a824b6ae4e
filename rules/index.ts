export { gradient } from './backprop.ts';
export { biasVector, type Direction, outerProduct, type Product, weightMatrix } from './direction.ts';
export { OPTIMIZERS, Optimizer, type OptimizerOptions, SCHEDULES, scheduleFactor } from './optimizer.ts';
export {
  describePlausibility,
  type Plausibility,
  SYNAPTIC_FACTORS,
  type SynapticFactor,
} from './plausibility.ts';
export { findRule, RULES } from './registry.ts';
export {
  defineRule,
  equationLines,
  type FeedbackPath,
  isRuleDefinition,
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
  type RuleOutput,
  resolveOptions,
} from './rule.ts';
