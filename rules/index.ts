export { gradient } from './backprop.ts';
export { biasVector, type Direction, outerProduct, type Product, weightMatrix } from './direction.ts';
export { OPTIMIZERS, Optimizer, type OptimizerOptions, SCHEDULES, scheduleFactor } from './optimizer.ts';
export {
  describeValues,
  findFaultInValue,
  type OptionDefinition,
  type Options,
  type OptionTable,
  type OptionValue,
  type OptionValues,
  parseDecimal,
  resolveOptions,
} from './options.ts';
export {
  describePlausibility,
  type Plausibility,
  type SynapticFactor,
} from './plausibility.ts';
export { findRule, RULES, rulesFor } from './registry.ts';
export {
  defineRule,
  describeRecipe,
  equationLines,
  isRuleDefinition,
  type Minibatch,
  type Observation,
  type Recipe,
  type RecipeSettings,
  type Rule,
  type RuleContext,
  type RuleDefinition,
  type RuleOutput,
} from './rule.ts';
export {
  describeSearch,
  extremesOf,
  findFaultInSearch,
  SEARCH_FORMS,
  type Search,
  type SearchSpace,
  type SearchValue,
  valueAt,
} from './search.ts';
