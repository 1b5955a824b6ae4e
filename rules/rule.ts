import { type Kernels, type RandomStream, type Tensor, UserError } from '../kernels/index.ts';
import type {
  ActivationName,
  FeedbackPath,
  InitialWeights,
  LayeredNetwork,
  Network,
  NetworkKind,
  NetworkSettings,
  RowWrite,
} from '../networks/index.ts';
import type { Direction } from './direction.ts';
import type { OptimizerOptions } from './optimizer.ts';
import {
  findFaultInValue,
  type OptionDefinition,
  type Options,
  type OptionTable,
  type OptionValues,
} from './options.ts';
import { findFaultInPlausibility, type Plausibility } from './plausibility.ts';
import { extremesOf, findFaultInSearch, type Search } from './search.ts';

/** What a rule is given to build itself from. */
export interface RuleContext<O extends OptionTable = OptionTable, N extends Network = LayeredNetwork> {
  /** Of the kind that the rule names. */
  readonly network: N;
  readonly kernels: Kernels;
  /** A stream of random numbers under the run's seed, for what the rule draws once, e.g. random('feedback 1'). */
  random(name: string): RandomStream;
  readonly options: OptionValues<O>;
  /** Number of training examples, for rules that keep something for each. */
  readonly examples: number;
  /** How its directions will change the weights. */
  readonly optimizer: OptimizerOptions;
}

/** One minibatch while it is traced: input is batch x inputs in [0, 1], target batch x outputs (one-hot for classes). */
export interface Minibatch {
  readonly input: Tensor;
  readonly target: Tensor;
}

/** What one minibatch taught. */
export interface RuleOutput {
  /** Firing rates of the output before learning, batch x outputs: training loss and score come from them. */
  readonly output: Tensor;
  /** One for each connection that learns, as an estimate of the gradient: the optimizer moves against it. */
  readonly directions: readonly Direction[];
  /** What is kept of each example until it is shown again. */
  readonly rowWrites?: readonly RowWrite[];
}

/** What diagnostics see of a minibatch. */
export interface Observation {
  /** Those that `learn` would give for the minibatch. */
  readonly directions: readonly Direction[];
  /** The gradient that the directions stand in for. Left out: it is not known. */
  readonly gradient?: readonly Direction[];
  /** What neurons did before they learned: batch x size for each population above the input, lowest first. */
  readonly firingRates?: readonly Tensor[];
  /** Of each example, batch x 1, where the dynamics have an energy. */
  readonly energy?: Tensor;
  /**
   * Traces what the rule would learn after 1, 2, ... steps of its second phase. Left out, or null: there are no such steps, or their
   * gradient is not known.
   */
  readonly stepwise?: () => readonly Stepwise[] | null;
}

/** What is learned after a number of steps. */
export interface Stepwise {
  readonly directions: readonly Direction[];
  /** Of backpropagation through time that is cut off after as many steps. */
  readonly gradient: readonly Direction[];
}

/** A rule at work in one run. Its methods are traced once, and the trace runs for every minibatch. */
export interface Rule {
  /** What changes. It may write states of its own, such as neurons that go on from one image to the next. */
  learn(batch: Minibatch): RuleOutput;
  /**
   * What a diagnostic looks at. It may not change any state.
   * Left out: on a layered network the directions of `learn`, beside the gradient and the activity of the forward pass.
   */
  observe?(batch: Minibatch): Observation;
  /**
   * What happens after the weights have changed and before the next minibatch, without an input: a phase of noise
   * that tunes the feedback. Only training traces it.
   * @param examples in a minibatch
   */
  betweenMinibatches?(examples: number): void;
  /**
   * Firing rates of every population above the input, lowest first, for images that are shown without a target; the last
   * are the answer. It may not change any state. Left out: `network.respond`.
   */
  respond?(input: Tensor): readonly Tensor[];
  /**
   * As `respond`, of a network that settles, with how far it is from its rest: ds/dt of each population that settles, lowest first, batch x
   * size, in rates a time constant. Left out: the network does not settle.
   */
  settle?(input: Tensor): {
    readonly firingRates: readonly Tensor[];
    readonly residuals: readonly Tensor[];
  };
  /** Images that `respond` takes at once; the trainer chooses when left out. */
  readonly evaluationBatchSize?: number;
  /** Feedback weights that can be compared with forward ones. Left out: there are none, or they are the same. */
  readonly feedback?: readonly FeedbackPath[];
}

