import { type Condition, isUsed, type Settings } from '../../training/index.ts';
import type { StoredExperiment } from '../comparison-folder.ts';
import { listText } from '../figures/words.ts';
import { budgetText, labelOf, MISSING, thousands, valueText, wordsOf } from '../table-words.ts';
import { type Html, type HtmlPart, html } from './html.ts';
import { linkTo, runsId } from './links.ts';
import { type Column, definitions, tableOf } from './table.ts';

/** What conditions have in common, and what differs. */
export function configuration(stored: StoredExperiment): Html {
  const { conditions } = stored;
  const shown = shownSettings(conditions);
  const differing = shown.filter(({ text }) => new Set(conditions.map(text)).size > 1);
  const common = shown.filter((one) => !differing.includes(one));
  const entries = common.map(({ name, text }) => [name, text(conditions[0]!)] as const);
  return html`${conditionsTable(conditions, differing)}
<h3>In common</h3>
${definitions([...experimentEntries(stored), ...entries])}`;
}

/** A setting as it stands in the page. */
interface ShownSetting {
  readonly name: string;
  text(condition: Condition): string;
}

const BUDGETS: readonly (keyof Settings)[] = ['epochs', 'examples', 'multiplyAccumulates', 'seconds'];

/** The budget in words, and each other setting that some condition uses. */
function shownSettings(conditions: readonly Condition[]): ShownSetting[] {
  const names = Object.keys(conditions[0]!.settings) as (keyof Settings)[];
  const given = names.filter(
    (name) =>
      !BUDGETS.includes(name) &&
      conditions.some(({ settings }) => settings[name] !== null && isUsed(name, settings)),
  );
  return [
    { name: 'Budget', text: ({ settings }) => budgetText(settings) },
    ...given.map((name) => ({
      name: capital(wordsOf(name)),
      text: ({ settings }: Condition) => (isUsed(name, settings) ? valueText(name, settings[name]) : MISSING),
    })),
  ];
}

function conditionsTable(conditions: readonly Condition[], differing: readonly ShownSetting[]): Html {
  const isSome = (test: (condition: Condition) => boolean): boolean => conditions.some(test);
  const text = (heading: string, cell: (condition: Condition) => HtmlPart): Column<Condition> => ({
    heading,
    as: 'text',
    cell,
  });
  return tableOf(
    'Conditions: what differs',
    [
      text('Condition', ({ id, label }) => linkTo(runsId(id), label)),
      ...(isSome(({ label, rule }) => label !== rule) ? [text('Rule', ({ rule }) => rule)] : []),
      ...(isSome(({ recipe }) => recipe !== null) ? [text('Recipe', ({ recipe }) => recipe ?? MISSING)] : []),
      ...differing.map((setting) => text(setting.name, setting.text)),
      text('Options of the rule', ({ options }) => optionsText(options)),
    ],
    conditions,
  );
}

const optionsText = (options: Condition['options']): string =>
  Object.entries(options)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ') || 'none';

function experimentEntries({ experiment, dataset, conditions, device, ...rest }: StoredExperiment) {
  const { trainExamples, testExamples, validation, task, scored, diagnostics, contrasts } = experiment;
  const { equivalence, seeds, score } = experiment;
  const declared = contrasts.map(
    ({ condition, to }) => `${labelOf(conditions, condition)} to ${labelOf(conditions, to)}`,
  );
  const { keep, seconds } = rest.checkpoints;
  const entries: [string, HtmlPart][] = [
    [
      'Dataset',
      `${dataset.name}, ${thousands(trainExamples)} training and ${thousands(testExamples)} test examples`,
    ],
    ...(validation > 0
      ? [
          [
            'Validation',
            `${thousands(validation)} examples set aside, drawn with seed ${dataset.splitSeed}`,
          ] as [string, string],
        ]
      : []),
    ['Task', task],
    [
      'Score',
      `${score.label}, ${score.unit}, ${score.better} is better${scored ? ', on the validation examples' : ''}`,
    ],
    ['Seeds', seeds.join(', ')],
    ['Contrasts', declared.length === 0 ? 'none' : declared.join('; ')],
    ...(equivalence === undefined ? [] : [['Equivalence', `within ±${equivalence}`] as [string, string]]),
    ['Diagnostics', diagnostics.length === 0 ? 'none' : listText(diagnostics)],
    ['Device asked for', askedText(device.asked)],
    ['Checkpoints', keep + (seconds === null ? '' : `, every ${seconds} s`)],
    ...rest.plugins.map(({ path, hash }): [string, HtmlPart] => [
      'Plug-in',
      html`${path} <code title="${hash}">${hash.slice(0, 12)}</code>`,
    ]),
  ];
  return entries;
}

const askedText = (asked: StoredExperiment['device']['asked']): string =>
  Object.entries(asked)
    .map(([name, value]) => (name === 'device' ? value : `${name} ${value}`))
    .join(', ') || 'auto';

const capital = (text: string): string => `${text[0]!.toUpperCase()}${text.slice(1)}`;
