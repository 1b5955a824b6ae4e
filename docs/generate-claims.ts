/**
 * Writes docs/claims.md: claims of the literature beside what runs of this project say, none of the numbers by hand. They come from the
 * documents in docs/measurements/ and the records of results/tables/.
 */
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { RESULT_COLUMNS, readPaper, resultCells, rowsOf, TABLES } from '../experiments/index.ts';
import { type ComparisonDocument, markdownTable, verdictText } from '../results/index.ts';
import {
  astrocyteFigures,
  attentionTable,
  readAttentionErrors,
  readInpaintingBaselines,
} from './astrocyte-figures.ts';
import { forecastTable, readForecasts } from './forecast-table.ts';
import { accuracyTable, CLAIMED, NOT_SHOWN } from './generate-graph-worlds.ts';
import { committedMeasurements, curvesFigure } from './generate-measurements.ts';
import { ASTROCYTE, CLAIMS, FEEDBACK, GRAPH_WORLDS } from './measurements/list.ts';
import { meanOf } from './spread.ts';
import { readoutTable, specialisationTable, streamReadouts } from './stream-readouts.ts';

type Documents = ReturnType<typeof committedMeasurements>;

interface Claim {
  readonly title: string;
  /** What was claimed, and where. */
  readonly claimed: string;
  readonly command: string;
  /** What the numbers are; left out: test errors in percent. */
  readonly measure?: string;
  /** Tables, and figures. */
  readonly shown: string;
  /** A figure below the tables, in docs/figures/ without .svg, and what it shows. */
  readonly figure?: { readonly file: string; readonly shows: string };
  readonly notShown: string;
}

export function claimsPage(documents: Documents): string {
  const claims = [
    fewLabels(documents),
    feedbackAlignment(documents),
    depth(),
    denseMemory(documents),
    unseenEdges(documents),
    shuffledPatches(documents),
    nextFrame(documents),
    forecasts(),
    attention(documents),
    inpainting(documents),
  ];
  return [
    '<!-- Written by docs/generate-claims.ts from docs/measurements/ and results/tables/: `npm run docs` writes it again. -->',
    '# Claims of the literature, tried',
    'For each claim: what was claimed, one command that tries it, what its runs say, and what they do not. Verdicts are those of [statistics](statistics.md); a claim that runs of one seed seem to bear out is not borne out. [Memories](memories.md) and [graph worlds](graph-worlds.md) have pages of their own, in the same form.',
    ...claims.flatMap(
      ({ title, claimed, command, measure = 'test errors in percent', shown, figure, notShown }) => [
        `## ${title}`,
        `**Claimed:** ${claimed}`,
        `    ${command}`,
        `**Shown:** ${measure}, mean ± sd over seeds.`,
        shown,
        ...(figure ? [`![${figure.shows}](figures/${figure.file}.svg)`] : []),
        `**Not shown:** ${notShown}`,
      ],
    ),
    '',
  ].join('\n\n');
}

const fixed = (value: number, digits = 2): string => value.toFixed(digits);
const signed = (value: number, digits = 2): string => {
  const rounded = Number(fixed(value, digits)) + 0;
  return `${rounded > 0 ? '+' : ''}${fixed(rounded, digits)}`;
};

/** A row for each condition, with its difference to the first. */
const rowsOfDocument = (
  { conditions, summary, contrasts, experiment }: ComparisonDocument,
  digits = 2,
): string[][] =>
  summary.map(({ condition, n, mean, sd }, i) => {
    const contrast = contrasts.find((one) => one.condition === condition);
    return [
      experiment.trainExamples.toLocaleString('en'),
      conditions[i]!.label,
      String(n),
      `${fixed(mean!, digits)}${sd === null ? '' : ` ± ${fixed(sd, digits)}`}`,
      contrast
        ? `${signed(contrast.mean!, digits)} [${contrast.ci95!.map((end) => signed(end, digits)).join(', ')}]`
        : '',
      contrast ? verdictText(contrast, experiment) : '',
    ];
  });

const comparisonRows = (documents: readonly ComparisonDocument[], first = 'backprop'): string =>
  markdownTable(
    ['training images', 'rule', 'seeds', 'test error', `difference to ${first} [95 % interval]`, 'verdict'],
    documents.flatMap((document) => rowsOfDocument(document)),
  );

