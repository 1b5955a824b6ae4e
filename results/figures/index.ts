import type { ComparisonDocument } from '../comparison.schema.ts';
import { activity } from './activity.ts';
import { alignment } from './alignment.ts';
import type { Amount } from './amount.ts';
import { angles } from './angles.ts';
import { confusion } from './confusion.ts';
import { curves } from './curves.ts';
import { placesOf } from './diagnostic-course.ts';
import type { FigureDocument, FigureElement } from './dom.ts';
import { type FeedbackWeights, feedbackWeights } from './feedback-weights.ts';
import type { MicrocircuitTraces } from './microcircuit-voltages.ts';
import { type InputWeights, receptiveFields } from './receptive-fields.ts';
import type { OfNetworks, TestResponses } from './responses.ts';
import { scores } from './scores.ts';
import { type SettlingTraces, settling } from './settling.ts';
import { type VoltageTraces, voltages } from './voltages.ts';

export { AMOUNTS, type Amount, type AmountAxis, amountAxis } from './amount.ts';
export { scoreDomain } from './curves.ts';
export type { FigureDocument, FigureElement } from './dom.ts';
export type { FeedbackWeights } from './feedback-weights.ts';
export type { MicrocircuitTraces, PotentialTraces } from './microcircuit-voltages.ts';
export { type PublishedComparison, published } from './published.ts';
export type { InputWeights } from './receptive-fields.ts';
export type { OfNetworks, PopulationRates, ShownNetwork, TestResponses } from './responses.ts';
export { type GroupedRuns, type Measure, type Series, seriesOf } from './series.ts';
export type { SettlingTraces } from './settling.ts';
export { type SeriesStyle, seriesStyle } from './theme.ts';
export type { NeuronTraces, VoltageTraces } from './voltages.ts';
export { type Described, scoreName, subtitleText, withUnit } from './words.ts';

/** What figures are drawn of. All but the records is had from the checkpoints of runs. */
export interface FigureData {
  /** What was recorded after each epoch. */
  readonly records: ComparisonDocument;
  /** What networks answer to the test set. */
  readonly responses: OfNetworks<TestResponses>;
  /** Weights from the input. */
  readonly weights: OfNetworks<InputWeights>;
  /** Feedback weights that stand beside the forward ones. */
  readonly feedback: OfNetworks<FeedbackWeights>;
  /** Voltages of networks whose neurons have compartments. */
  readonly voltages: OfNetworks<VoltageTraces | MicrocircuitTraces>;
  /** How networks settle that are nudged. */
  readonly settling: OfNetworks<SettlingTraces>;
}

interface FigureOf<Kind extends keyof FigureData> {
  /** As in `--figure`, in lower case with hyphens. */
  readonly name: string;
  /** One sentence. */
  readonly description: string;
  readonly of: Kind;
  /** Whether its courses are drawn by an amount of training (`--by`). */
  readonly isCourse?: boolean;
  /** Why a comparison lacks the data, and how they are recorded; null: it has them, as far as records tell. */
  missing(document: ComparisonDocument): string | null;
  draw(dom: FigureDocument, data: FigureData[Kind], by: Amount): FigureElement;
}

/** A figure that can be drawn of a comparison, as one SVG element. */
export type Figure = { [Kind in keyof FigureData]: FigureOf<Kind> }[keyof FigureData];

const unlessEpochs = ({ runs }: ComparisonDocument): string | null =>
  runs.some(({ epochs }) => epochs.length > 0)
    ? null
    : 'no epoch is recorded yet; wait for the first, or go on with `dendrite resume`';

const unlessMeasured =
  (diagnostic: string) =>
  (document: ComparisonDocument): string | null =>
    unlessEpochs(document) ??
    (placesOf(document, diagnostic).length > 0
      ? null
      : `${diagnostic} was not measured; train again with --diagnostics ${diagnostic}`);

const unlessBegun = ({ runs }: ComparisonDocument): string | null =>
  runs.length > 0 ? null : 'no run has begun yet; go on with `dendrite resume`';

const unlessClasses = (document: ComparisonDocument): string | null =>
  /^(reconstruct|inpaint|(next-frame|next-symbol|retrieval):.*)$/.test(document.experiment.task)
    ? `the task ${document.experiment.task} has outputs that are no classes; train again with --task classify`
    : unlessBegun(document);

/** The figures, in the order of lists. */
export const FIGURES: readonly Figure[] = [
  {
    name: 'curves',
    description: 'The score after each epoch, a line and a band over the seeds for each condition.',
    of: 'records',
    isCourse: true,
    missing: unlessEpochs,
    draw: curves,
  },
  {
    name: 'scores',
    description: 'The score after training, a row for each condition and a dot for each seed.',
    of: 'records',
    missing: unlessEpochs,
    draw: scores,
  },
  {
    name: 'angles',
    description: 'The angle between update and gradient after each epoch, for each connection.',
    of: 'records',
    isCourse: true,
    missing: unlessMeasured('angle'),
    draw: angles,
  },
  {
    name: 'alignment',
    description: 'The angle between feedback and forward weights after each epoch, for each pathway.',
    of: 'records',
    isCourse: true,
    missing: unlessMeasured('feedback-angle'),
    draw: alignment,
  },
  {
    name: 'activity',
    description: 'Histograms of the firing rates of hidden neurons on the test set.',
    of: 'responses',
    missing: unlessBegun,
    draw: activity,
  },
  {
    name: 'confusion',
    description: 'Which class is taken for which on the test set, in numbers of examples.',
    of: 'responses',
    missing: unlessClasses,
    draw: confusion,
  },
  {
    name: 'receptive-fields',
    description: 'The weights from the input to the neurons of the first layer, as images.',
    of: 'weights',
    missing: unlessBegun,
    draw: receptiveFields,
  },
  {
    name: 'feedback-weights',
    description: 'Each feedback weight against the forward weight whose place it takes, for each pathway.',
    of: 'feedback',
    missing: unlessBegun,
    draw: feedbackWeights,
  },
  {
    name: 'voltages',
    description:
      'Potentials of basal dendrites, apical dendrites and somata for one test image; of spiking neurons with spikes and plateau potentials, of microcircuits with an interneuron.',
    of: 'voltages',
    missing: unlessBegun,
    draw: voltages,
  },
  {
    name: 'settling',
    description:
      'The energy while a network settles for one test image, without and with a nudge, and the rates of every layer at the end of both phases.',
    of: 'settling',
    missing: unlessBegun,
    draw: settling,
  },
];
