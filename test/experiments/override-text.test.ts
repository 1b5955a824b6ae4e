import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { applyOverride } from '../../experiments/override-text.ts';
import { UserError } from '../../kernels/index.ts';

/** `--override key=value`, of any experiment. */

const KEYS = ['seeds', 'settings', 'epochs', 'options', 'x-1', 'a b', '7'];
const experiment = fc.letrec<{ value: unknown; table: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(1, 'text', true, null),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('table'),
  ),
  table: fc.dictionary(fc.constantFrom(...KEYS), tie('value'), { noNullPrototype: true }),
})).table as fc.Arbitrary<Record<string, unknown>>;

type Table = Record<string, unknown>;
const partAt = (value: unknown, place: readonly (string | number)[]): unknown =>
  place.reduce((part, key) => (part as Table)[key], value);

/** Keys that lead to a part that may be replaced or, as the last one, added. */
function placesIn(value: unknown, place: readonly string[] = []): (readonly string[])[] {
  const own = place.length === 0 ? [] : [place];
  if (Array.isArray(value))
    return [...own, ...value.flatMap((part, i) => placesIn(part, [...place, String(i)]))];
  if (typeof value !== 'object') return own;
  const added = [
    [...place, 'added'],
    [...place, 'added', 'below'],
  ];
  return [
    ...own,
    ...added,
    ...Object.entries(value ?? {}).flatMap(([key, part]) => placesIn(part, [...place, key])),
  ];
}

/** A copy in which one part is other, by way of its JSON text. */
function replaced(value: unknown, [key, ...rest]: readonly string[], part: unknown): unknown {
  if (key === undefined) return part;
  if (Array.isArray(value))
    return value.map((one, i) => (String(i) === key ? replaced(one, rest, part) : one));
  const table = (value ?? {}) as Table;
  return { ...table, [key]: replaced(table[key], rest, part) };
}

test('one part is replaced or added, and nothing else', () => {
  fc.assert(
    fc.property(experiment, fc.nat(), fc.jsonValue(), (given, which, value) => {
      const places = placesIn(given);
      const place = places[which % places.length]!;
      const before = structuredClone(given);
      const override = applyOverride(given, `${place.join('.')}=${JSON.stringify(value)}`);
      const wanted = JSON.parse(JSON.stringify(value));
      assert.equal(override.value, replaced(given, place, wanted));
      assert.equal(partAt(override.value, override.place), wanted);
      assert.equal(given, before);
    }),
    { numRuns: 200 },
  );
});

test('rules are named by their names or ids, whether they have anything of their own or not', () => {
  const rules = ['drtp', { rule: 'backprop' }, { rule: 'backprop', id: 'mine' }, null, { id: 'drtp' }];
  const idOf = (name: string) => {
    const { value } = applyOverride({ rules }, `rules.${name}.id=new`) as { value: { rules: Table[] } };
    return value.rules.findIndex((rule) => rule?.id === 'new');
  };
  assert.equal(['drtp', 'backprop', 'mine', '3'].map(idOf), [0, 1, 2, 3]);
});

test('whatever the text, it is an experiment or one sentence that quotes it', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(
        fc.oneof(
          fc.constantFrom(
            ...KEYS,
            'rules',
            '.',
            '=',
            '[0]',
            '[',
            '\n',
            '"',
            ': ',
            '*a',
            '&a',
            '!!x',
            '__proto__',
          ),
          fc.string({ maxLength: 3 }),
        ),
        { maxLength: 8 },
      )
      .map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(fc.oneof(experiment, fc.constantFrom(null, 5, 'x', [1])), text, (given, override) => {
      try {
        const { place, value } = applyOverride(given, override);
        assert.ok(place.length > 0);
        partAt(value, place);
      } catch (error) {
        assert.instance(error, UserError, (error as Error).stack);
        assert.match((error as Error).message, /^--override '[^\n]*$/);
        assert.not.match((error as Error).message, /': +(is|the list) /);
      }
    }),
    { numRuns: 300 },
  );
});

test.run();
