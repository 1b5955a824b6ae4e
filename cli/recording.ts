import type { Options } from 'yargs';
import type { CompareOptions } from '../experiments/index.ts';
import { parseSeconds } from './options.ts';
import { tensorBoardOption } from './tensorboard.ts';

/** What runs leave behind besides their records: options of every command that starts some. */
export const recordingOptions = {
  checkpoint: {
    choices: ['last', 'every', 'none'],
    default: 'last',
    defaultDescription: 'last',
    describe:
      "Checkpoints that stay in each run's folder, from which 'dendrite resume' goes on: the newest two, every one, or none",
  },
  'checkpoint-every': {
    type: 'string',
    describe: 'Seconds between the checkpoints of a run, within epochs too; left out: one after each epoch',
  },
  tensorboard: tensorBoardOption,
} as const satisfies Record<string, Options>;

/** The same under a heading of the help. */
export const recordingOptionsIn = (group: string) =>
  Object.fromEntries(
    Object.entries(recordingOptions).map(([name, option]) => [name, { ...option, group }]),
  ) as { readonly [K in keyof typeof recordingOptions]: (typeof recordingOptions)[K] & { group: string } };

export interface RecordingArguments {
  checkpoint: 'last' | 'every' | 'none';
  'checkpoint-every'?: string;
  tensorboard: boolean;
}

/** @throws UserError when the time is none */
export const parseCheckpoints = ({
  checkpoint,
  'checkpoint-every': seconds,
}: RecordingArguments): Pick<CompareOptions, 'checkpoint' | 'checkpointEvery'> => ({
  checkpoint,
  ...(seconds !== undefined && { checkpointEvery: parseSeconds('checkpoint-every', seconds) }),
});
