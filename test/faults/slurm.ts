import { type Fault, faultsOf } from './fault.ts';

const COMMANDS = 'test/cli/slurm.test.ts';
const SCRIPT = 'test/experiments/slurm-script.test.ts';
const LOCK = 'test/results/folder-lock.test.ts';

/** Of comparisons that are submitted to Slurm, and of locks on single runs. */
export const FAULTS: readonly Fault[] = [
  ...faultsOf(
    'slurm',
    [LOCK],
    [
      ['locks on the same run go together', 'runs.includes(run)', 'runs.length < 0'],
      [
        'a lock on a run goes with one on the whole',
        '!one?.runs || !other?.runs',
        '!one || !other',
        'exclude',
      ],
      [
        'dead owners are shown as alive',
        'now - written < STALE_AFTER',
        'now - written < Infinity',
        'ownersOf',
      ],
      ['nobody waits', 'performance.now() >= until', 'performance.now() >= 0'],
    ],
    'results/folder-lock.ts',
  ),
  ...faultsOf(
    'slurm',
    [SCRIPT],
    [
      ['a task for each run', 'Math.ceil(runs / runsPerTask)', 'runs'],
      ['a percent sign in a path is a pattern', "at.replaceAll('%', '%%')", 'at'],
      [
        'modules are loaded after the shell is strict',
        "modules.length > 0 ? '#!/bin/bash -l' : $plain",
        '$plain',
      ],
    ],
    'experiments/slurm/script.ts',
  ),
  ...faultsOf(
    'slurm',
    [SCRIPT],
    [['any number of tasks', 'Math.ceil(runs / MOST_TASKS)', '1']],
    'experiments/slurm/options.ts',
  ),
  ...faultsOf(
    'slurm',
    [COMMANDS],
    [
      ['a task takes the whole folder', '{ runs: own, patience: PATIENCE }', '{ patience: PATIENCE }'],
      ['a task does all runs', 'own.includes($place)', 'own.length > 0'],
      ['what was written stays while runs go on', 'if (toDo.length > 0) removeDocument(folder);', ';'],
      [
        'the first task that ends writes the document',
        '!hasEnded(join(folder, placeOf(spec).folder))',
        'spec === null',
      ],
      ['nobody writes the document', 'await endIfAllEnded($$all);', ';', 'work'],
      ['failed runs are always tried again', 'submission.retryFailed', 'true'],
    ],
    'experiments/slurm/work.ts',
  ),
  ...faultsOf(
    'slurm',
    [COMMANDS],
    [
      ['done runs are submitted again', '!(holdsRun(path) && isDone($run, retryFailed))', 'path !== null'],
      [
        'a submission is written down after it',
        'writeSubmission(folder, number, { ...submission, job: null });',
        ';',
      ],
      ['rules in memory are submitted', 'rule !== undefined', 'rule === null', 'checkSendable'],
    ],
    'experiments/slurm/submit.ts',
  ),
  ...faultsOf(
    'slurm',
    [COMMANDS],
    [
      ['a queue with jobs is taken for empty', 'tasks.length > 0', 'tasks.length < 0', 'refuseQueued'],
      [
        'a Slurm that does not answer has no jobs',
        'if (error instanceof SlurmMissing) return [];',
        'return [];',
      ],
    ],
    'experiments/slurm/programs.ts',
  ),
  ...faultsOf(
    'slurm',
    [COMMANDS],
    [['here, jobs in the queue are overlooked', 'await refuseQueued(folder);', ';']],
    'experiments/resume.ts',
  ),
  ...faultsOf(
    'slurm',
    [COMMANDS],
    [
      ['runs that ended early are counted in full', '(inAll - ended.length) * epochs', 'inAll * epochs'],
      ['runs at work are shown as unfinished', 'isHeld(basename(run.folder))', 'false'],
      ['tasks whose runs are done are lost', '!ended.has(run) && !isHeld(run)', '!isHeld(run)'],
      ['tasks in the queue are lost', 'one.submission === number && one.task === task', 'one.task < 0'],
    ],
    'experiments/status.ts',
  ),
];