function fewLabels(documents: Documents): Claim {
  const { command } = CLAIMS.fewLabels[0]!;
  return {
    title: 'Rules without weight transport are ahead where labels are few',
    claimed:
      'where few images have a label, biologically motivated rules make fewer errors than backpropagation (said often, and of no single paper).',
    command,
    shown: comparisonRows(CLAIMS.fewLabels.map(({ file }) => documents.get(file)!)),
    notShown:
      'what tuning would change. All rules but equilibrium propagation have the default recipe, which suits backprop and large training sets, and nothing stops a run early; a rule that is ahead here may be ahead because it learns more slowly. `--tune 9` and `--patience` answer that.',
  };
}

function feedbackAlignment(documents: Documents): Claim {
  const { file, command } = FEEDBACK.alignment;
  return {
    title: 'Fixed random feedback learns MNIST as well as backpropagation',
    claimed:
      'networks with one hidden layer reach the same test error by feedback alignment as by backpropagation, or a lower one (Lillicrap et al. 2016; Nøkland 2016 for direct feedback).',
    command,
    shown: comparisonRows([documents.get(file)!]),
    notShown:
      'that the two are equal: an interval that reaches zero is no proof of it, and `--equivalence` tests it against a margin that one has to name. The gap depends on the recipe as much as on the rule ([other optimizers](measurements.md#other-optimizers)).',
  };
}

function depth(): Claim {
  const paper = readPaper('guerguiev2017');
  return {
    title: 'Segregated dendrites use depth',
    claimed:
      'with a hidden layer more, segregated dendrites make fewer errors (Guerguiev, Lillicrap & Richards 2017, Fig. 6B).',
    command: 'npx dendrite reproduce guerguiev2017',
    shown: markdownTable(RESULT_COLUMNS, rowsOf(paper, TABLES).map(resultCells)),
    notShown:
      'more than the column of runs says: runs of one seed have no spread, and one seed differs from another by several tenths. The [table](../results/tables/guerguiev2017.md) has the commit and the device behind each number.',
  };
}

/** Trivial classifiers beside rules. */
const baselineRows = ({ baselines }: ComparisonDocument): string =>
  markdownTable(
    ['baseline', 'test error'],
    baselines!.map(({ baseline, mean }) => [baseline, fixed(mean!)]),
  );

function denseMemory(documents: Documents): Claim {
  const [{ file, command }] = CLAIMS.denseMemory;
  const document = documents.get(file)!;
  return {
    title: 'Memories that count by a high power classify digits',
    claimed:
      'a dense associative memory whose memories learn by the gradient classifies MNIST with about 1.5 to 1.8 % test error, as remembered: with 2,000 memories, after 3,000 epochs, by powers n from 2 to 30 (Krotov & Hopfield 2016). With n → ∞ and a memory for each image it is the nearest neighbour.',
    command,
    shown: [comparisonRows([document], 'few-epochs'), baselineRows(document)].join('\n\n'),
    figure: {
      file: 'dense-memory',
      shows: 'Test error of 500 memories by training examples, by two sets of constants, means over seeds',
    },
    notShown:
      'the published error, which nobody here has read in its source: these are 500 memories and six epochs. The constants of the released notebook (`krotov-hopfield-2016`) are for 100 memories and 300 epochs; those of `few-epochs` (n = 20, m = 5, T = 0.55, minibatches of 100) were chosen here by the test error of seed 1 in shorter runs of a few values of n, m and T, so that they flatter that seed. The limit of the nearest neighbour is no run but a test (`test/rules/dense-memory-classifier.test.ts`): at n = 30 every label is that of the nearest of 40 random patterns. No run here has a memory for each digit.',
  };
}

const unseenEdges = (documents: Documents): Claim => ({
  title: 'A transformer with a recurrent position code predicts by ways that it has not taken',
  claimed: CLAIMED,
  command: GRAPH_WORLDS[0]!.command,
  measure: 'accuracy in percent',
  shown: [
    accuracyTable(documents),
    'What is scored, and what the units of the code do, is in [graph worlds](graph-worlds.md).',
  ].join('\n\n'),
  figure: { file: 'graph-worlds', shows: 'Accuracy of each predictor by what is scored' },
  notShown: NOT_SHOWN,
});

