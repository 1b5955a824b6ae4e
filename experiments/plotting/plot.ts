import { basename, extname, resolve } from 'node:path';
import { openDevice } from '../../devices/index.ts';
import { closest, UserError } from '../../kernels/index.ts';
import { settlingPhases } from '../../networks/index.ts';
import type { Amount, Figure, FigureDocument, FigureElement } from '../../results/figures/index.ts';
import {
  type ComparisonDocument,
  comparisonDocument,
  encodeFigure,
  FIGURE_FORMATS,
  type FigureFormat,
  makeFigureDocument,
  type ReadComparison,
  readExperiment,
  type StoredRun,
  writeFigure,
} from '../../results/index.ts';
import { findRule, RULES } from '../../rules/index.ts';
import type { RunSpec } from '../../training/index.ts';
import { checkPlugins, loadPlugins } from '../plugins.ts';
import { findTrainedRun, type TrainedRun } from '../trained-run.ts';
import {
  feedbackWeights,
  inputWeights,
  settlingTraces,
  testResponses,
  voltageTraces,
} from './network-data.ts';

/** What is drawn of a comparison, and where it is written. */
export interface PlotOptions {
  /** Name of the figure, see `listFigures`. */
  readonly figure: string;
  /** By how much training courses are drawn; by examples when left out. */
  readonly by?: Amount | undefined;
  /** Ids of the conditions that are shown; all when left out. */
  readonly conditions?: readonly string[] | undefined;
  /** The one seed that is shown. Left out: all, and of networks the first seed that finished. */
  readonly seed?: number | undefined;
  /** voltages and settling only: place of the image in the test set; 0 when left out. */
  readonly image?: number | undefined;
  /** That of the ending of `out`, or svg, when left out. */
  readonly format?: FigureFormat | undefined;
  /** File; left out: named like folder and figure, in the current folder. */
  readonly out?: string | undefined;
  /** Write over what is there. */
  readonly force?: boolean | undefined;
}

/** A figure that was drawn. */
export interface PlottedFigure {
  /** The file that was written. */
  readonly path: string;
  /** A sentence for each checkpoint that is newer than the weights that are shown, and damaged. */
  readonly notes: readonly string[];
}

/** A figure, and whether a comparison has what it needs. */
export interface ListedFigure {
  readonly name: string;
  /** One sentence. */
  readonly description: string;
  /** Why it cannot be drawn, and what to do; null: it can. */
  readonly missing: string | null;
}

/** What is read of a comparison. Some of its runs may do. */
export type ReadRuns = Pick<ReadComparison, 'experiment' | 'runs'>;

/** The part of a comparison that is shown, see `PlotOptions`. */
export type Shown = Pick<PlotOptions, 'conditions' | 'seed'>;

/**
 * The figures that there are, and which of them can be drawn of a comparison.
 * @param folder of the comparison
 * @param shown the part of it; all when left out
 * @param comparison what is read of the folder already; read here when left out
 * @throws UserError if the folder holds no comparison or one of its files is damaged
 */
export async function listFigures(
  folder: string,
  shown: Shown = {},
  comparison: ReadRuns = readExperiment(folder),
): Promise<ListedFigure[]> {
  const document = selected(comparison, shown);
  const { FIGURES } = await loadFigures();
  const listed = FIGURES.map(async (figure) => ({
    name: figure.name,
    description: figure.description,
    missing: await missingFor(figure, comparison, document),
  }));
  return Promise.all(listed);
}

/**
 * Draws a figure of a comparison, from its folder alone, and writes it to a file.
 * @param folder of the comparison
 * @throws UserError when there is no such figure, the comparison lacks its data, or the file exists or cannot be written
 */
export async function plotFigure(folder: string, options: PlotOptions): Promise<PlottedFigure> {
  const { element, notes } = await drawnFigure(readExperiment(folder), options);
  const { path, format } = fileOf(folder, options);
  await writeFigure(path, element, format, options.force ?? false);
  return { path, notes };
}

/** A figure as a text, for who writes no file. */
export interface FigureText {
  readonly svg: string;
  /** See `PlottedFigure`. */
  readonly notes: readonly string[];
}

/**
 * As `plotFigure`, and writes nothing.
 * @param comparison what is read of the folder already; read here when left out
 * @throws UserError when there is no such figure, or the comparison lacks its data
 */
