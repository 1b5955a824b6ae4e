/**
 * Writes docs/measurements.md, and what README.md, docs/tuning.md and docs/baselines.md show of comparisons, from the documents in
 * docs/measurements/, none of the numbers by hand. After a change that moves figures, run the commands that the pages name, with --json, keep their documents, and
 *
 *     npm run docs
 *
 * which also computes anew what in the documents follows from their runs.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  type BaselineSummary,
  type ComparedRun,
  type ComparisonDocument,
  type ConditionSummary,
  comparisonDocument,
  comparisonTable,
  encodeFigure,
  makeFigureDocument,
  markdownTable,
  verdictText,
  withBlock,
} from '../results/index.ts';
import {
  BASELINES,
  BURSTS,
  DENDRITES,
  ENERGY,
  FEEDBACK,
  LOCAL_ERRORS,
  MEASURED,
  type MeasuredComparison,
  MICROCIRCUITS,
  PRINTED,
  UNLABELLED,
} from './measurements/list.ts';
import { meanOf } from './spread.ts';

/** The committed documents, by file. */
export const committedMeasurements = (): Map<string, ComparisonDocument> =>
  new Map(
    MEASURED.map(({ file }) => [
      file,
      JSON.parse(readFileSync(new URL(`measurements/${file}.json`, import.meta.url), 'utf8')),
    ]),
  );

type Documents = ReturnType<typeof committedMeasurements>;

/** A document with everything that follows from its runs computed anew. */
export const recomputed = (document: ComparisonDocument): ComparisonDocument =>
  comparisonDocument({
    ...document,
    baselineScores: document.baselines?.flatMap(({ scores }) => scores) ?? [],
  });

export function measurementsPage(documents: Documents): string {
  const { dendrite, runs } = documents.get(FEEDBACK.family.file)!;
  const { hardware } = runs[0]!.device!;
  return [
    '<!-- Written by docs/generate-measurements.ts from docs/measurements/: run the commands again, then `npm run docs`. -->',
    '# Measured results',
    `Test errors in percent on all of MNIST, of networks 784-500-10 where nothing else is said, by Dendrite ${dendrite} on an ${hardware}. The documents behind every number are in [measurements/](measurements/); the commands stand above the tables. Spread and intervals are over seeds; [statistics](statistics.md) says how verdicts are made. The last digits differ between BLAS libraries, but not with \`--blas none\`.`,
    '## Targets',
    targets(documents),
    '`npm start` prints the table of the [README](../README.md): four rules, three seeds each, on the embedded digits.',
    ...feedbackSections(documents),
    ...energySection(documents),
    ...dendriteSections(documents),
    ...burstSection(documents),
    ...localErrorSection(documents),
    ...unlabelledSections(documents),
    ...microcircuitSection(documents),
    '',
  ].join('\n\n');
}

/** Pages with what the command prints of a comparison: file, and how its text is brought up to date. */
export const PRINTED_PAGES: readonly (readonly [
  file: string,
  update: (text: string, documents: Documents) => string,
])[] = [
  ['README.md', withStart],
  ['docs/tuning.md', withTuning],
  ['docs/baselines.md', withBaselines],
];

/** Columns of an output that is no terminal. */
const WIDTH = 100;

/** What the command prints, as a block of code. */
const printed = (document: ComparisonDocument, brief: boolean): string =>
  comparisonTable(document, { colour: false, width: WIDTH, brief }).replaceAll(/^(?=.)/gm, '    ');

const block = (file: string, name: string) => ({ file, name, generator: 'docs/generate-measurements.ts' });

/** Without speeds, which are those of one machine. */
function withStart(text: string, documents: Documents): string {
  const document = documents.get(PRINTED.start.file)!;
  const { dendrite, runs } = document;
  const { hardware, blas } = runs[0]!.device!;
  return withBlock(
    text,
    block('README.md', 'start'),
    [
      printed(document, true),
      `(Dendrite ${dendrite}, ${blas ?? 'built-in kernels'}, on an ${hardware}; another BLAS gives other last digits.)`,
    ].join('\n\n'),
  );
}