/** What was done to test images, in the order of the documents. */
const TEST_IMAGES = [
  'as they are',
  'patches of 7 x 7 shuffled',
  'half of the patches of 7 x 7 dark',
  'all pixels shuffled',
];

function shuffledPatches(documents: Documents): Claim {
  const found = CLAIMS.shuffledPatches.map(({ file }) => documents.get(file)!);
  const [first] = found as [ComparisonDocument];
  const spread = ({ mean, sd }: ComparisonDocument['summary'][number]) => `${fixed(mean!)} ± ${fixed(sd!)}`;
  return {
    title: 'Neurons that do not know which patch they see classify shuffled images as well',
    claimed:
      'where each sensor sends a key and a value to fixed queries, the order of the sensors makes no difference, and shuffled screens are played as well as whole ones, where a network with fixed inputs fails (Tang & Ha 2021, arXiv:2109.02869; on games, not on digits).',
    command: CLAIMS.shuffledPatches[0]!.command,
    shown: markdownTable(
      ['test images', ...first.conditions.map(({ label }) => label)],
      found.map(({ summary }, task) => [TEST_IMAGES[task]!, ...summary.map(spread)]),
    ),
    figure: {
      file: 'shuffled-patches',
      shows: 'Test error on images whose patches are shuffled, by training examples, means over two seeds',
    },
    notShown:
      'that a network can do without places: attention that does not know them makes more errors on whole images than the plain network, and a dropped patch is dark here, not absent, which helps it no more than the plain one. Two seeds and three epochs; the learning rate of attention was chosen of two by the test error of seed 1. A single pixel that stands still is not told from others by anything: attention over pixels has the histogram of an image and nothing else (it was shown 12,000 images), so that shuffling all pixels costs it nothing, and it knows little. In the paper sensors are told by time and by what actions do to them, which digits do not have.',
  };
}

function nextFrame(documents: Documents): Claim {
  const [predicted, named] = CLAIMS.streams.map(({ file }) => documents.get(file)!) as [
    ComparisonDocument,
    ComparisonDocument,
  ];
  const baselines = predicted.baselines!.map(({ baseline, mean }) => [
    baseline,
    '',
    mean!.toFixed(3),
    '',
    '',
  ]);
  const means = named.summary.map(({ mean }) => mean!);
  const readouts = streamReadouts();
  return {
    title: 'Prediction alone teaches a network about motion',
    claimed:
      'a network that learns to predict what comes next, without labels, comes to represent how things move; with two pathways, one of them specialises in motion and the other in form (Bakhtiari et al. 2021, on videos and with convolutions).',
    command: CLAIMS.streams[0].command,
    measure:
      'squared error of the next frame of [moving digits](datasets.md#moving-digitsframes), of that of copying the last frame shown',
    shown: [
      markdownTable(
        ['condition or baseline', 'seeds', 'error', 'difference to the first [95 % interval]', 'verdict'],
        [...rowsOfDocument(predicted, 3).map((row) => row.slice(1)), ...baselines],
      ),
      `What a linear readout of the hidden layers tells after training by backprop (\`dendrite probe <run> moving-digits:3:direction moving-digits:3\`), test errors in percent, mean ± sd over ${readouts.length / 4} seeds:`,
      readoutTable(readouts),
      'By how much halves of a layer differ in what they know, S ([how](results.md#readouts-and-forecasts)): the two streams, the first and the second half of one pathway, and random halves of the latter over all seeds, beside the same of streams that learned nothing:',
      specialisationTable(readouts),
    ].join('\n\n'),
    figure: {
      file: 'two-streams',
      shows:
        'Error of the next frame by training examples, for each rule with two streams and with one pathway',
    },
    notShown: `that anything beyond linear prediction was learned: every condition is better than copying, and none comes near ridge regression of the three frames that are shown, let alone a constant velocity, which errs where digits turn. Runs are of ${predicted.runs[0]!.epochs.length} epochs, and errors still fall at the end of them. Two streams are no better than one pathway of the same width, which has more synapses. Nor that one stream comes to know motion and the other form: the last column counts seeds whose streams differ by more than random halves of one pathway do, and they differ more in how well they know the direction than in the digit. Streams have half of the synapses between them, which alone may set them apart; streams that differ by chance in every layer would pass here. Taught to name the digit (\`${CLAIMS.streams[1].command}\`), the same networks make ${fixed(Math.min(...means))} to ${fixed(Math.max(...means))} % errors of ten classes, so that what a layer knows of identity can hardly differ between streams at this size.`,
  };
}

