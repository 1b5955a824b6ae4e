import type { RunProgress, Started } from '../../experiments/index.ts';
import type { RunResult } from '../../results/index.ts';
import type { Clock } from './clock.ts';

/** A run at work, and where it was when this process took it up. */
interface Course {
  readonly begin: number;
  /** Share of the run that was done then. */
  readonly from: number;
  readonly progress: RunProgress;
}

/** What the runs of one condition have taken so far, in seconds, for so many runs and parts of runs. */
interface Cost {
  seconds: number;
  runs: number;
}

/** How the runs of a comparison stand, and when they will be done. */
export class Sweep {
  readonly total: number;
  readonly #clock: Clock;
  readonly #begin: number;
  readonly #courses = new Map<string, Course>();
  /** By condition: runs that have not ended. */
  readonly #left = new Map<string, number>();
  /** By condition: of the runs that have ended. */
  readonly #costs = new Map<string, Cost>();
  #done: number;
  #failed = 0;
  #diverged = 0;

  constructor({ runs, toDo }: Pick<Started, 'runs' | 'toDo'>, clock: Clock) {
    this.total = runs;
    this.#done = runs - toDo.length;
    this.#clock = clock;
    this.#begin = clock.now();
    for (const { condition } of toDo) this.#left.set(condition.id, (this.#left.get(condition.id) ?? 0) + 1);
  }

  /** Runs that have ended, those that failed or diverged among them. */
  get done(): number {
    return this.#done;
  }

  /** Since this process took the comparison up. */
  get failed(): number {
    return this.#failed;
  }

  get diverged(): number {
    return this.#diverged;
  }

  /** In the order in which they began. */
  get running(): RunProgress[] {
    return [...this.#courses.values()].map(({ progress }) => progress);
  }

  update(progress: RunProgress): void {
    const course = this.#courses.get(keyOf(progress)) ?? {
      begin: this.#clock.now(),
      from: shareOf(progress),
    };
    this.#courses.set(keyOf(progress), { ...course, progress });
  }

  ended({ condition, seed, status }: RunResult): void {
    const key = keyOf({ condition, seed });
    const course = this.#courses.get(key);
    this.#courses.delete(key);
    if (status === 'unfinished') return;
    this.#done++;
    if (status === 'failed') this.#failed++;
    if (status === 'diverged') this.#diverged++;
    this.#left.set(condition, (this.#left.get(condition) ?? 1) - 1);
    if (course) add(this.#costs, condition, this.#secondsOf(course), 1 - course.from);
  }

  /**
   * Seconds until all is done, if the runs that are left take as long as those of their condition have so far (of one that has not
   * begun: as those of all), and as many go on at the same time; null as long as nothing is known.
   */
  secondsLeft(): number | null {
    const costs = new Map([...this.#costs].map(([condition, cost]) => [condition, { ...cost }]));
    const left = new Map(this.#left);
    for (const course of this.#courses.values()) {
      const { condition } = course.progress;
      const share = shareOf(course.progress);
      add(costs, condition, this.#secondsOf(course), share - course.from);
      left.set(condition, (left.get(condition) ?? 0) - share);
    }
    const all = { seconds: 0, runs: 0 };
    for (const { seconds, runs } of costs.values()) {
      all.seconds += seconds;
      all.runs += runs;
    }
    if (!(all.runs > 0 && all.seconds > 0)) return null;
    let work = 0;
    for (const [condition, runs] of left) {
      const known = costs.get(condition);
      const { seconds, runs: of } = known && known.runs > 0 ? known : all;
      work += Math.max(0, runs) * (seconds / of);
    }
    const atTheSameTime = all.seconds / ((this.#clock.now() - this.#begin) / 1000);
    return work / atTheSameTime;
  }

  #secondsOf({ begin }: Course): number {
    return (this.#clock.now() - begin) / 1000;
  }
}

export const keyOf = ({ condition, seed }: Pick<RunProgress, 'condition' | 'seed'>): string =>
  `${condition} ${seed}`;

/** From 0 to 1. */
export const shareOf = ({ stepsDone, stepsTotal }: RunProgress): number => stepsDone / stepsTotal;

function add(costs: Map<string, Cost>, condition: string, seconds: number, runs: number): void {
  const cost = costs.get(condition) ?? { seconds: 0, runs: 0 };
  cost.seconds += seconds;
  cost.runs += runs;
  costs.set(condition, cost);
}
