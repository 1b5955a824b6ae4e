import { type Kernels, type RandomStream, type Tensor, UserError } from '../kernels/index.ts';
import type {
  ActivationName,
  Connection,
  InitialWeights,
  LayeredNetwork,
  RowWrite,
} from '../networks/index.ts';
import type { Direction } from './direction.ts';
import type { OptimizerOptions } from './optimizer.ts';
import { findFaultInPlausibility, type Plausibility } from './plausibility.ts';

/** One option of a rule: its type is that of the default. */
export interface OptionDefinition<T extends number | string | boolean = number | string | boolean> {
  readonly default: T;
  /** One sentence, with the unit where there is one. Shown by `dendrite rule <name>`. */
  readonly description: string;
  /** For a string option, the values it may take. */
  readonly choices?: readonly T[];
}

export type OptionTable = Readonly<Record<string, OptionDefinition>>;

type Widen<T> = T extends number ? number : T extends boolean ? boolean : string;

/** The values of an option table. */
export type OptionValues<O extends OptionTable> = { readonly [name in keyof O]: Widen<O[name]['default']> };

/** What a rule is given to build itself from. */
export interface RuleContext<O extends OptionTable = OptionTable> {
  readonly network: LayeredNetwork;
  readonly kernels: Kernels;
  /** A stream of random numbers under the run's seed, for what the rule draws once, e.g. random('feedback 1'). */
  random(name: string): RandomStream;
  readonly options: OptionValues<O>;
  /** Number of training examples, for rules that keep something for each. */
  readonly examples: number;
  /** How its directions will change the weights. */
  readonly optimizer: OptimizerOptions;
}

/** One minibatch while it is recorded: images are batch x inputs in [0, 1], targets one-hot, batch x classes. */
export interface Minibatch {
  readonly input: Tensor;
  readonly target: Tensor;
  /**
   * The directions are only looked at: what the rule keeps from one minibatch to the next must stay as it is, and the
   * lesson should hold the gradient where it is not that of the layered network.
   */
  readonly probe?: boolean;
}

/** What neurons did before they learned: one tensor for each population above the input, lowest first. */
export interface Observation {
  /** batch x size */
  readonly firingRates: readonly Tensor[];
  /** Rate that neurons with a bounded activation cannot exceed; 1 when left out. */
  readonly maximalRate?: number;
  /** Of each example, batch x 1, where the dynamics have an energy. */
  readonly energy?: Tensor;
}

/** What one minibatch taught. */
export interface RuleOutput {
  /** Rates of the output layer before learning, batch x classes: training loss and error come from them. */
  readonly output: Tensor;
  /** One for each connection that learns, as an estimate of the gradient: the optimizer moves against it. */
  readonly directions: readonly Direction[];
  /** For a `probe`: the gradient that the directions stand in for. Left out: that of the layered network's loss. */
  readonly gradient?: readonly Direction[];
  /** For a `probe`: what the neurons did, where that is not the forward pass of the layered network. */
  readonly observed?: Observation;
  /** What is kept of each example until it is shown again. Only training keeps it. */
  readonly rowWrites?: readonly RowWrite[];
}

/** Feedback weights, beside the forward connections whose weights they stand in for. */
export interface FeedbackPath {
  readonly weights: Tensor;
  /** The forward connections that lead from where the feedback ends to where it starts, lowest first. */
  readonly forward: readonly Connection[];
  /**
   * `down`: from above (rows) to below (columns), the shape of the transposed product of the forward weights;
   * `up`: the shape of the product itself.
   */
  readonly orientation: 'down' | 'up';
}

/** A rule at work in one run. Its methods are recorded once, and the recording runs for every minibatch. */
export interface Rule {
  /** May not change weights or memories: it is also recorded where directions are only looked at. */
  learn(batch: Minibatch): RuleOutput;
  /**
   * What happens after the weights have changed and before the next minibatch, without an input: a phase of noise
   * that tunes the feedback. Only training records it.
   * @param examples in a minibatch
   */
  betweenMinibatches?(examples: number): void;
  /** Output rates for images, batch x classes. Left out: the forward pass of the network. */
  predict?(input: Tensor): Tensor;
  /** Images that `predict` takes at once; the experiment chooses when left out. */
  readonly evaluationBatchSize?: number;
  /** Feedback weights that can be compared with forward ones. Left out: there are none, or they are the same. */
  readonly feedback?: readonly FeedbackPath[];
}

export const NETWORK_KINDS = ['layered', 'energy', 'compartmental'] as const;

/**
 * `layered`: feed-forward point neurons; `energy`: symmetric weights, neurons that settle; `compartmental`: neurons with
 * dendrites, simulated in time.
 */
export type NetworkKind = (typeof NETWORK_KINDS)[number];

/**
 * Settings that a rule was published with and that differ from the defaults of an experiment. They hold where the
 * user does not choose; results show them.
 */
