import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';
import { comparedScore, type Experiment, type RunProgress } from '../../experiments/index.ts';
import type { RunResult } from '../../results/index.ts';
import { describeTime } from '../dry-run.ts';
import { type Sweep, shareOf } from './sweep.ts';

/** Of one epoch. */
type Scores = Pick<RunResult['epochs'][number], 'testScore' | 'validationScore'>;

/** Names and scores of an experiment's runs, in words. */
export class Words {
  readonly #labels: ReadonlyMap<string, string>;
  readonly #score: Experiment['chosenTask']['definition']['score'];
  readonly #isOnValidation: boolean;

  constructor(experiment: Pick<Experiment, 'conditions' | 'chosenTask' | 'scored'>) {
    this.#labels = new Map(experiment.conditions.map(({ id, label }) => [id, label]));
    this.#score = comparedScore(experiment);
    this.#isOnValidation = experiment.scored !== undefined;
  }

  /** E.g. 'backprop seed 1'. */
  name({ condition, seed }: Pick<RunProgress, 'condition' | 'seed'>): string {
    return `${this.label(condition)} seed ${seed}`;
  }

  label(condition: string): string {
    return this.#labels.get(condition) ?? condition;
  }

  /** E.g. 'test error 5.05 %'; empty where there is none yet. */
  score(scores: Scores | undefined): string {
    const value = this.value(scores);
    return value === '' ? '' : `${this.#score.label.toLowerCase()} ${value}`;
  }

  /** E.g. '5.05 %'; a long unit is left out. */
  value(scores: Scores | undefined): string {
    const value = this.#isOnValidation ? scores?.validationScore : scores?.testScore;
    if (value == null) return '';
    const { unit, digits } = this.#score;
    return `${value.toFixed(digits)}${unit.length > 2 ? '' : ` ${unit}`}`;
  }

  /** What became of a run that has ended, e.g. 'backprop seed 1 finished, test error 5.05 %'. */
  ended(run: RunResult): string {
    const score = this.score(run.epochs.at(-1));
    return `${this.name(run)} ${run.status}${score === '' ? '' : `, ${score}`}`;
  }
}

export const percent = (progress: RunProgress): string => `${Math.floor(100 * shareOf(progress))} %`;

export const number = (value: number): string => Math.round(value).toLocaleString('en-US');

/** How all runs stand, in parts: what has not happened is not said. */
export function stateOf(sweep: Sweep): { failed: string; diverged: string; eta: string } {
  const { failed, diverged } = sweep;
  const seconds = sweep.secondsLeft();
  const isOver = sweep.done === sweep.total;
  return {
    failed: failed > 0 ? `${number(failed)} failed` : '',
    diverged: diverged > 0 ? `${number(diverged)} diverged` : '',
    eta: seconds === null || isOver ? '' : `ETA ${describeTime(Math.ceil(seconds))}`,
  };
}

/** Text on one line, without what moves the cursor. */
export const oneLine = (text: string): string =>
  stripVTControlCharacters(text)
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim();

/** The text if it fits into so many columns, else its beginning and its end. */
export function shorten(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text;
  if (columns < 1) return '';
  const signs = [...text];
  const take = (from: Iterable<string>, most: number): string[] => {
    const taken: string[] = [];
    let width = 0;
    for (const sign of from) {
      width += stringWidth(sign);
      if (width > most) break;
      taken.push(sign);
    }
    return taken;
  };
  const tail = take(signs.toReversed(), Math.floor((columns - 1) / 2)).toReversed();
  return [...take(signs, Math.ceil((columns - 1) / 2)), '…', ...tail].join('');
}

/** Filled up to so many columns. */
export const padded = (text: string, columns: number): string =>
  text + ' '.repeat(Math.max(0, columns - stringWidth(text)));