/** Values that a recipe gives to settings of training and to options of its rule. */
export interface RecipeSettings extends Partial<OptimizerOptions> {
  readonly batch?: number;
  readonly activation?: ActivationName;
  readonly loss?: NetworkSettings['loss'];
  readonly outputActivation?: ActivationName;
  readonly initial?: InitialWeights;
  /** Values of the rule's own options. */
  readonly options?: Options;
}

/**
 * Settings that a rule was published with and that differ from the defaults of an experiment. They hold where the
 * user does not choose; results show them.
 */
export interface Recipe {
  /** As on the command line (`--recipe rule=name`), in lower case with hyphens: 'published', 'ernoult-2019'. */
  readonly name: string;
  /** The paper, with table or section. */
  readonly source: string;
  /** The figure that it was published with, in words; left out where there is none. */
  readonly figure?: string;
  /** What the rule was trained with. @param layers sizes of the network, input first */
  settings(layers: readonly number[]): RecipeSettings;
}

/** A learning rule: what it is called, what it assumes, what it takes, and how it is built. Made by `defineRule`. */
export interface RuleDefinition<
  O extends OptionTable = OptionTable,
  // biome-ignore lint/suspicious/noExplicitAny: a list of rules holds rules of every kind of network
  N extends Network = any,
  // biome-ignore lint/suspicious/noExplicitAny: and so with every kind of parameters
  P = any,
> {
  /** As on the command line, in lower case with hyphens. */
  readonly name: string;
  readonly title: string;
  /** The paper: authors, year, journal. */
  readonly source: string;
  /** One sentence: what the rule does. */
  readonly summary: string;
  /** The rules it belongs with, e.g. 'feedback alignment'. Built-in rules have one. */
  readonly family?: string;
  /** The mathematics, a line an equation, in plain text and Unicode. Built-in rules have it. */
  readonly equations?: string;
  /** Where the rule differs from its paper, or the paper from its authors' code, and what was chosen here. */
  readonly notes?: string;
  /** What the rule assumes of the brain: its row in the plausibility table of `dendrite rules`. Built-in rules have it. */
  readonly plausibility?: Plausibility;
  /** The kind of network that it trains. */
  readonly network: NetworkKind<N, P>;
  /**
   * What the kind of network has to know of the options. Left out: the kind needs nothing.
   * @param examples different training examples that a run shows
   */
  networkParameters?(options: OptionValues<O>, examples: number): P;
  /** The only task that the rule is for, by its name; left out: every task that its outputs fit. */
  readonly onlyTask?: string;
  /** Targets must be classes, one-hot: the rule cannot learn to reconstruct. */
  readonly needsClasses?: boolean;
  /**
   * What small trials need where the usual is too little for the rule to show that it learns: sizes of the hidden
   * layers in `dendrite check` (24 and 12), layers (784,50,10) and examples (2000) in the command of its page.
   */
  readonly trial?: {
    readonly hidden?: readonly number[];
    readonly layers?: readonly number[];
    readonly examples?: number;
  };
  readonly options: O;
  /**
   * Where a tuning looks for settings of training, beside the options that have a `search`. The learning rate is always tuned: left
   * out, by a factor of 0.1 to 10 on the condition's own. Null: nothing of the rule is tuned.
   */
  readonly searchSpace?: { readonly [name in Exclude<keyof RecipeSettings, 'options'>]?: Search } | null;
  /** The first is the default. Left out: the rule has no settings of its own. */
  readonly recipes?: readonly Recipe[];
  /** What options must be together, beyond the bounds of each. @throws UserError */
  checkOptions?(
    options: OptionValues<O>,
    settings: NetworkSettings & OptimizerOptions & { readonly batch?: number },
  ): void;
  /** Makes the rule of a run, with the run's network, kernels and options. */
  build(context: RuleContext<O, N>): Rule;
}

/**
 * Declares a rule; the types of its options follow from their defaults and choices, that of its network from its kind.
 * @throws UserError when a part is missing or of the wrong type
 */
export function defineRule<const O extends OptionTable, N extends Network, P>(
  definition: RuleDefinition<O, N, P>,
): RuleDefinition<O, N, P> {
  const fault = findFault(definition);
  if (fault) throw new UserError(`the rule ${definition?.name ? `'${definition.name}' ` : ''}${fault}`);
  return definition;
}

/** The equations of a rule line by line, without the indentation of its source. */
export function equationLines({ equations = '' }: Pick<RuleDefinition, 'equations'>): string[] {
  const lines = equations.split('\n').filter((line) => line.trim() !== '');
  const indentation = Math.min(...lines.map((line) => line.search(/\S/)));
  return lines.map((line) => line.slice(indentation).trimEnd());
}