function withTuning(text: string, documents: Documents): string {
  const [tuned, untuned] = [PRINTED.tuned, PRINTED.untuned].map(({ file }) => documents.get(file)!) as [
    ComparisonDocument,
    ComparisonDocument,
  ];
  const { label, unit } = tuned.experiment.score;
  const spread = ({ mean, sd }: ConditionSummary): string => `${fixed(mean)} ± ${fixed(sd)}`;
  const file = 'docs/tuning.md';
  return withBlock(
    withBlock(text, block(file, 'tuned'), printed(tuned, false)),
    block(file, 'tuned and not'),
    markdownTable(
      [`${label.toLowerCase()}, ${unit}`, 'with the values that were chosen', 'with its own values'],
      tuned.summary.map((one) => [one.rule, spread(one), spread(summaryOf(untuned, one.rule))]),
    ),
  );
}

function withBaselines(text: string, documents: Documents): string {
  const [small, full] = [BASELINES.mnist, BASELINES.full].map(({ file }) => documents.get(file)!) as [
    ComparisonDocument,
    ComparisonDocument,
  ];
  const file = 'docs/baselines.md';
  const seconds = ({ scores }: BaselineSummary): string =>
    `${meanOf(scores.map(({ seconds }) => seconds)).toFixed(1)} s${scores.length > 1 ? ' each' : ''}`;
  const score = ({ mean, sd, n }: BaselineSummary): string =>
    sd === null ? fixed(mean) : `${fixed(mean)} ± ${fixed(sd)} (${n} seeds)`;
  const nameOf = ({ baseline, width }: BaselineSummary): string =>
    width === null ? baseline : `${baseline}, ${width} features`;
  const rows = small.baselines!.map((one, i) => {
    const other = full.baselines![i]!;
    return [nameOf(one), score(one), seconds(one), score(other), seconds(other)];
  });
  const { hardware, blas } = small.runs[0]!.device!;
  return withBlock(
    withBlock(text, block(file, 'rows of baselines'), printed(small, true)),
    block(file, 'measured baselines'),
    [
      `Test errors in %, with ${blas ?? 'the built-in kernels'}, and the seconds of one core of an ${hardware} that they took:`,
      markdownTable(['baseline', '`mnist`', '', '`mnist-full`', ''], rows),
      commands(BASELINES.mnist, BASELINES.full),
    ].join('\n\n'),
  );
}

/** The learning curves of `npm start`, as SVG. */
export const startFigure = (documents: Documents): Promise<string> =>
  curvesFigure(documents.get(PRINTED.start.file)!);

/** Learning curves, as SVG. */
export async function curvesFigure(document: ComparisonDocument): Promise<string> {
  const { FIGURES } = await import('../results/figures/index.ts');
  const figure = FIGURES.find(({ name }) => name === 'curves')!;
  if (figure.of !== 'records') throw new Error('learning curves are drawn of records');
  const drawn = figure.draw(await makeFigureDocument(), document, 'examples');
  return new TextDecoder().decode(await encodeFigure(drawn, 'svg'));
}

const commands = (...measured: readonly MeasuredComparison[]): string =>
  measured.map(({ command }) => `    ${command}`).join('\n');

const fixed = (value: number | null): string => (value === null ? '–' : value.toFixed(2));
const signed = (value: number): string => `${value > 0 ? '+' : ''}${value.toFixed(2)}`;
const interval = (ends: readonly [number, number] | null, show: (value: number) => string): string =>
  ends === null ? '' : ` [${show(ends[0])}, ${show(ends[1])}]`;

/** The document with the runs of one condition alone. */
const only = (document: ComparisonDocument, id: string): ComparisonDocument => ({
  ...document,
  runs: document.runs.filter(({ condition }) => condition === id),
});

