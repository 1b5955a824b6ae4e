import { type Fault, faultsOf } from './fault.ts';

const WRITING = 'test/results/write-faults.test.ts';
const DAMAGED = 'test/results/run-folder-properties.test.ts';
const LOCK = 'test/results/lock-properties.test.ts';

/** Of files that are written whole or not at all, and of folders in which anything may stand. */
export const FAULTS: readonly Fault[] = [
  ...faultsOf(
    'writing',
    [WRITING],
    [
      ['a file has its name before its bytes are on the disk', 'fsyncSync(file);', ';', 'writeNamed'],
      [
        'a file has its name while it is written',
        'const temporary = $path;',
        'const temporary = path;',
        'writeNamed',
      ],
      ['a name is not flushed', 'flushFolder(dirname(path));', ';', 'writeWhole'],
      ['a temporary file stays after an error', 'rmSync(temporary, { force: true });', ';', 'writeNamed'],
      ['the names of several files are not flushed', 'flushFolder(folder);', ';', 'writeJsonFiles'],
      [
        'a short write counts as whole',
        'at += writeSync($file, $bytes, $at, $length)',
        'at += (writeSync($file, $bytes, $at, $length), $length)',
      ],
    ],
    'results/files.ts',
  ),
  ...faultsOf(
    'writing',
    [WRITING],
    [
      ['the folder of checkpoints is not flushed', 'writingTo(folder, () => flushFolder(folder));', ';'],
      [
        'older checkpoints go before the new one is there',
        'writeCheckpoint($path, checkpoint);',
        'for (const { path } of listCheckpoints(folder)) rmSync(path); writeCheckpoint($path, checkpoint);',
        'addCheckpoint',
      ],
    ],
    'results/checkpoint-file.ts',
  ),
  ...faultsOf(
    'writing',
    [WRITING],
    [
      [
        'a record is not flushed',
        'appendFileSync($path, $line, { flush: true })',
        'appendFileSync($path, $line, { flush: false })',
      ],
      ['the folder of a run is not flushed', 'flushFolder(dirname(folder));', ';', 'openRun'],
      [
        'a folder holds a run before all of it is there',
        'writeJsonFiles(folder, { [PROVENANCE]: run.provenance, [CONFIG]: run.spec });',
        'writeJsonFiles(folder, { [CONFIG]: run.spec, [PROVENANCE]: run.provenance });',
        'openRun',
      ],
    ],
    'results/run-folder.ts',
  ),
  ...faultsOf(
    'damage',
    [DAMAGED],
    [
      [
        'any status is taken',
        'readJsonAs(statusSchema, folder, STATUS, REPEAT)',
        '(readJson(folder, STATUS, REPEAT) as z.infer<typeof statusSchema>)',
      ],
      [
        'any provenance is taken',
        'readJsonAs(runProvenanceSchema, folder, PROVENANCE, REPEAT)',
        '(readJson(folder, PROVENANCE, REPEAT) as RunProvenance)',
      ],
    ],
    'results/run-folder.ts',
  ),
  ...faultsOf(
    'damage',
    ['test/training/checkpoint-properties.test.ts'],
    [
      [
        'seconds of a checkpoint may be no number',
        '/^\\d/.test(text) && isFiniteNumber(text)',
        'text.length >= 0',
      ],
      ['tensors may have other sizes than their values', '$start + to > $length || $b', 'false'],
    ],
    'training/safetensors.ts',
  ),
  ...faultsOf(
    'lock',
    [LOCK],
    [
      [
        'a file that cannot be read counts as none',
        '(owner && isAlive(owner)) ?? $isYoung',
        'owner !== null && (isAlive(owner) ?? $isYoung)',
      ],
      [
        'who lost its file goes on',
        'if (now === null) throw lostError();',
        'if (now === null) return null;',
        'contest',
      ],
      ['files of dead owners stay', 'rmSync(path, { force: true });', ';', 'contest'],
      [
        'two processes have one run',
        'one.runs.some((run) => runs.includes(run))',
        'one.runs.length === 0 * runs.length',
      ],
      [
        'the own file stays when it cannot be told whose the folder is',
        'rmSync(own, { force: true });',
        ';',
        'contestOrLeave',
      ],
    ],
    'results/folder-lock.ts',
  ),
  ...faultsOf(
    'experiment',
    ['test/experiments/file-properties.test.ts'],
    [['any number of conditions is formed', 'count > MOST_CONDITIONS', 'count > 1e9']],
    'experiments/grid.ts',
  ),
  ...faultsOf(
    'experiment',
    ['test/experiments/override-text.test.ts'],
    [
      [
        'an override adds to the value that is there',
        'if (key === undefined) return value;',
        'if (key === undefined) return part ?? value;',
      ],
      ['an override leaves out what stands beside it', '{ ...table, [key]: $value }', '{ [key]: $value }'],
    ],
    'experiments/override-text.ts',
  ),
  ...faultsOf(
    'experiment',
    ['test/experiments/grid-properties.test.ts'],
    [
      [
        'an earlier override goes before a later one',
        '{ ...condition[table], [name]: $value }',
        '{ [name]: $value, ...condition[table] }',
      ],
      [
        'overrides see what earlier ones set',
        'fits($a, $b, $c, known)',
        'fits($a, $b, $c, { ...known, ...input.settings })',
      ],
    ],
    'experiments/overrides.ts',
  ),
  ...faultsOf(
    'bench',
    ['test/bench/runner.test.ts'],
    [
      ['evaluation counts as overhead', 'sum + seconds + evaluationSeconds', 'sum + seconds'],
      ['memory before the share of runs had ended', 'at >= then', 'at <= then'],
    ],
    'bench/measured-command.ts',
  ),
];
