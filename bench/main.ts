/**
 * Our examples/s against those of the peer programs, measured in turn: `npm run bench -- --help`.
 */
import { GPU_BACKENDS, UserError } from '../kernels/index.ts';
import { collectProvenance } from '../results/index.ts';
import { above0, NODE_OPTION, parseArguments, runBench, wholeNumbers } from './arguments.ts';
import { compareWorkload, estimate } from './comparison.ts';
import { findGpu, findOurs, recordOf } from './ours.ts';
import type { PeersDocument } from './peers-document.ts';
import { findPython } from './python.ts';
import { peersReport } from './report.ts';
import { measureStartUp } from './start-up.ts';
import { chooseWorkloads, GPU_WORKLOADS, WORKLOADS } from './workloads.ts';

const OPTIONS = {
  only: {
    type: 'string',
    describe: `Workloads, separated by commas: ${WORKLOADS.map(({ name }) => name).join(', ')}; on a GPU ${GPU_WORKLOADS.map(({ name }) => name).join(', ')}`,
  },
  seconds: { type: 'number', default: 3, describe: 'Length of each measurement' },
  rounds: {
    type: 'number',
    default: 5,
    describe: 'Measurements of each side; at most 3 where there is no aim',
  },
  device: { choices: ['cpu', 'gpu'] as const, default: 'cpu' as const, describe: 'Where both sides compute' },
  replicas: {
    type: 'string',
    default: '1,8,32',
    describe: 'With --device gpu: seeds at the same time, several numbers with commas between them',
  },
  backend: {
    choices: GPU_BACKENDS,
    describe: 'Of our side, with --device gpu; when left out, a hardware GPU',
  },
  node: NODE_OPTION,
  python: { type: 'string', describe: 'Interpreter for the peers; else python3 or /usr/bin/python3' },
  json: { type: 'boolean', default: false, describe: 'Print one JSON document' },
} as const;

await runBench('bench', async () => {
  const args = parseArguments(
    'npm run bench --',
    'Training speed of each rule against a program in PyTorch or NumPy that does the same.',
    OPTIONS,
    process.argv.slice(2),
  );
  const { device } = args;
  if (device === 'cpu' && args.backend !== undefined)
    throw new UserError(`--backend ${args.backend} belongs to --device gpu`);
  if (device === 'gpu' && args.node !== undefined)
    throw new UserError(
      `--node ${args.node} is for fused multiply-add on the cpu; leave it out with --device gpu`,
    );
  const workloads = chooseWorkloads(args.only, device === 'gpu' ? GPU_WORKLOADS : WORKLOADS);
  const seconds = above0('seconds', args.seconds);
  const rounds = above0('rounds', args.rounds, true);
  const notes = new Set<string>();
  const note = (sentence: string) => notes.add(sentence);
  const progress = (line: string) => process.stderr.write(`${line}\n`);
  const ours =
    device === 'gpu'
      ? await findGpu(args.backend, wholeNumbers('replicas', args.replicas))
      : await findOurs(note, args.node);
  const python = await findPython(args.python);
  const settings = { ours, python, seconds, rounds, device, note, progress };
  progress(`this takes about ${Math.ceil(estimate(workloads, settings) / 60)} min`);
  const results = [];
  for (const workload of workloads) results.push(await compareWorkload(workload, settings));
  const startUp =
    args.only === undefined && device === 'cpu' ? await measureStartUp(rounds, note, progress) : [];
  const document: PeersDocument = {
    kind: 'peers',
    machine: collectProvenance(),
    ours: recordOf(ours),
    python,
    seconds,
    rounds,
    device,
    notes: [...notes],
    workloads: workloads.map(({ name, title }) => ({ name, title })),
    measurements: results.flatMap(({ measurements }) => measurements),
    comparisons: results.flatMap(({ comparisons }) => comparisons),
    pairs: results.flatMap(({ pairs }) => pairs),
    startUp,
  };
  process.stdout.write(args.json ? `${JSON.stringify(document, null, 2)}\n` : peersReport(document));
});
