import { type Fault, faultsOf } from './fault.ts';

const GRID = ['test/experiments/grid.test.ts'];
const RUN = ['test/cli/run.test.ts'];

/** Of experiment files: the grid, overrides, lines of mistakes, saved files, estimates. */
export const FAULTS: readonly Fault[] = [
  ...faultsOf(
    'experiment',
    GRID,
    [
      [
        'options vary after settings',
        '[$recipe, ...optionAxes($$a), ...settingAxes($$b)]',
        '[$recipe, ...settingAxes($$b), ...optionAxes($$a)]',
      ],
      [
        'settings of all go before those of the rule',
        'own[name] === undefined',
        'common[name] !== undefined',
        'settingAxes',
      ],
      ['a single value is in the name', 'values.length === 1', 'values.length === 0', 'withValue'],
      ['seeds count from 0', 'i + 1', 'i', 'firstSeeds'],
      ['a condition twice', 'places.has(input.id)', 'false'],
    ],
    'experiments/grid.ts',
  ),
  ...faultsOf(
    'experiment',
    GRID,
    [
      ['a list of widths is an axis', "setting === 'layers'", "setting === 'layer'"],
      ['a value twice', 'again >= 0', 'again > 1e9'],
    ],
    'experiments/axis.ts',
  ),
  ...faultsOf(
    'experiment',
    GRID,
    [
      ['one value that fits is enough', 'Object.entries(where).every($f)', 'Object.entries(where).some($f)'],
      ['an override that fits nothing is taken', 'unused >= 0', 'unused > 1e9'],
      ['what is varied is overridden', 'if (varied.includes(name)) throw $mistake;', ';'],
      [
        'an override takes the first of several values',
        'if (second) throw new ExperimentMistake(place, $text);',
        ';',
      ],
      [
        'overrides look at what was stated alone',
        'fits($a, $b, $c, known)',
        'fits($a, $b, $c, { ...facts, ...condition.settings, ...condition.options })',
      ],
    ],
    'experiments/overrides.ts',
  ),
  ...faultsOf(
    'experiment',
    RUN,
    [
      [
        'the line of the key, not of the entry',
        'isPair(item) ? item.key : item',
        'isPair(item) ? item.key : document.contents',
      ],
      ['paths start at the current directory', 'resolve(folder, path)', 'resolve(path)'],
      ['an override has no place', 'startsWith(place, changed)', 'false', 'readExperimentFile'],
    ],
    'experiments/experiment-file.ts',
  ),
  ...faultsOf(
    'experiment',
    RUN,
    [['a rule named alone loses its name', '{ rule: part }', '{}', 'tableOf']],
    'experiments/override-text.ts',
  ),
  ...faultsOf(
    'experiment',
    RUN,
    [['a saved file takes the place of another', 'existsSync(file)', 'false']],
    'experiments/save-experiment.ts',
  ),
  ...faultsOf(
    'experiment',
    RUN,
    [
      [
        'learning rates of the connections are saved as an axis',
        'value.length === 1 ? value[0] : [value]',
        'value.length === 1 ? value[0] : value',
        'asValue',
      ],
    ],
    'cli/options.ts',
  ),
  ...faultsOf(
    'experiment',
    ['test/experiments/estimate.test.ts'],
    [
      [
        'epochs are not evaluated',
        'preparation + steps * step + epochs * evaluation',
        'preparation + steps * step',
      ],
      ['one seed is counted', 'seeds.map(() => secondsPerRun)', '[secondsPerRun]'],
      ['runs wait for the slowest worker', 'Math.min(...free)', 'Math.max(...free)'],
    ],
    'experiments/estimate.ts',
  ),
];
