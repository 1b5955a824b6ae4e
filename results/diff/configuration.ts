import type { ReadComparison } from '../comparison-folder.ts';
import type { StoredRun } from '../run-folder.ts';

/** A value of the configuration; null where it is not there. */
export type ConfigurationValue = string | number | boolean | readonly unknown[] | null;

/** Something in which two comparisons were configured differently. */
export interface ConfigurationDifference {
  /** Its place, e.g. 'conditions.backprop.settings.batch'; `conditions.*` where it is the same in all that both have. */
  readonly key: string;
  readonly a: ConfigurationValue;
  readonly b: ConfigurationValue;
}

/** What differs between two comparisons before anything is trained, in the order of their configurations. */
export function configurationDifferences(a: ReadComparison, b: ReadComparison): ConfigurationDifference[] {
  const shared = a.experiment.conditions
    .map(({ id }) => id)
    .filter((id) => b.experiment.conditions.some((other) => other.id === id));
  const conditions = shared.map((id) => differencesOf(conditionOf(a, id), conditionOf(b, id)));
  const common = differencesOf(commonOf(a, shared), commonOf(b, shared));
  return [...common, ...gathered(shared, conditions)];
}

/** What holds for all conditions, and between those that both have. */
function commonOf({ experiment: stored, runs }: ReadComparison, shared: readonly string[]): object {
  const { dendrite, experiment, tuning, dataset, device, plugins, checkpoints } = stored;
  const { dataset: _, validation: __, note: ___, contrasts, ...measured } = experiment;
  const declared = contrasts.filter(({ condition, to }) => shared.includes(condition) && shared.includes(to));
  return {
    dendrite,
    dataset,
    ...measured,
    contrasts: Object.fromEntries(declared.map(({ condition, to }) => [`${condition} to ${to}`, true])),
    ...(tuning && { tuning: { seed: tuning.seed, validation: tuning.validation, rungs: tuning.rungs } }),
    device,
    plugins: Object.fromEntries(plugins.map(({ path, hash }) => [path, hash])),
    checkpoints,
    machine: machineOf(runs),
  };
}

/** What all runs were made on and with; several values where they were not made alike. */
function machineOf(runs: readonly StoredRun[]): object {
  const all = (of: (run: StoredRun) => string | number | null) => {
    const values = [...new Set(runs.map(of))];
    return values.length > 1 ? values : values[0];
  };
  return {
    commit: all(({ provenance: { git } }) => git && `${git.commit}${git.dirty ? ' with changes' : ''}`),
    node: all(({ provenance }) => provenance.node),
    platform: all(({ provenance }) => provenance.platform),
    cpu: all(({ provenance }) => provenance.cpu),
    cores: all(({ provenance }) => provenance.cores),
    hardware: all(({ device }) => device?.hardware ?? null),
  };
}

function conditionOf({ experiment }: ReadComparison, id: string): object {
  const { id: _, ...rest } = experiment.conditions.find((condition) => condition.id === id)!;
  return rest;
}

/** Differences of conditions under their ids, and those that all of them have once. */
function gathered(
  ids: readonly string[],
  conditions: readonly (readonly ConfigurationDifference[])[],
): ConfigurationDifference[] {
  const texts = conditions.map((differences) => differences.map((one) => JSON.stringify(one)));
  const isInAll = (difference: ConfigurationDifference) =>
    ids.length > 1 && texts.every((own) => own.includes(JSON.stringify(difference)));
  return [
    ...(conditions[0] ?? []).filter(isInAll).map((one) => ({ ...one, key: `conditions.*.${one.key}` })),
    ...ids.flatMap((id, i) =>
      conditions[i]!.filter((difference) => !isInAll(difference)).map((one) => ({
        ...one,
        key: `conditions.${id}.${one.key}`,
      })),
    ),
  ];
}

function differencesOf(a: object, b: object): ConfigurationDifference[] {
  const [before, after] = [leavesOf(a), leavesOf(b)];
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((key) => {
    const [one, other] = [before.get(key) ?? null, after.get(key) ?? null];
    return JSON.stringify(one) === JSON.stringify(other) ? [] : [{ key, a: one, b: other }];
  });
}

/** Everything in a table by its path; a list is one value. */
function leavesOf(table: object, path = ''): Map<string, ConfigurationValue> {
  const leaves = new Map<string, ConfigurationValue>();
  for (const [name, value] of Object.entries(table)) {
    const key = path === '' ? name : `${path}.${name}`;
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      for (const [inner, leaf] of leavesOf(value, key)) leaves.set(inner, leaf);
    else if (value !== undefined) leaves.set(key, value as ConfigurationValue);
  }
  return leaves;
}