function forecasts(): Claim {
  const found = readForecasts();
  return {
    title: 'Networks that predict carry the future further than they carry the past',
    claimed:
      'the brain predicts several words ahead: recordings are explained better where the features of a language model are joined by those of words to come, most of all about eight words ahead (Caucheteux, Gramfort & King 2023). Others find the same in systems that cannot predict, since stimuli resemble themselves (eLife 106543, by its abstract).',
    command: CLAIMS.streams[0].command,
    measure: `one pathway trained on the next frame by one rule as the brain, the network of the other rule from the same seed as the model; score of the future less score of the past, F(d) − P(d), ${found.length / 2} seeds; R is the correlation without either`,
    shown: ['By `dendrite forecast <brain> <model>` of these runs:', forecastTable(found)].join('\n\n'),
    notShown:
      'any forecast: trained networks carry no more of the future than of the past, at any distance that moving digits allow, and what the future alone adds to R is as small. A prediction of one frame asks for no more: a digit that moves at a constant speed is known for many frames from two. The untrained brain stands where the same features explain a network that has learned nothing. That the score finds a planted forecast, tests show on synthetic brains: a passive one on an autocorrelated stimulus scores below 0.01 at 8 steps, and one that has the stimulus of 8 steps ahead in it has its maximum there.',
  };
}

/** By the name of the file in docs/figures/, as SVG. */
export const claimFigures = async (documents: Documents): Promise<Map<string, string>> =>
  new Map([
    ['dense-memory', await curvesFigure(documents.get(CLAIMS.denseMemory[0].file)!)],
    ['shuffled-patches', await curvesFigure(documents.get(CLAIMS.shuffledPatches[1]!.file)!)],
    ['two-streams', await curvesFigure(documents.get(CLAIMS.streams[0].file)!)],
    ...(await astrocyteFigures(documents)),
  ]);

/** A row for each condition: what it is called, and its scores. */
const scoreTable = ({ conditions, summary }: ComparisonDocument, score: string, decimals: number): string =>
  markdownTable(
    ['condition', 'seeds', score],
    summary.map(({ n, mean, sd }, i) => [
      conditions[i]!.label,
      String(n),
      `${mean!.toFixed(decimals)} ± ${sd!.toFixed(decimals)}`,
    ]),
  );

const angle = (degrees: number): string => `${Math.round(degrees)}°`;

/** The angle of each direction to the gradient after the last epoch, a mean over seeds, a row for each condition. */
const angleTable = ({ conditions, runs }: ComparisonDocument, ids: readonly string[]): string => {
  const connections = ['token to queries', 'token to keys', 'token to values', 'hidden 1 to output'];
  return markdownTable(
    ['condition', 'W_q', 'W_k', 'W_v', 'readout'],
    ids.map((id) => {
      const own = runs.filter(({ condition }) => condition === id);
      return [
        conditions.find((condition) => condition.id === id)!.label,
        ...connections.map((connection) => {
          const angles = own.map(({ epochs }) => epochs.at(-1)!.diagnostics!.angle![connection] as number);
          return angle(meanOf(angles));
        }),
      ];
    }),
  );
};

