import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const words = (text: string): string[] => text.trim().split(/\s+/);

// What users and plug-ins can import. A name that is added stays for years, so it must be of use to them.

/** From 'dendrite' and 'dendrite/browser' alike. */
const BOTH = words(`
  ACTIVATIONS Activation ActivationName Activity AssociativeNetwork AssociativeOptions Attention BROADCASTS BroadcastFeedback BroadcastKind BuiltTask
  Checkpoint Compartment CompartmentalNetwork CompartmentalOptions CompetitiveNetwork CompetitiveOptions Condition ConditionInput Connection
  DEFAULTS DIAGNOSTICS DYNAMICS Dataset DatasetParts DenseMemoryNetwork DenseMemoryOptions Device DeviceInfo Diagnostic Direction Electrode
  EnergyNetwork EpochRecord EpochsOptions FeedbackPath ForwardForwardNetwork ForwardForwardOptions
  GUERGUIEV_2017 HiddenActivity Hypothesis INITIAL_WEIGHTS InitialWeights Instant
  JsScalarFunction Kernels LayeredNetwork MatmulOptions LateralCircuit MeanName Measurement MicrocircuitConstants MicrocircuitInstant MicrocircuitNetwork MicrocircuitOptions
  MicrocircuitPhase MicrocircuitRecording MicrocircuitSimulation MicrocircuitTime NeuronsInTime PopulationTraces
  TaughtLayer TwoCompartmentConstants TwoCompartmentNetwork URBANCZIK_2014 checkTwoCompartments twoCompartmentNetwork microcircuitNetwork Minibatch Network NetworkKind NetworkSettings
  NeuronConstants NeuronState Nudge OPTIMIZERS Observation ObservedMinibatch OptimizerOptions OptionDefinition
  OptionTable OptionValue OptionValues Options Overlaps Particles PatchAttentionNetwork PatchAttentionOptions PhaseMeans Plausibility Population Presentation
  Product PspKernel RULES RandomDuration RandomStream Reading Readout Reason Recipe RecipeSettings Recorder
  RecorderOptions Recording ReferenceDevice RowStore RowWrite Rule RuleContext RuleDefinition RuleOutput
  RunSpec SCHEDULES SavedTensor Score Search Settings SettingsInput SettlingOptions SettlingPhase SettlingState Split
  SplitBytes StartHashes StepInfo SumOptions Synapses SynapticFactor TASKS Table TaskContext TaskDefinition TaskSetup
  Tensor TimedPhase Times Trainer UserError associativeNetwork checkAssociative checkCompetitive checkDenseMemory checkForwardForward checkMicrocircuit checkNeurons compartmentalNetwork competitiveNetwork createRecorder createTrainer
  defineRule denseMemoryNetwork divide drawFeedback energyNetwork feedbackPath forwardForwardNetwork gradient hashDataset layeredNetwork makeDataset
  ComplexNudge ComplexRate LabelledImages Mask Structure StructureSettings checkHolomorphic maskWeights settleHolomorphic softmaxBackward meanOverExamples outerProduct patchAttentionNetwork patchPixels raised randomDuration
  NeuronAtHand Recall Walks PositionStep TemT TemTActivity TemTOptions checkTemT temT recordMicrocircuit rulesFor sigmoid tinyDataset weightMatrix
  NeuronRecorder NeuronRecording RecordOptions RecordedPotentials SettlingPhases SettlingRecorder SettlingRecording
  createNeuronRecorder createSettlingRecorder
  ATTENTIONS AstrocyteNetwork AstrocyteOptions AstrocyteRates AstrocyteState Attended AttentionNetwork AttentionOptions BlockErrors
  astrocyteNetwork attentionNetwork checkAstrocyte checkAttention
`);

/** From 'dendrite' alone: files, worker threads, a choice of devices. */
const ON_NODE = words(`
  CheckResult CompareEvents CompareOptions ComparedRule ComparisonDiff ComparisonDocument ComparisonStatus
  ConditionStatus CreateTrainerOptions DatasetDefinition DatasetInfo DatasetRequest DeviceListing
  DeviceOptions ExperimentDefinition ExperimentInput Explanation ExportFormat ExportOptions Exported
  ImagePrediction ListedFigure LoadOptions NewestCheckpoint PivotDocument PivotFormat PivotOptions
  PivotTable PlotOptions PlottedFigure PredictOptions QueuedTask ReadComparison Repetition ResumeOptions
  RunExperimentOptions RunPrediction RunProgress RunResult SlurmOptions SlurmStatus StatusError StoredRun
  Submission TableOptions TerminalOptions TuneInput TuningRecord cancelJobs checkRule compare
  comparisonJsonSchema comparisonStatus comparisonTable defineDataset defineExperiment diffComparisons
  experimentJsonSchema explainCell exportFolder formatPivot listDatasets listDevices listFigures loadDataset
  newestCheckpoint openDevice pivotJsonSchema pivotTable plotFigure predictRun readCheckpoint readExperiment
  readRun repeatRun resubmit resume runExperiment submitComparison writeCheckpoint writeReport
  BrainScores ForecastOptions ForecastScore LayerReadout RunForecast RunReadouts Specialisation forecastRuns readLayers
`);