export interface Recipe extends Partial<OptimizerOptions> {
  readonly batch?: number;
  readonly activation?: ActivationName;
  readonly loss?: 'cross-entropy' | 'squared-error';
  readonly outputActivation?: ActivationName;
  readonly initial?: InitialWeights;
  /** Values of the rule's own options. */
  readonly options?: Readonly<Record<string, number | string | boolean>>;
}

export interface RuleDefinition<O extends OptionTable = OptionTable> {
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
  /** What the rule takes for granted: its line in the ledger of `dendrite rules`. Built-in rules have it. */
  readonly plausibility?: Plausibility;
  /** The kind of network that it trains. */
  readonly network: NetworkKind;
  /**
   * What small trials need where the usual is too little for the rule to show that it learns: sizes of the two hidden
   * layers in `dendrite check` (24 and 12), examples in the command of its page (2000).
   */
  readonly trial?: { readonly hidden?: readonly [number, number]; readonly examples?: number };
  readonly options: O;
  /** Left out: the rule has no settings of its own. `layers` are the sizes of the network, input first. */
  recipe?(layers: readonly number[]): Recipe;
  build(context: RuleContext<O>): Rule;
}

/**
 * Declares a rule; the types of its options follow from their defaults.
 * @throws UserError when a part is missing or of the wrong type
 */
export function defineRule<const O extends OptionTable>(definition: RuleDefinition<O>): RuleDefinition<O> {
  const fault = findFault(definition);
  if (fault) throw new UserError(`the rule ${definition?.name ? `'${definition.name}' ` : ''}${fault}`);
  return definition;
}

/** The equations of a rule line by line, without the indentation of its source. */
export function equationLines({ equations = '' }: RuleDefinition): string[] {
  const lines = equations.split('\n').filter((line) => line.trim() !== '');
  const indentation = Math.min(...lines.map((line) => line.search(/\S/)));
  return lines.map((line) => line.slice(indentation).trimEnd());
}

/** What is wrong with a definition (it may come from a plain JavaScript file), or null. */
function findFault(definition: Partial<RuleDefinition>): string | null {
  if (typeof definition !== 'object' || definition === null) return 'is not an object';
  for (const part of ['name', 'title', 'source', 'summary'] as const)
    if (typeof definition[part] !== 'string' || definition[part] === '') return `lacks the text '${part}'`;
  for (const part of ['family', 'equations', 'notes'] as const)
    if (definition[part] !== undefined && typeof definition[part] !== 'string')
      return `has '${part}', but not as a text`;
  if (definition.plausibility !== undefined) {
    const fault = findFaultInPlausibility(definition.plausibility);
    if (fault) return fault;
  }
  if (!/^[a-z][a-z0-9-]*$/.test(definition.name!))
    return 'needs a name in lower-case letters, digits and hyphens';
  if (!NETWORK_KINDS.includes(definition.network!))
    return `trains '${definition.network}', but the network kind must be one of ${NETWORK_KINDS.join(', ')}`;
  if (typeof definition.build !== 'function') return "lacks the function 'build'";
  if (typeof definition.options !== 'object' || definition.options === null)
    return "lacks the table 'options' (it may be {})";
  for (const [name, option] of Object.entries(definition.options))
    if (
      !['number', 'string', 'boolean'].includes(typeof option?.default) ||
      typeof option.description !== 'string'
    )
      return `has an option '${name}' without a default or a description`;
  return null;
}

/** Whether a value exported by a plug-in is meant as a rule. */
export const isRuleDefinition = (value: unknown): value is RuleDefinition =>
  typeof value === 'object' && value !== null && 'build' in value && 'name' in value;

/**
 * Fills in defaults and converts texts from the command line.
 * @throws UserError for an unknown option or a value of the wrong type
 */
export function resolveOptions(
  rule: RuleDefinition,
  given: Readonly<Record<string, unknown>>,
): Record<string, number | string | boolean> {
  const names = Object.keys(rule.options);
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new UserError(
      `the rule '${rule.name}' has no option '${unknown}'; it has ${names.length > 0 ? names.join(', ') : 'none'}`,
    );
  return Object.fromEntries(
    Object.entries(rule.options).map(([name, option]) => [
      name,
      name in given ? convertOption(rule.name, name, option, given[name]) : option.default,
    ]),
  );
}

function convertOption(
  rule: string,
  name: string,
  option: OptionDefinition,
  given: unknown,
): number | string | boolean {
  const kind = typeof option.default;
  const text = String(given);
  const refuse = (wanted: string): never => {
    throw new UserError(`the option '${name}' of the rule '${rule}' must be ${wanted}, not '${text}'`);
  };
  if (option.choices && !option.choices.map(String).includes(text))
    return refuse(`one of ${option.choices.join(', ')}`);
  if (kind === 'number') {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    return Number.isFinite(value) ? value : refuse('a number');
  }
  if (kind === 'boolean') return text === 'true' ? true : text === 'false' ? false : refuse('true or false');
  return text;
}
