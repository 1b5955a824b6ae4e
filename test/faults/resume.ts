import { type Fault, faultsOf } from './fault.ts';

const RESUME = 'test/experiments/resume.test.ts';
const COMMAND = 'test/cli/resume.test.ts';
const FILES = 'test/results/checkpoint-file.test.ts';
const LOCK = 'test/results/folder-lock.test.ts';

/** Of checkpoints, the lock on a folder, and comparisons that go on. */
export const FAULTS: readonly Fault[] = [
  ...faultsOf(
    'checkpoints',
    ['test/training/checkpoint.test.ts'],
    [
      [
        'a checksum that nobody compares',
        'text(CRC_AT, crcEnd) !== hexadecimal($crc)',
        'hexadecimal($crc).length === 0',
      ],
    ],
    'training/safetensors.ts',
  ),
  ...faultsOf(
    'checkpoints',
    ['test/training/trainer.test.ts'],
    [
      ['a checkpoint without the epochs that are recorded', 'this.#epochs = epochs;', ';', 'load'],
      ['an evaluation that cannot be stopped', 'await testScore(signal)', 'await testScore()'],
    ],
    'training/trainer.ts',
  ),
  ...faultsOf(
    'checkpoints',
    [FILES],
    [
      ['the oldest one first', 'b.step - a.step', 'a.step - b.step'],
      [
        'one that is ahead of the records is taken',
        'checkpoint.epochs <= mostEpochs',
        'mostEpochs === mostEpochs',
      ],
      [
        'only the newest one stays',
        'listCheckpoints(folder).slice(KEPT)',
        'listCheckpoints(folder).slice(1)',
      ],
    ],
    'results/checkpoint-file.ts',
  ),
  ...faultsOf(
    'lock',
    [LOCK],
    [
      ['a living owner is overlooked', '!path.endsWith($temporary) && exclude(asked, owner)', 'false'],
      ['a process is known by its number alone', 'found.start === start', 'found.start !== null'],
      [
        'files of dead owners of other machines are kept',
        'now - written < STALE_AFTER',
        'now - written < 100 * STALE_AFTER',
        'contest',
      ],
    ],
    'results/folder-lock.ts',
  ),
  ...faultsOf(
    'resume',
    [RESUME],
    [
      ['a run that lost the folder goes on', 'if (lock !== undefined) checkLock(lock);', ';', 'append'],
      ['a line that was cut off stays', 'if (truncated) cutLastLine($metrics);', ';'],
    ],
    'results/run-folder.ts',
  ),
  ...faultsOf(
    'resume',
    [RESUME],
    [['an epoch that is trained again has two lines', 'before === undefined', 'epoch !== undefined', 'keep']],
    'experiments/launchers/run-job.ts',
  ),
  ...faultsOf(
    'resume',
    [RESUME],
    [
      [
        'failed runs are always tried again',
        "status === 'failed' && retryFailed",
        "status === 'failed' || retryFailed",
      ],
    ],
    'experiments/missing-jobs.ts',
  ),
  ...faultsOf(
    'resume',
    [COMMAND],
    [['any dataset is taken', 'dataset.hash !== stored.dataset.hash', 'dataset.hash === null']],
    'experiments/resume.ts',
  ),
  ...faultsOf(
    'resume',
    [COMMAND],
    [['any plug-in is taken', 'now !== hash', 'now === null']],
    'experiments/plugins.ts',
  ),
];
