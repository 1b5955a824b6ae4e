/** An entry point for tools that look into what a device does; rules and runs need none of it. */
export { type PlanCosts, planCosts } from './gpu/plan-costs.ts';
export { multiplyAccumulatesOf } from './multiply-accumulates.ts';
