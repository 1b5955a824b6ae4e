import { closest, UserError } from '../../kernels/index.ts';
import type { TaskDefinition } from '../task.ts';
import { associativeRecall } from './associative-recall.ts';
import { classify } from './classify.ts';
import { inpaint } from './inpaint.ts';
import { nextFrame } from './next-frame.ts';
import { nextSymbol } from './next-symbol.ts';
import { probe } from './probe.ts';
import { reconstruct } from './reconstruct.ts';
import { retrieval } from './retrieval.ts';
import { robustness } from './robustness.ts';

/** The tasks that come with the framework, the default first. */
export const TASKS: readonly TaskDefinition[] = [
  classify,
  probe,
  reconstruct,
  inpaint,
  nextFrame,
  retrieval,
  robustness,
  nextSymbol,
  associativeRecall,
];

/** A task with its argument, e.g. that of 'probe:hidden 1'. */
export interface ChosenTask {
  readonly definition: TaskDefinition;
  readonly argument: string;
}

/**
 * @param text `classify`, `reconstruct`, `inpaint`, `associative-recall`, `next-frame:<frames-ahead>`, `probe:<population>`, `retrieval:<corruption>`, `robustness:<corruption>`, `next-symbol:<criterion>`
 * @param extra tasks of the user's own, from plug-ins
 * @throws UserError when there is no such task, or its argument is missing or too much
 */
export function findTask(text: string, extra: readonly TaskDefinition[] = []): ChosenTask {
  const [name = '', ...rest] = text.split(':');
  const argument = rest.join(':').trim();
  const tasks = [...TASKS, ...extra];
  const definition = tasks.find((task) => task.name === name);
  if (!definition) {
    const near = closest(
      name,
      tasks.map((task) => task.name),
    );
    throw new UserError(
      `there is no task '${name}'; ${near ? `did you mean '${near}'?` : `the tasks are ${tasks.map(usage).join(', ')}`}`,
    );
  }
  if (definition.argument && argument === '')
    throw new UserError(
      `the task '${name}' needs <${definition.argument}> after its name: write ${usage(definition)}`,
    );
  if (!definition.argument && rest.length > 0)
    throw new UserError(`the task '${name}' takes nothing after its name, not '${argument}'`);
  return { definition, argument };
}

/** How a task is written, e.g. 'probe:<population>'. */
export const usage = ({ name, argument }: TaskDefinition): string =>
  argument ? `${name}:<${argument}>` : name;
