import { type Fault, faultsOf } from './fault.ts';

const WEIGHTS = ['test/results/export-weights.test.ts'];
const RECORDS = ['test/results/export-records.test.ts'];
const EXPORT = ['test/cli/export.test.ts'];
const PREDICT = ['test/cli/predict.test.ts'];

/** Of what other programs read, and of predictions. */
export const FAULTS: readonly Fault[] = [
  ...faultsOf(
    'npz',
    WEIGHTS,
    [
      ['columns before rows', '[rows, columns]', '[columns, rows]'],
      ['the time of the export in it', '{ level: 0, mtime: DATE }', '{ level: 0 }'],
    ],
    'results/exports/npz.ts',
  ),
  ...faultsOf(
    'csv',
    WEIGHTS,
    [
      ['digits that are not enough', 'value.toPrecision(DIGITS)', 'value.toPrecision(DIGITS - 1)'],
      ['no negative zero', "Object.is(value, -0) ? '-0' : $text", '$text'],
      ['columns before rows', 'row * columns', 'row * rows'],
      ['a name that leads out of the folder', 'encodeURIComponent(name)', 'name'],
    ],
    'results/exports/csv.ts',
  ),
  ...faultsOf(
    'safetensors',
    WEIGHTS,
    [
      ['every tensor at the beginning', 'const start = end;', 'const start = 0 * end;'],
      ['a header without its filling', 'Math.ceil(bytes.length / ALIGNMENT) * ALIGNMENT', 'bytes.length'],
    ],
    'training/safetensors.ts',
  ),
  ...faultsOf(
    'export',
    WEIGHTS,
    [
      ['row stores without --all', 'tensorsOf(checkpoint, all)', 'tensorsOf(checkpoint, true)'],
      ['what exists is overwritten', 'if (!force) refuseExisting(path, $kind);', ';'],
    ],
    'results/exports/export-folder.ts',
  ),
  ...faultsOf(
    'tensorboard',
    RECORDS,
    [
      ['checksums without their mask', '(turned + 0xa282ead8) % 2 ** 32', 'turned'],
      [
        'the checksum of the length for that of the data',
        'masked(checksum(data))',
        'masked(checksum(length))',
      ],
      ['steps of 32 bits', 'Math.floor(rest / 128)', 'rest >> 7'],
      ['wall times of training alone', 'epoch.seconds + epoch.evaluationSeconds', 'epoch.seconds'],
      ['every epoch again with each that is new', 'eventsOf(run).slice(written)', 'eventsOf(run)'],
    ],
    'results/exports/tensorboard.ts',
  ),
  ...faultsOf(
    'tensorboard',
    EXPORT,
    [
      ['the last epochs of a run are missing', 'if (run.epochs.length > 0) this.#update(run.folder);', ';'],
      ['a failure that nobody hears of', 'if (this.#failure) throw this.#failure.error;', ';'],
    ],
    'cli/tensorboard.ts',
  ),
  ...faultsOf(
    'parquet',
    RECORDS,
    [
      ['numbers among words', 'kinds.size > 1 || $text', '$text'],
      ['columns of what there is alone', '[...Object.keys(TYPES), ...others]', '[...names]'],
      [
        'one row a run',
        'epochs.map((epoch) => ({ ...run, ...metricsOf(epoch) }))',
        'epochs.slice(-1).map((epoch) => ({ ...run, ...metricsOf(epoch) }))',
      ],
    ],
    'results/exports/parquet.ts',
  ),
  ...faultsOf(
    'predict',
    PREDICT,
    [['the smallest rate for the largest', 'Math.max(...values)', 'Math.min(...values)']],
    'experiments/predict.ts',
  ),
  ...faultsOf(
    'predict',
    PREDICT,
    [
      ['untrained weights', 'await trainer.load(checkpoint);', ';'],
      ['another dataset is not noticed', 'checkDataset($$arguments);', ';'],
    ],
    'experiments/trained-run.ts',
  ),
  ...faultsOf(
    'predict',
    PREDICT,
    [
      ['pixels from 0 to 255', 'byte * SCALE', 'byte'],
      ['what is transparent is not black', '(luma * alpha) / 255', 'luma'],
      ['blue for red', 'LUMA[0] * red', 'LUMA[2] * red'],
      ['names in the order of their letters', '{ numeric: true }', '{ numeric: false }'],
    ],
    'data/images.ts',
  ),
];