const PERSISTENT = 'equilibrium-propagation-persistent-true';
const FORGETFUL = 'equilibrium-propagation-persistent-false';
const HEBBIAN = 'contrastive-hebbian';
const [NONE, ONE, TWO] = ['784-10', '784-500-10', '784-500-100-10'].map(
  (layers) => `segregated-dendrite-layers-${layers}`,
) as [string, string, string];
const NARROW = 'segregated-dendrite-narrow';

const lasts = ({ runs }: ComparisonDocument): number[] => runs.map(({ testScore }) => testScore.last!);

/** Of the only condition, or the one of a rule. */
const summaryOf = ({ summary }: ComparisonDocument, rule?: string): ConditionSummary =>
  summary.find((one) => rule === undefined || one.rule === rule)!;

const scoreAt = ({ epochs }: ComparedRun, epoch: number): number | null =>
  epochs.find((record) => record.epoch === epoch)?.testScore ?? null;

interface Target {
  readonly what: string;
  readonly target: string;
  readonly measured: string;
  readonly isMet: boolean;
}

function targets(documents: Documents): string {
  const document = ({ file }: MeasuredComparison) => documents.get(file)!;
  const most = (what: string, one: MeasuredComparison, limit: number, condition: string): Target => {
    const { runs } = only(document(one), condition);
    const scores = runs.map(({ testScore }) => testScore.last!);
    return {
      what,
      target: `${limit} or less`,
      measured: scores.map(fixed).join(', '),
      isMet: scores.every((score) => score <= limit),
    };
  };
  const near = (what: string, one: MeasuredComparison, rule: string, limit: number): Target => {
    const { condition: id } = summaryOf(document(one), rule);
    const difference = document(one).contrasts.find(({ condition }) => condition === id)!.mean!;
    return {
      what,
      target: `within ${limit}`,
      measured: signed(difference),
      isMet: Math.abs(difference) <= limit,
    };
  };
  const [none, one, two] = [NONE, ONE, TWO].map((id) =>
    scoreAt(only(document(DENDRITES.layers), id).runs[0]!, 5),
  ) as [number, number, number];
  const all: Target[] = [
    most('equilibrium propagation, 25 epochs', ENERGY, 3, PERSISTENT),
    most('contrastive Hebbian learning, 25 epochs', ENERGY, 4, HEBBIAN),
    {
      what: 'segregated dendrites, 5 epochs',
      target: 'below 8',
      measured: fixed(one),
      isMet: one < 8,
    },
    {
      what: 'segregated dendrites, one hidden layer against none, 5 epochs',
      target: 'fewer errors',
      measured: `${fixed(one)} against ${fixed(none)}`,
      isMet: one < none,
    },
    {
      what: 'segregated dendrites, two hidden layers against one, 5 epochs',
      target: 'fewer errors',
      measured: `${fixed(two)} against ${fixed(one)}`,
      isMet: two < one,
    },
    near('sign-symmetry less backprop, 20 epochs', FEEDBACK.sign, 'sign-symmetry', 0.3),
    near('Kolen-Pollack less backprop, 10 epochs', FEEDBACK.family, 'kolen-pollack', 0.3),
    most('DRTP, 10 epochs', FEEDBACK.family, 8, 'drtp'),
    most('PEPITA, 10 epochs', FEEDBACK.family, 4, 'pepita'),
    most('burst-dependent plasticity, 10 epochs', BURSTS.hidden, 4, 'burst-dependent-plasticity'),
    most('burstccn, 10 epochs', BURSTS.hidden, 4, 'burstccn'),
    most('predictive coding, 12 epochs', LOCAL_ERRORS.predictive, 2.5, 'predictive-coding'),
    most(
      'difference target propagation, 15 epochs',
      LOCAL_ERRORS.targets,
      2.5,
      'difference-target-propagation',
    ),
    most('forward-forward, 784-500-500-10, 40 epochs', LOCAL_ERRORS.goodness, 2.5, 'forward-forward'),
    most(
      'dendritic microcircuits, 784-500-500-10, 20 epochs',
      LOCAL_ERRORS.microcircuit,
      3,
      'dendritic-microcircuit',
    ),
    most(
      'competing hidden units, 784-2000-10, 8 epochs',
      UNLABELLED.competition,
      3,
      'competing-hidden-units',
    ),
  ];
  return markdownTable(
    ['what', 'target', 'measured', ''],
    all.map(({ what, target, measured, isMet }) => [what, target, measured, isMet ? 'met' : '**not met**']),
  );
}