export async function figureText(
  folder: string,
  options: Omit<PlotOptions, 'format' | 'out' | 'force'>,
  comparison: ReadRuns = readExperiment(folder),
): Promise<FigureText> {
  const { element, notes } = await drawnFigure(comparison, options);
  return { svg: new TextDecoder().decode(await encodeFigure(element, 'svg')), notes };
}

async function drawnFigure(comparison: ReadRuns, options: PlotOptions) {
  const { FIGURES, AMOUNTS } = await loadFigures();
  const figure = findFigure(options.figure, FIGURES);
  checkOptions(figure, options, AMOUNTS);
  const document = selected(comparison, options);
  const missing = await missingFor(figure, comparison, document);
  if (missing !== null) throw new UserError(`the figure ${figure.name} cannot be drawn: ${missing}`);
  const notes: string[] = [];
  const dom = await makeFigureDocument();
  const element = await draw(figure, { dom, document, runs: comparison.runs, options, notes });
  return { element, notes };
}

/** Here, because Observable Plot takes as long to load as all else. */
const loadFigures = () => import('../../results/figures/index.ts');

function findFigure(name: string, figures: readonly Figure[]): Figure {
  const found = figures.find((figure) => figure.name === name);
  if (found) return found;
  const names = figures.map((figure) => figure.name);
  const near = closest(name, names);
  throw new UserError(
    `there is no figure '${name}'; ${near ? `did you mean '${near}'?` : `there are ${names.join(', ')}`}`,
  );
}

function checkOptions(
  { name, of, isCourse }: Figure,
  { by, image }: PlotOptions,
  amounts: readonly Amount[],
) {
  if (by !== undefined && !amounts.includes(by))
    throw new UserError(`--by '${by}' must be one of ${amounts.join(', ')}`);
  if (by !== undefined && !isCourse)
    throw new UserError(`--by means nothing for ${name}, which shows no course of training; leave it out`);
  if (image !== undefined && of !== 'voltages' && of !== 'settling')
    throw new UserError(`--image means nothing for ${name}, which shows no single image; leave it out`);
}

/** The part of a comparison that is shown, with the statistics of this part. */
function selected({ experiment, runs }: ReadRuns, { conditions: ids, seed }: Shown): ComparisonDocument {
  const all = experiment.conditions;
  for (const id of ids ?? [])
    checkCondition(
      id,
      all.map((condition) => condition.id),
    );
  const { seeds } = experiment.experiment;
  if (seed !== undefined && !seeds.includes(seed))
    throw new UserError(`--seed ${seed}: the comparison has the seeds ${seeds.join(', ')}`);
  const conditions = all.filter(({ id }) => ids?.includes(id) ?? true);
  const isShown = (run: StoredRun): boolean =>
    conditions.some(({ id }) => id === run.condition) && (seed === undefined || run.seed === seed);
  return comparisonDocument({
    dendrite: experiment.dendrite,
    experiment: { ...experiment.experiment, seeds: seed === undefined ? seeds : [seed] },
    conditions,
    runs: runs.filter(isShown),
  });
}

function checkCondition(id: string, known: readonly string[]): void {
  if (known.includes(id)) return;
  const near = closest(id, known);
  throw new UserError(
    `--condition '${id}': there is none of that id; ${near ? `did you mean '${near}'?` : `there are ${known.join(', ')}`}`,
  );
}

/** Why a figure cannot be drawn of the part of a comparison that is shown, or null. */
async function missingFor(
  figure: Figure,
  { experiment, runs }: ReadRuns,
  document: ComparisonDocument,
): Promise<string | null> {
  const missing = figure.missing(document);
  if (missing !== null || figure.of === 'records') return missing;
  if (experiment.checkpoints.keep === 'none')
    return 'no checkpoints were written, and so no weights; train again without --checkpoint none';
  const shown = shownRuns(document, runs);
  if (figure.of === 'settling' && (await thatAreNudged(shown)).length === 0)
    return 'no network settles under a nudge; train one by --rules equilibrium-propagation';
  if (figure.of !== 'voltages') return null;
  return (await withDendrites(shown)).length > 0
    ? null
    : 'no network has neurons with dendrites; train one by --rules segregated-dendrite, or by dendritic-microcircuit with dynamics=full';
}