function attention(documents: Documents): Claim {
  const { command, file } = ASTROCYTE.attention;
  const document = documents.get(file)!;
  const { tokens, size, errors } = readAttentionErrors();
  return {
    title: 'Neurons with an astrocyte are a transformer',
    claimed:
      'neurons whose synapses an astrocyte divides compute the attention of a transformer (Kozachkov, Kastanenka & Krotov 2023). Their figure compares the response of the astrocyte with the denominator of the softmax, for 1,000 and 100,000 hidden neurons, and no accuracy.',
    command,
    measure: `episodes of eight pairs of a key and a value of 16 symbols, then a key, whose value is to be named: test errors in percent after ${document.runs[0]!.epochs.length} epochs`,
    shown: [
      scoreTable(document, 'test error', 2),
      `Answers of one class are wrong in ${Math.round(100 * (1 - 1 / 16))} % of the episodes, one of the eight values that were shown, at random, in ${Math.round(100 * (1 - 1 / 8) * (1 - 1 / 16))} %. ` +
        'That what the astrocyte reads is linear attention, tests hold to 10⁻¹² in float64. How far it is from the softmax, by the number m of hidden neurons and the standard deviation of the logits q · k, mean ± sd over ' +
        `${errors[0]!.output.length} seeds, each of ${tokens} queries of ${tokens} tokens of ${size} values (\`node --import tsx docs/record-attention.ts\`), error of what is read / of the divisor, relative to the size of what the softmax gives:`,
      attentionTable(errors),
      '![Error of what is read beside softmax attention, by the number of hidden neurons, a line for each size of the logits](figures/astrocyte-attention.svg)',
      'Angles of the directions of feedback rules to the gradient after the last epoch (m = 64; `feedback-alignment` replaces the weights of the readout, `direct-feedback` sends the error to queries, keys and values by weights of their own):',
      angleTable(document, ['feedback-alignment', 'direct-feedback']),
    ].join('\n\n'),
    notShown:
      'that the block stands in for the attention of a trained transformer: it does where logits are small or hidden neurons are many, and logits of a deviation of 2 are beyond 4,096 of them. Few hidden neurons do here, perhaps since the projections learn to fit the random features that there are. Nor is it shown what the division is for: the control without it makes no more errors, since it only scales what is read. 24,000 episodes are few for backprop in 288-128-16, which has no attention. Residual connections, layer norm and the feed-forward part are left out.',
  };
}

function inpainting(documents: Documents): Claim {
  const { command, file } = ASTROCYTE.inpainting;
  const document = documents.get(file)!;
  const { zero, mean } = readInpaintingBaselines();
  const difference = (id: string): string => {
    const { mean, ci95 } = document.contrasts.find(({ condition }) => condition === id)!;
    return `${signed(mean!, 3)} [${ci95!.map((bound) => signed(bound, 3)).join(', ')}]`;
  };
  return {
    title: 'Equilibrium propagation trains an astrocyte',
    claimed:
      'nothing that we know of. The energy of neurons, synapses and astrocyte is symmetric (Kozachkov, Slotine & Krotov 2025, who train by backpropagation through time), so that equilibrium propagation applies to the weights T by which processes act on each other.',
    command,
    measure: `squared error of the hidden three quarters of digits of 8 x 8, beside that of ridge regression, after ${document.runs[0]!.epochs.at(-1)!.examples.toLocaleString('en')} examples`,
    shown: [
      scoreTable(document, 'of ridge regression', 3),
      `Dark pixels come to ${fixed(zero)}, the mean image to ${fixed(mean)} (\`node --import tsx docs/record-inpainting.ts\`), ridge regression to 1 by definition. \`without\` is the same network without synapses and astrocyte, \`astrocyte-as-drawn\` learns no T.`,
      '![Squared error of hidden pixels beside that of ridge regression, a dot for each run](figures/astrocyte-inpainting.svg)',
      `Equilibrium propagation does what it should: the estimate agrees with finite differences of the loss at rest (tests hold it to that), and without synapses and astrocyte it comes to what backprop comes to. ` +
        `The astrocyte adds little: \`astrocyte\` differs from backprop by ${difference('astrocyte')}, and \`astrocyte-as-drawn\`, whose T learns nothing, by ${difference('astrocyte-as-drawn')}, so that most of it may come from the synapses. A hidden layer does not help after so few examples either. ` +
        'Why no more, as far as we can tell: all that synapses and astrocyte hear of an image is which outputs are bright together, φ_i φ_j, which the input alone decides; they sharpen an answer, and make no new feature of the pixels that are shown. ' +
        `Where they count for more (\`astrocyte-strong\`), the free phase has not come to rest when it ends (guards say so, and of \`astrocyte\` too, which moves less), where the estimate need not be a gradient, and the answer is worse than the mean image, ${difference('astrocyte-strong')} beside backprop.`,
    ].join('\n\n'),
    notShown:
      'that T of full rank, other gains, more examples or backpropagation through time would not do better. T has 16 modes here; κ and the gain were tried at few values, by hand.',
  };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const documents = committedMeasurements();
  writeFileSync(new URL('claims.md', import.meta.url), claimsPage(documents));
  for (const [name, svg] of await claimFigures(documents))
    writeFileSync(new URL(`figures/${name}.svg`, import.meta.url), svg);
}