/** Mean and spread of every condition, of which the first is the reference. */
function spreadTable(
  { conditions, summary, contrasts, experiment }: ComparisonDocument,
  reference = 'backprop',
): string {
  return markdownTable(
    ['rule', 'test error', `difference to ${reference}`, 'verdict'],
    summary.map(({ condition, mean, sd, ci95 }, i) => {
      const contrast = contrasts.find((one) => one.condition === condition);
      return [
        conditions[i]!.label,
        `${fixed(mean)}${sd === null ? '' : ` ± ${fixed(sd)}`}${interval(ci95, fixed)}`,
        contrast ? `${signed(contrast.mean!)}${interval(contrast.ci95, signed)}` : '',
        contrast ? verdictText(contrast, experiment) : '',
      ];
    }),
  );
}

function feedbackSections(documents: Documents): string[] {
  const { family, sign, alignment, optimizers } = FEEDBACK;
  const rows = optimizers.map(({ file }) => {
    const { conditions, summary } = documents.get(file)!;
    const { optimizer, momentum, batch, learningRate } = conditions[0]!.settings;
    return [
      optimizer === 'momentum' ? `momentum ${momentum}` : optimizer,
      String(batch),
      learningRate.join(', '),
      ...summary.map(({ mean }) => fixed(mean)),
    ];
  });
  return [
    '## The feedback-alignment family',
    'Under the default recipe (tanh, softmax and cross-entropy, momentum 0.9, learning rate 0.1 falling linearly, batches of 50), PEPITA under its own:',
    commands(family),
    spreadTable(documents.get(family.file)!),
    commands(sign),
    spreadTable(documents.get(sign.file)!),
    commands(alignment),
    spreadTable(documents.get(alignment.file)!),
    'The published figures for one hidden layer of 800 tanh units are 1.59 ± 0.04, 1.68 ± 0.05 and 1.68 ± 0.05 (Nøkland 2016, table 1, after 300 epochs).',
    '### Other optimizers',
    `    ${optimizers[0]!.command}`,
    'and so on, with the options of the table: one seed, 20 epochs, learning rates falling linearly. The gap between the rules depends on the recipe as much as on the rule.',
    markdownTable(
      ['optimizer', 'batch', 'learning rate', 'backprop', 'feedback-alignment', 'direct-feedback-alignment'],
      rows,
    ),
    "Direct feedback alignment is slow under plain SGD because its feedback weights, U(±1/sqrt(500)) as in the author's code, are small beside those of feedback alignment, U(±0.5): what reaches the hidden layer is a tenth. Optimizers that adapt the size of a step remove the difference.",
  ];
}

function energySection(documents: Documents): string[] {
  const epochs = [1, 5, 10, 25];
  const row = (name: string, id: string) => [
    name,
    ...epochs.map((epoch) =>
      only(documents.get(ENERGY.file)!, id)
        .runs.map((run) => fixed(scoreAt(run, epoch)))
        .join(', '),
    ),
  ];
  return [
    '## Energy networks',
    commands(ENERGY),
    "For the seeds 1 and 2, under the rules' own recipes. Learning rates are constant, so that single epochs differ by some tenths.",
    markdownTable(
      ['rule', ...epochs.map((epoch) => `epoch ${epoch}`)],
      [
        row('equilibrium-propagation', PERSISTENT),
        row('the same, states of examples not kept', FORGETFUL),
        row('contrastive-hebbian', HEBBIAN),
      ],
    ),
  ];
}