/** From 'dendrite/browser' alone: what Node's part reads from files is handed in. */
const IN_BROWSERS = words(`
  Idx IdxContent IdxFiles MovingLabel Processor TrainerInput decodeCheckpoint encodeCheckpoint hasRelaxedSimd
  makeAssociativeRecall makeGraphWorlds makeIdxDataset makeMnist makeMovingDigits makePatterns openCpu parseIdx parsePixels withValidation
`);

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

/** The names that a file takes from others, and from which. */
const passedOn = (file: string): { name: string; from: string }[] =>
  [...read(file).matchAll(/^export (?:type )?\{([^}]*)\} from '([^']+)';/gm)].flatMap(([, names, from]) =>
    names!
      .split(',')
      .map((name) => name.replace(/\btype\b/, '').trim())
      .filter((name) => name !== '')
      .map((name) => ({ name, from: normalize(join(dirname(file), from!)) })),
  );

/** The file that declares a name which `file` exports. */
function declaringFile(file: string, name: string): string | null {
  const one = passedOn(file).find((passed) => passed.name === name);
  if (one) return declaringFile(one.from, name);
  if (declarationOf(name).test(read(file))) return file;
  const rest = [...read(file).matchAll(/^export \* from '([^']+)';/gm)].map(([, from]) => from!);
  return (
    rest.map((from) => declaringFile(normalize(join(dirname(file), from)), name)).find((found) => found) ??
    null
  );
}

const declarationOf = (name: string): RegExp =>
  new RegExp(`^export (?:(?:async )?function|class|const|interface|type) ${name}\\b`, 'm');

/** Whether a comment /** ... *\/ ends right above the declaration of a name. */
const isDocumented = (source: string, name: string): boolean =>
  /\*\/\s*$/.test(source.slice(0, declarationOf(name).exec(source)!.index));

const namesOf = (file: string): string[] => passedOn(file).map(({ name }) => name);

test('the public names are those on the list', () => {
  assert.equal(namesOf('index.ts').sort(), [...BOTH, ...ON_NODE].sort());
  assert.equal(namesOf('browser.ts').sort(), [...BOTH, ...IN_BROWSERS].sort());
});

test('the entry points export nothing but by name', () => {
  for (const file of ['index.ts', 'browser.ts']) {
    const statements = read(file).replaceAll(/^export (?:type )?\{[^}]*\} from '[^']+';$/gm, '');
    assert.is(statements.replaceAll(/^\/\/.*$/gm, '').trim(), '', file);
  }
});

test('every public name has a comment that says what it is', () => {
  const entries = ['index.ts', 'browser.ts'].flatMap((file) => namesOf(file).map((name) => ({ file, name })));
  const bare = entries.filter(({ file, name }) => {
    const source = declaringFile(file, name);
    assert.ok(source, `${name} of ${file} is declared nowhere`);
    return !isDocumented(read(source!), name);
  });
  assert.equal([...new Set(bare.map(({ name }) => name))], []);
});

test('a declaration without a comment is found', () => {
  assert.ok(isDocumented('/** What it is. */\nexport const one = 1;', 'one'));
  assert.not(isDocumented('/** What it is. */\nconst two = 2;\nexport const one = 1;', 'one'));
  assert.not(isDocumented('/** Of another. */\nexport const ones = 1;\nexport type one = 1;', 'one'));
});

test('a rule can be written with what is public', () => {
  const files = readdirSync(join(root, 'rules')).filter((file) => /defineRule\(/.test(read(`rules/${file}`)));
  assert.ok(files.length > 10);
  const isPublic = new Set(BOTH);
  for (const file of files)
    for (const [, names] of read(`rules/${file}`).matchAll(
      /^import (?:type )?\{([^}]*)\} from '\.\.\/(?:kernels|networks)\/index\.ts';/gm,
    ))
      for (const name of words(names!.replaceAll(/\btype\b|,/g, ' ')))
        assert.ok(isPublic.has(name), `rules/${file} needs ${name}, which 'dendrite' does not export`);
});

test.run();
