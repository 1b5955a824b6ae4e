import { closest, UserError } from '../../kernels/index.ts';
import { findSetting, SETTING_NAMES } from '../../training/index.ts';
import type { DeviceRecord } from '../comparison.schema.ts';
import { valueText, wordsOf } from '../table-words.ts';
import type { TableRun } from './table-runs.ts';

/** What rows or columns are made of. */
export interface Axis {
  /** As on the command line. */
  readonly name: string;
  of(run: TableRun): AxisValue;
}

/** A row or a column along one axis. */
export interface AxisValue {
  /** What tells it from others, such as the id of a condition. */
  readonly key: string;
  /** For people. */
  readonly label: string;
}

/** Where the measures stand: no axis of the runs, and the innermost wherever it is named. */
export const MEASURE = 'measure';

const same = (text: string): AxisValue => ({ key: text, label: text });

/** Axes that describe what was trained on what: runs that differ in one of these are no repetitions of each other. */
const FIXED_DESCRIBING: readonly Axis[] = [
  { name: 'dataset', of: ({ dataset }) => same(dataset.name) },
  { name: 'task', of: ({ experiment }) => same(experiment.task) },
  { name: 'validation', of: ({ dataset }) => same(String(dataset.validation)) },
  { name: 'rule', of: ({ condition }) => same(condition.rule) },
  { name: 'recipe', of: ({ condition }) => same(condition.recipe ?? 'none') },
];

const OTHERS: readonly Axis[] = [
  { name: 'condition', of: ({ condition: { id, label } }) => ({ key: id, label }) },
  { name: 'seed', of: ({ run }) => same(String(run.seed)) },
  { name: 'folder', of: ({ comparison }) => same(comparison) },
  { name: 'version', of: ({ dendrite }) => same(dendrite) },
  { name: 'device', of: ({ run }) => same(deviceName(run.device)) },
];

const settingAxis = (name: (typeof SETTING_NAMES)[number]): Axis => ({
  name,
  of: ({ condition }) => same(valueText(name, condition.settings[name])),
});

const optionAxis = (name: string): Axis => ({
  name,
  of: ({ condition: { options } }) =>
    same(Object.hasOwn(options, name) ? valueText(name, options[name]) : 'none'),
});

/** Name, backend and BLAS of a device, without the hardware. */
export const deviceName = (device: DeviceRecord | null): string =>
  device === null
    ? 'none'
    : `${device.name} ${[device.backend, device.blas].filter((part) => part !== null).join(', ')}`;

/** Axes that describe what was trained on what, for these runs. */
export const describingAxes = (runs: readonly TableRun[]): Axis[] => [
  ...FIXED_DESCRIBING,
  ...SETTING_NAMES.map(settingAxis),
  ...optionNames(runs).map(optionAxis),
];

/** What stands for an axis in a heading: 'Learning rate'. */
export const axisHeading = ({ name }: Axis): string => {
  const words = wordsOf(name);
  return words[0]!.toUpperCase() + words.slice(1);
};

/** Axes whose values say themselves what they are. */
const NAMES = ['condition', 'rule', 'recipe', 'dataset', 'task', 'folder', 'device'];

/** A value where its axis is not in sight: 'layers 784-100-10'. */
export const namedValueText = ({ name }: Axis, { label }: AxisValue): string =>
  NAMES.includes(name) ? label : `${wordsOf(name)} ${label}`;

/**
 * Axes by their names; settings in either spelling, learningRate or learning-rate.
 * @throws UserError naming the axis that these runs do not have
 */
export function findAxes(names: readonly string[], runs: readonly TableRun[]): Axis[] {
  const options = optionNames(runs);
  return names.map((name) => {
    const fixed = [...FIXED_DESCRIBING, ...OTHERS].find((axis) => axis.name === name);
    if (fixed) return fixed;
    const setting = findSetting(name);
    if (setting) return settingAxis(setting);
    if (options.includes(name)) return optionAxis(name);
    const known = [...OTHERS, ...FIXED_DESCRIBING].map((axis) => axis.name).concat(MEASURE);
    const near = closest(name, [...known, ...SETTING_NAMES, ...options]);
    throw new UserError(
      `there is no axis '${name}'; ` +
        (near
          ? `did you mean '${near}'?`
          : `there are ${known.join(', ')}, the settings (${SETTING_NAMES.join(', ')}) and options of the rules (${options.join(', ') || 'none here'})`),
    );
  });
}

const optionNames = (runs: readonly TableRun[]): string[] => [
  ...new Set(runs.flatMap(({ condition }) => Object.keys(condition.options))),
];