function microcircuitSection(documents: Documents): string[] {
  return [
    '## Dendritic microcircuits in time',
    commands(MICROCIRCUITS),
    'On the embedded digits, of networks 784-50-10 after five epochs. In time the phases last 10 ms each where nothing else is said, in steps of 0.1 ms. ' +
      'The mean over the taught phase has its onset in it, in which the error is still small: with `full` that takes some ms, with `latent-equilibrium` some steps.',
    spreadTable(documents.get(MICROCIRCUITS.file)!, 'steady'),
  ];
}

function dendriteSections(documents: Documents): string[] {
  const { layers, early, longTest, sparse, rates } = DENDRITES;
  const epochs = [1, 2, 3, 4, 5, 6];
  const runOf = (id: string) => only(documents.get(layers.file)!, id).runs[0]!;
  const row = (name: string, id: string) => [
    name,
    ...epochs.map((epoch) => {
      const score = scoreAt(runOf(id), epoch);
      return score === null ? '' : fixed(score);
    }),
  ];
  const long = runOf(ONE);
  const ours = documents.get(early.file)!;
  const list = (measured: MeasuredComparison) =>
    lasts(documents.get(measured.file)!).map(fixed).join(' and ');
  return [
    '## Segregated dendrites',
    commands(layers),
    "One seed, under the rule's own recipe (one image at a time, published learning rates). The published figures, 8.3, 4.1 and 3.2 for none, one and two hidden layers, are after 60 epochs (Guerguiev et al. 2017).",
    markdownTable(
      ['network', ...epochs.map((epoch) => `epoch ${epoch}`)],
      [
        row('784-10', NONE),
        row('784-500-10', ONE),
        row('784-500-100-10', TWO),
        row('784-500-10, initial weights half as wide', NARROW),
      ],
    ),
    `784-500-10 comes to ${fixed(scoreAt(long, 10))} after 10 epochs, ${fixed(scoreAt(long, 15))} after 15 and ${fixed(scoreAt(long, 20))} after 20. Sixty epochs were not run. One hidden layer beats none from the second epoch on; between one and two, the first epochs of one seed, which scatter by half a point, decide nothing.`,
    '### After 8,000 images, beside two other programs',
    commands(early),
    markdownTable(
      ['program', 'seeds', 'test error', 'mean'],
      [
        [
          'Dendrite',
          String(ours.runs.length),
          lasts(ours).map(fixed).join(', '),
          fixed(summaryOf(ours).mean),
        ],
        ["the authors' own program", '3', '15.6, 25.2, 18.1', '19.6'],
        [
          'bench/peers/segregated_dendrite.py (NumPy, Bernoulli spikes)',
          '6',
          '20.0, 22.8, 16.6, 15.3, 16.4, 17.9',
          '18.2',
        ],
      ],
    ),
    "Seeds differ by several points, so that the programs cannot be told apart by a few of them. The mean updates of one image by Dendrite and by the authors' program agree within 1 %. All 10,000 test images are shown: the first 1,000 of MNIST are harder for this rule (24.4 against 20.2 for seed 1 of the NumPy program), so that a subset has to be spread evenly.",
    commands(longTest, sparse, rates),
    `With the 500 ms for a test image of the paper, in place of the 250 ms of the authors' code, the first two seeds come to ${list(longTest)}. Sparse feedback gives seed 1 ${list(sparse)}, and feedback of rates ${list(rates)}.`,
  ];
}

function burstSection(documents: Documents): string[] {
  const { hidden, prediction } = BURSTS;
  const epochs = [1, 2, 5, 10];
  const row = (name: string, { file }: MeasuredComparison, rule: string) => [
    name,
    ...epochs.map((epoch) => fixed(scoreAt(only(documents.get(file)!, rule).runs[0]!, epoch))),
  ];
  return [
    '## Bursts, and dendrites that predict',
    commands(hidden, prediction),
    "One seed, under the rules' own recipes. Their learning rates were chosen by a few shorter runs that looked at the test error, so that it flatters them. The published figures of the rules of bursts are for three hidden layers and hundreds of epochs.",
    markdownTable(
      ['rule', ...epochs.map((epoch) => `epoch ${epoch}`)],
      [
        row('burst-dependent-plasticity', hidden, 'burst-dependent-plasticity'),
        row('burstccn', hidden, 'burstccn'),
        row('dendritic-prediction, 784-10', prediction, 'dendritic-prediction'),
      ],
    ),
  ];
}

