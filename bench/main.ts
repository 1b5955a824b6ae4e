/**
 * Our examples/s against those of the peer programs, measured in turn: `npm run bench -- --help`.
 */
import { collectProvenance } from '../results/index.ts';
import { above0, parseArguments, runBench } from './arguments.ts';
import { compareWorkload } from './comparison.ts';
import { findOurs } from './ours.ts';
import type { PeersDocument } from './peers-document.ts';
import { findPython } from './python.ts';
import { peersReport } from './report.ts';
import { measureStartUp } from './start-up.ts';
import { chooseWorkloads, WORKLOADS } from './workloads.ts';

const OPTIONS = {
  only: {
    type: 'string',
    describe: `Workloads, separated by commas: ${WORKLOADS.map(({ name }) => name).join(', ')}`,
  },
  seconds: { type: 'number', default: 3, describe: 'Length of each measurement' },
  rounds: { type: 'number', default: 5, describe: 'Measurements of each side' },
  device: { choices: ['cpu', 'gpu'] as const, default: 'cpu' as const, describe: 'Where both sides compute' },
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
  const workloads = chooseWorkloads(args.only);
  const seconds = above0('seconds', args.seconds);
  const rounds = above0('rounds', args.rounds, true);
  const notes = new Set<string>();
  const note = (sentence: string) => notes.add(sentence);
  const progress = (line: string) => process.stderr.write(`${line}\n`);
  const ours = await findOurs(args.device, note);
  const python = await findPython(args.python);
  const parallel = args.device === 'gpu' ? [1] : [1, 2];
  const settings = { ours, python, seconds, rounds, parallel, device: args.device, note, progress };
  const results = [];
  for (const workload of workloads) results.push(await compareWorkload(workload, settings));
  const startUp = args.only === undefined ? await measureStartUp(rounds, note, progress) : [];
  const document: PeersDocument = {
    kind: 'peers',
    machine: collectProvenance(),
    ours: Object.fromEntries(ours.map(({ program, description }) => [program, description])),
    python,
    seconds,
    rounds,
    device: args.device,
    notes: [...notes],
    workloads: workloads.map(({ name, title }) => ({ name, title })),
    measurements: results.flatMap(({ measurements }) => measurements),
    comparisons: results.flatMap(({ comparisons }) => comparisons),
    pairs: results.flatMap(({ pairs }) => pairs),
    startUp,
  };
  process.stdout.write(args.json ? `${JSON.stringify(document, null, 2)}\n` : peersReport(document));
});