/** For each condition the first run that finished, or else the first that has begun. */
function shownRuns({ conditions, runs }: ComparisonDocument, stored: readonly StoredRun[]): StoredRun[] {
  return conditions.flatMap(({ id }) => {
    const own = runs.filter(({ condition }) => condition === id);
    const run = own.find(({ status }) => status === 'finished') ?? own[0];
    return run ? [stored.find(({ folder }) => folder === run.folder)!] : [];
  });
}

/** Those whose networks have neurons with basal and apical dendrites. */
async function withDendrites(runs: readonly StoredRun[]): Promise<StoredRun[]> {
  const kinds = await Promise.all(runs.map(({ spec }) => networkKind(spec)));
  return runs.filter((_, i) => kinds[i] === 'compartmental' || kinds[i] === 'microcircuit');
}

/** Those whose networks settle, by rules that nudge them. */
async function thatAreNudged(runs: readonly StoredRun[]): Promise<StoredRun[]> {
  const kinds = await Promise.all(runs.map(({ spec }) => networkKind(spec)));
  return runs.filter(
    ({ spec }, i) => kinds[i] === 'energy' && settlingPhases(spec.condition.options) !== null,
  );
}

async function networkKind({ condition: { rule }, plugins }: RunSpec): Promise<string> {
  const builtIn = RULES.find(({ name }) => name === rule);
  if (builtIn) return builtIn.network.name;
  checkPlugins(plugins);
  const { rules } = await loadPlugins(plugins.map(({ path }) => path));
  return findRule(rule, rules).network.name;
}

/** The file, and its format: as given, or as its ending says. */
function fileOf(
  folder: string,
  { figure, out, format }: PlotOptions,
): { path: string; format: FigureFormat } {
  const ending = out === undefined ? '' : extname(out).slice(1).toLowerCase();
  const chosen = format ?? FIGURE_FORMATS.find((one) => one === ending) ?? 'svg';
  return { path: out ?? `${basename(resolve(folder))}-${figure}.${chosen}`, format: chosen };
}

/** What a figure is drawn of. */
interface Drawing {
  readonly dom: FigureDocument;
  readonly document: ComparisonDocument;
  readonly runs: readonly StoredRun[];
  readonly options: PlotOptions;
  /** Grows by a sentence for each checkpoint that is damaged. */
  readonly notes: string[];
}

async function draw(figure: Figure, drawing: Drawing): Promise<FigureElement> {
  const { dom, document, options } = drawing;
  const { by = 'examples', image = 0 } = options;
  if (figure.of === 'records') return figure.draw(dom, document, by);
  const shown = shownRuns(document, drawing.runs);
  if (figure.of === 'responses')
    return figure.draw(dom, { document, networks: await lookInto(shown, testResponses, drawing) }, by);
  if (figure.of === 'weights') {
    const networks = (await lookInto(shown, inputWeights, drawing)).filter((network) => network !== null);
    if (networks.length === 0)
      throw new UserError(
        'no network of the comparison has weights from the pixels of an image to neurons; train one by --rules backprop',
      );
    return figure.draw(dom, { document, networks }, by);
  }
  if (figure.of === 'feedback') {
    const networks = (await lookInto(shown, feedbackWeights, drawing)).filter(
      ({ paths }) => paths.length > 0,
    );
    if (networks.length === 0)
      throw new UserError(
        'no rule of the comparison keeps feedback weights beside the forward ones; train one by --rules feedback-alignment',
      );
    return figure.draw(dom, { document, networks }, by);
  }
  if (figure.of === 'settling') {
    const [first] = await thatAreNudged(shown);
    const networks = await lookInto([first!], (run) => settlingTraces(run, image), drawing);
    return figure.draw(dom, { document, networks }, by);
  }
  const [first] = await withDendrites(shown);
  const networks = await lookInto([first!], (run) => voltageTraces(run, image), drawing);
  return figure.draw(dom, { document, networks }, by);
}

/** Opens one run after the other, on the built-in kernels: the same figure on every machine. */
async function lookInto<T>(
  runs: readonly StoredRun[],
  look: (run: TrainedRun) => Promise<T>,
  { notes }: Drawing,
): Promise<T[]> {
  const seen: T[] = [];
  for (const { folder } of runs) {
    const found = await findTrainedRun(folder);
    const run = await found.open(() => openDevice({ device: 'cpu', blas: 'none' }));
    notes.push(...run.notes);
    try {
      seen.push(await look(run));
    } finally {
      await run.trainer.dispose();
    }
  }
  return seen;
}