function localErrorSection(documents: Documents): string[] {
  const row = ({ file }: MeasuredComparison) => {
    const { conditions, runs } = documents.get(file)!;
    const { rule, settings } = conditions[0]!;
    const { epochs } = runs[0]!;
    const best = Math.min(...epochs.map(({ testScore }) => testScore!));
    return [
      rule,
      settings.layers.join('-'),
      String(epochs.length),
      ...[1, 5, 10].map((epoch) => fixed(scoreAt(runs[0]!, epoch))),
      fixed(epochs.at(-1)!.testScore),
      fixed(best),
    ];
  };
  return [
    '## Errors of each layer',
    commands(...Object.values(LOCAL_ERRORS)),
    'One seed. Where settings differ from the recipe they were chosen by shorter runs that looked at the test error. The best epoch is the best by test error, which flatters it.',
    markdownTable(
      ['rule', 'layers', 'epochs', 'epoch 1', 'epoch 5', 'epoch 10', 'last epoch', 'best epoch'],
      Object.values(LOCAL_ERRORS).map(row),
    ),
  ];
}

/** Features and images that are learned without labels. */
function unlabelledSections(documents: Documents): string[] {
  const { competition, probes, inpainting } = UNLABELLED;
  const [competed, probed, inpainted] = [competition, probes, inpainting].map(
    ({ file }) => documents.get(file)!,
  ) as [ComparisonDocument, ComparisonDocument, ComparisonDocument];
  const { epochs } = competed.runs[0]!;
  const scores = ({ summary }: ComparisonDocument, show: (value: number | null) => string) =>
    summary.map(({ rule, mean }) => [rule, show(mean)]);
  const baselines = probed.baselines!.map(({ baseline, width, mean }) => [
    width === null ? baseline : `${baseline}, ${width} features`,
    fixed(mean),
  ]);
  return [
    '## Without labels',
    commands(competition),
    `One seed, 784-2000-10, with the read-out that learns in the same run: ${fixed(lasts(competed)[0]!)} after ${epochs.length} epochs; ${epochs.map(({ testScore }) => fixed(testScore)).join(', ')} after each. The learning rate falls to 0 over the run, so that a longer run is another one.`,
    '### Features of a layer that predicts itself',
    commands(probes),
    `One seed, 784-500-10, ${probed.runs[0]!.epochs.length} epochs: test errors in percent of a linear readout of the hidden layer, beside what needs no rule.`,
    markdownTable(['rule or baseline', 'test error'], [...scores(probed, fixed), ...baselines]),
    '### Hidden patches',
    commands(inpainting),
    `One seed, 784-500-592, ${inpainted.runs[0]!.epochs.length} epochs: squared error of the hidden pixels, divided by that of ridge regression from the shown ones ([the task](results.md#tasks)).`,
    markdownTable(
      ['rule', 'of ridge regression'],
      scores(inpainted, (value) => value!.toFixed(3)),
    ),
  ];
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const documents = new Map([...committedMeasurements()].map(([file, one]) => [file, recomputed(one)]));
  for (const [file, document] of documents)
    writeFileSync(new URL(`measurements/${file}.json`, import.meta.url), `${JSON.stringify(document)}\n`);
  writeFileSync(fileURLToPath(new URL('measurements.md', import.meta.url)), measurementsPage(documents));
  writeFileSync(new URL('figures/start.svg', import.meta.url), await startFigure(documents));
  for (const [file, update] of PRINTED_PAGES) {
    const page = new URL(`../${file}`, import.meta.url);
    writeFileSync(page, update(readFileSync(page, 'utf8'), documents));
  }
}
