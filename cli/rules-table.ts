import Table from 'cli-table3';
import { describePlausibility, type RuleDefinition } from '../rules/index.ts';

const COLUMNS = [
  { head: 'rule and source', width: 35 },
  { head: 'weight transport', width: 11 },
  { head: 'phases', width: 8 },
  { head: 'feedback pathway', width: 11 },
  { head: 'stored activity', width: 17 },
  { head: 'a synapse sees', width: 25 },
] as const;

const LEGEND = `
weight transport  what feedback knows of the forward weights: all, their signs, what it learned from activity, nothing
phases            how many things happen one after the other for each minibatch
feedback pathway  how signals of higher layers reach lower ones: layer by layer, directly, as one number for all, not at all
stored activity   what a neuron has to remember until its synapses change
a synapse sees    all that the change of a synapse onto a hidden neuron depends on

'dendrite rule <name>' shows what one rule does: its mathematics, options and source.
`;

/** The rules with their families, networks and sources, and what each assumes of the brain: the plausibility table, 110 columns wide. */
export function rulesTable(rules: readonly RuleDefinition[]): string {
  const table = new Table({
    head: COLUMNS.map(({ head }) => head),
    colWidths: COLUMNS.map(({ width }) => width),
    style: { head: [], border: [] },
    wordWrap: true,
  });
  for (const group of new Set(rules.map(groupOf))) {
    table.push([{ colSpan: COLUMNS.length, content: group }]);
    for (const rule of rules.filter((one) => groupOf(one) === group)) table.push(row(rule));
  }
  return `${table.toString()}\n${LEGEND}`;
}

const groupOf = ({ family, network }: RuleDefinition): string =>
  `${(family ?? 'of your own').toUpperCase()}, ${network.name} network`;

function row({ name, source, plausibility }: RuleDefinition): string[] {
  // Authors and year; the journal is in `dendrite rule`.
  const what = `${name}\n${/^.*?\d{4}/.exec(source)?.[0] ?? source}`;
  if (!plausibility) return [what, ...COLUMNS.slice(1).map(() => '?')];
  return [
    what,
    ...describePlausibility(plausibility).map(([name, words]) =>
      name === 'phases' ? String(plausibility.phases.length) : words,
    ),
  ];
}
