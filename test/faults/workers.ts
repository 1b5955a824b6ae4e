import { type Fault, faultsOf } from './fault.ts';

const WORKERS = 'test/experiments/workers.test.ts';

/** Of the workers that do the runs. */
export const FAULTS: readonly Fault[] = [
  ...faultsOf(
    'workers',
    [WORKERS],
    [
      ['a worker that died is given the next run', 'this.#running = null;', ';', '#begin'],
      ['runs at hand fail when the comparison ends', 'if (this.#isOver) return [];', ';'],
    ],
    'experiments/launchers/in-workers.ts',
  ),
  ...faultsOf(
    'workers',
    [WORKERS],
    [
      [
        'what a lost run recorded is not in its result',
        '{ ...result, epochs, device }',
        '{ ...result, device }',
      ],
      ['the folder of a lost run says nothing', 'if (status === $failed) endRun($$end);', ';'],
    ],
    'experiments/launchers/lost-run.ts',
  ),
  ...faultsOf(
    'workers',
    [WORKERS],
    [
      [
        'plug-ins are loaded for each run',
        'plugins ??= loadPlugins($files)',
        'plugins = loadPlugins($files)',
      ],
    ],
    'experiments/launchers/work.ts',
  ),
  ...faultsOf(
    'workers',
    [WORKERS],
    [['a crash has no signal', 'signal === null', 'code === null || signal === null']],
    'experiments/launchers/start-worker.ts',
  ),
];