/** The settings of a recipe as pairs of a name and a value, to be shown; options of the rule come last. */
export function describeRecipe(recipe: Recipe, layers: readonly number[]): [name: string, value: string][] {
  const { options, ...settings } = recipe.settings(layers);
  return Object.entries({ ...settings, ...options }).map(([name, value]) => [name, String(value)]);
}

const NAME = /^[a-z][a-z0-9-]*$/;

/** What is wrong with a definition (it may come from a plain JavaScript file), or null. */
function findFault(definition: Partial<RuleDefinition>): string | null {
  if (typeof definition !== 'object' || definition === null) return 'is not an object';
  for (const part of ['name', 'title', 'source', 'summary'] as const)
    if (typeof definition[part] !== 'string' || definition[part] === '') return `lacks the text '${part}'`;
  for (const part of ['family', 'equations', 'notes', 'onlyTask'] as const)
    if (definition[part] !== undefined && typeof definition[part] !== 'string')
      return `has '${part}', but not as a text`;
  if (!NAME.test(definition.name!)) return 'needs a name in lower-case letters, digits and hyphens';
  if (typeof definition.network?.build !== 'function')
    return "lacks 'network', the kind of network that it trains, e.g. layeredNetwork";
  if (typeof definition.build !== 'function') return "lacks the function 'build'";
  return (
    (definition.plausibility && findFaultInPlausibility(definition.plausibility)) ??
    findFaultInOptions(definition.options) ??
    findFaultInSearchSpace(definition.searchSpace) ??
    findFaultInRecipes(definition.recipes)
  );
}

function findFaultInOptions(options: OptionTable | undefined): string | null {
  if (typeof options !== 'object' || options === null) return "lacks the table 'options' (it may be {})";
  for (const [name, option] of Object.entries(options)) {
    if (
      !['number', 'string', 'boolean'].includes(typeof option?.default) ||
      typeof option.description !== 'string'
    )
      return `has an option '${name}' without a default or a description`;
    if (option.choices !== undefined && !Array.isArray(option.choices))
      return `has an option '${name}' whose choices are not a list`;
    const fault = findFaultInValue(option, option.default);
    if (fault) return `has an option '${name}' whose default is not ${fault}`;
    const badSearch = option.search && findFaultInOptionSearch(option, option.search);
    if (badSearch) return `has an option '${name}' whose search ${badSearch}`;
  }
  return null;
}

function findFaultInOptionSearch(option: OptionDefinition, search: Search): string | null {
  const fault = findFaultInSearch(search);
  if (fault) return fault;
  for (const value of extremesOf(search, option.default)) {
    const outside = findFaultInValue(option, value);
    if (outside) return `reaches ${value}, which is not ${outside}`;
  }
  return null;
}

function findFaultInSearchSpace(space: RuleDefinition['searchSpace']): string | null {
  if (space === undefined || space === null) return null;
  if (typeof space !== 'object') return "has 'searchSpace', but not as a table of searches";
  for (const [name, search] of Object.entries(space)) {
    const fault = findFaultInSearch(search);
    if (fault) return `has a search of '${name}' that ${fault}`;
  }
  return null;
}

function findFaultInRecipes(recipes: RuleDefinition['recipes']): string | null {
  if (recipes === undefined) return null;
  if (!Array.isArray(recipes) || recipes.length === 0) return "has 'recipes', but not as a list of recipes";
  for (const [i, recipe] of (recipes as readonly (Partial<Recipe> | null)[]).entries()) {
    const { name, source, figure = '', settings } = recipe ?? {};
    if (typeof name !== 'string' || !NAME.test(name))
      return `has a recipe (number ${i + 1}) without a name in lower-case letters, digits and hyphens`;
    if (typeof source !== 'string' || source === '') return `has a recipe '${name}' without a source`;
    if (typeof figure !== 'string') return `has a recipe '${name}' with a figure that is not a text`;
    if (typeof settings !== 'function') return `has a recipe '${name}' without the function 'settings'`;
    if (recipes.findIndex((other) => other.name === name) < i) return `has two recipes named '${name}'`;
  }
  return null;
}

/** Whether a value exported by a plug-in is meant as a rule. */
export const isRuleDefinition = (value: unknown): value is RuleDefinition =>
  typeof value === 'object' && value !== null && 'build' in value && 'title' in value && 'options' in value;
