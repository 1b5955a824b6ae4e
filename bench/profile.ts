/**
 * Where the time of a step of each rule goes: `npm run bench:profile -- --help`.
 */
import { collectProvenance } from '../results/index.ts';
import { above0, NODE_OPTION, parseArguments, runBench } from './arguments.ts';
import { describeMachine, type Machine } from './environment.ts';
import type { Measured } from './measure.ts';
import { findOurs, measureOurs, type OursRecord, recordOf } from './ours.ts';
import { describeOurs, textTable, whole } from './report.ts';
import type { Shares } from './sampling.ts';
import { chooseWorkloads, WORKLOADS } from './workloads.ts';

/** One rule on one device. Its work is that of a minibatch. */
export interface ProfileEntry extends Pick<Measured, 'examplesPerSecond' | 'work'> {
  readonly shares: Shares;
  readonly workload: string;
  readonly title: string;
  readonly program: string;
  readonly batch: number;
}

export interface ProfileDocument {
  readonly kind: 'profile';
  readonly machine: Machine;
  readonly ours: Readonly<Record<string, OursRecord>>;
  readonly seconds: number;
  readonly profiles: readonly ProfileEntry[];
}

const TRAINING = WORKLOADS.filter(({ evaluation }) => evaluation === undefined);

const OPTIONS = {
  only: {
    type: 'string',
    describe: `Workloads, separated by commas: ${TRAINING.map(({ name }) => name).join(', ')}`,
  },
  seconds: { type: 'number', default: 3, describe: 'Length of each measurement' },
  node: NODE_OPTION,
  json: { type: 'boolean', default: false, describe: 'Print one JSON document' },
} as const;

await runBench('bench:profile', async () => {
  const args = parseArguments(
    'npm run bench:profile --',
    'Where the time of a step goes, for each rule.',
    OPTIONS,
    process.argv.slice(2),
  );
  const workloads = chooseWorkloads(args.only, TRAINING);
  const seconds = above0('seconds', args.seconds);
  const ours = await findOurs((sentence) => process.stderr.write(`${sentence}\n`), args.node);
  const profiles: ProfileEntry[] = [];
  for (const { name: workload, title, condition } of workloads)
    for (const one of ours) {
      const order = { condition, seconds, workers: 1, profiled: true };
      const [{ examplesPerSecond, shares, work }] = await measureOurs(one, order);
      profiles.push({
        workload,
        title,
        program: one.program,
        batch: condition.settings.batch,
        examplesPerSecond,
        shares: shares!,
        work,
      });
    }
  const document: ProfileDocument = {
    kind: 'profile',
    machine: collectProvenance(),
    ours: recordOf(ours),
    seconds,
    profiles,
  };
  process.stdout.write(args.json ? `${JSON.stringify(document, null, 2)}\n` : report(document));
});

function report({ machine, ours, profiles }: ProfileDocument): string {
  const rows = profiles.map(({ title, program, examplesPerSecond, batch, shares }) => [
    title,
    program,
    whole((1e6 * batch) / examplesPerSecond),
    Object.entries(shares)
      .filter(([, share]) => share >= 0.005)
      .map(([group, share]) => `${group} ${(100 * share).toFixed(1)}`)
      .join(', '),
  ]);
  const table = textTable(['workload', 'device', 'us a minibatch', 'share of the time in %'], rows);
  return `${[...describeMachine(machine), ...describeOurs(ours)].join('\n')}\n\n${table}\n`;
}
