import type { Dataset, Split } from '../data/browser.ts';
import type { Kernels, Table, Tensor } from '../kernels/index.ts';
import type { Network } from '../networks/index.ts';
import type { OptionValue, Rule, RuleDefinition } from '../rules/index.ts';
import type { Settings, SettingsInput } from './settings.ts';

/** What a task measures: the number in a table's cell. */
export interface Score {
  /** e.g. 'Test error'. */
  readonly label: string;
  /** e.g. '%'. */
  readonly unit: string;
  readonly better: 'lower' | 'higher';
  /** Decimal places in a table. */
  readonly digits: number;
}

/** What a task is built from. */
export interface TaskContext {
  readonly kernels: Kernels;
  readonly network: Network;
  readonly rule: Rule;
  readonly dataset: Dataset;
  readonly settings: Settings;
  /** What followed the task's name and a colon, or ''. */
  readonly argument: string;
  /** Traces firing rates of all populations above the input, lowest first, for images without a target. */
  respond(input: Tensor): readonly Tensor[];
  /** Images that `respond` takes at once. */
  readonly evaluationBatchSize: number;
}

/** A task at work in one run. */
export interface BuiltTask {
  /** What the network is shown in place of the training images, example by example. Left out: the images themselves. */
  readonly images?: Table;
  /** Which pixels of an image those are, where the network has not an input for each: so many from the first one on. Left out: all. */
  readonly shown?: { readonly first: number; readonly count: number };
  /**
   * What the network is shown of an image of the dataset, pixels from 0 to 1, where that is something else than some of its pixels; as many
   * values as `images` has columns. Left out: its pixels.
   */
  inputOf?(image: Float32Array): Float32Array;
  /** Traces what a minibatch of training examples is to be answered with, batch x outputs. */
  target(input: Tensor): Tensor;
  /**
   * Traces the score of each example of a minibatch, batch x 1; the score of the epoch is their mean times `scale`. Null:
   * training has no score.
   */
  readonly trainingScore: ((output: Tensor, target: Tensor) => Tensor) | null;
  readonly scale: number;
  /**
   * Called after each epoch, before the scores are asked for: for what has to be fitted first.
   * @param signal if it is aborted, the run is to stop: throw its reason soon
   */
  prepareScores?(signal?: AbortSignal): Promise<void>;
  /** The score of a split as the network is. @param name unique within the run */
  scoreOf(name: string, split: Split): Promise<(signal?: AbortSignal) => Promise<number>>;
}

/** What a minibatch is, what is scored, and in which unit. */
export interface TaskDefinition {
  /** As on the command line, in lower case with hyphens. */
  readonly name: string;
  /** One sentence. */
  readonly description: string;
  /** What follows the name and a colon, e.g. 'population'; left out: nothing does. */
  readonly argument?: string;
  readonly score: Score;
  /** The score is the share of images to which another class than theirs is answered, in %: baselines that classify have the same. */
  readonly scoresClasses?: true;
  /** The score is the squared error of the last frame of a sequence, of that of copying the last one shown: baselines that predict frames have the same. */
  readonly scoresFrames?: true;
  /** Settings that hold where neither the user nor a recipe chooses. */
  readonly defaults?: SettingsInput;
  /** @throws UserError when dataset, settings or rule do not go with the task, saying what to do */
  check(setup: TaskSetup): void;
  /** Called once, before a step is traced. */
  build(context: TaskContext): Promise<BuiltTask>;
}

/** What a task is asked to go with. */
export interface TaskSetup {
  readonly argument: string;
  readonly dataset: Dataset;
  readonly settings: Settings;
  readonly definition: RuleDefinition;
  /** Of the rule, filled in. */
  readonly options: Readonly<Record<string, OptionValue>>;
}

/** Whether a value exported by a plug-in is meant as a task. */
export const isTaskDefinition = (value: unknown): value is TaskDefinition =>
  typeof value === 'object' && value !== null && 'score' in value && 'check' in value && 'build' in value;
