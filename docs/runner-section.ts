import { describeMachine } from '../bench/environment.ts';
import { describeOurs, showRatio } from '../bench/report.ts';
import { AIMS, type EqualRuns, type RunnerDocument, startShareMs } from '../bench/runner-document.ts';
import { median } from '../bench/statistics.ts';
import { markdownTable } from '../results/index.ts';

const tenths = (value: number): string => value.toFixed(1);

/** The part of the page of measured speeds that is about the experiment runner. */
export const runnerSection = (document: RunnerDocument): string[] => [
  '## The experiment runner',
  '    npm run bench:runner',
  `${document.runs} equal runs (backprop 784-500-10 on the embedded digits, ${document.epochs} epochs, a seed each) by the built \`dendrite compare\`, with one worker and with two in turn: wall-clock time from the start of the process to its end, ${document.rounds === 1 ? 'measured once' : `medians of ${document.rounds} rounds`}, with the lowest and highest ratio of a round. Memory is the largest that was resident (VmHWM).`,
  [...describeMachine(document.machine), ...describeOurs(document.ours), ...document.notes]
    .map((line) => `- ${line}`)
    .join('\n'),
  markdownTable(
    [
      'program',
      'one worker, s',
      'two workers, s',
      'throughput',
      'aim',
      'one worker, MB',
      'two workers, MB',
      'MB a worker',
      'aim',
    ],
    document.equal.map(equalRow),
  ),
  tinyRuns(document),
];

function equalRow({ program, seconds, ratio, peakMegabytes: peak }: EqualRuns): string[] {
  return [
    program,
    tenths(median(seconds.one)),
    tenths(median(seconds.two)),
    showRatio(ratio),
    String(AIMS.ratio),
    peak ? tenths(peak.one) : '',
    peak ? tenths(peak.two) : '',
    peak ? tenths(peak.two - peak.one) : '',
    `${AIMS.megabytesPerWorker}`,
  ];
}

function tinyRuns(document: RunnerDocument): string {
  const { tiny, startUpSeconds } = document;
  const { runs, workers, seconds, busySeconds, overheadMs, overheadInMemoryMs, memory } = tiny;
  const sentences = [
    `A sweep of ${runs.toLocaleString('en')} tiny runs (784-10-10, 100 training images, an evaluation) with ${workers} workers takes ${tenths(seconds)} s, of which ${tenths(busySeconds)} s x worker are training and evaluation: ${tenths(overheadMs)} ms of overhead a run, of which ${tenths(startShareMs(document))} ms are the start of the process (aim for the rest: ${AIMS.overheadMs}).`,
    ...(overheadInMemoryMs === null
      ? []
      : [
          `The same sweep with its folder in memory, where no run waits for a disk, has ${tenths(overheadInMemoryMs)} ms.`,
        ]),
    ...(memory.length === 0
      ? []
      : [
          `Resident memory when ${memory.map(({ share, megabytes }) => `${100 * share} % of the runs had ended: ${tenths(megabytes)} MB`).join(', ')}.`,
        ]),
    `A process with a single tiny run takes ${startUpSeconds.toFixed(2)} s.`,
  ];
  return sentences.join(' ');
}
