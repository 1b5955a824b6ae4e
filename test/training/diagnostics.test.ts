import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { resolveExperiment } from '../../experiments/index.ts';
import { RandomStream, UserError } from '../../kernels/index.ts';
import { type ComparisonDocument, readRun } from '../../results/index.ts';
import { rulesFor } from '../../rules/index.ts';
import { DIAGNOSTICS, findDiagnostics, traceRun } from '../../training/index.ts';
import { dendrite } from '../cli/dendrite.ts';
import { openCpu, partsOf } from './parts.ts';

const NAMES = DIAGNOSTICS.map(({ name }) => name);
const folder = mkdtempSync(join(tmpdir(), 'dendrite-diagnostics-'));
test.after(() => rmSync(folder, { recursive: true }));

/** Two rounds of a few minibatches with a test and the diagnostics after each, and all that is left behind. */
async function rounds(rule: string, diagnostics: readonly string[]) {
  const device = await openCpu();
  const parts = await partsOf(rule, { diagnostics, device });
  const { dataset, condition } = parts;
  const { batch } = condition.settings;
  const run = await traceRun(parts);
  const seen: { loss: number; score: number | null; testScore: number }[] = [];
  const measured = [];
  const order = Uint32Array.from({ length: dataset.train.images.count }, (_, i) => i);
  const random = new RandomStream(1, 'order');
  const steps = Math.min(5, order.length / batch);
  for (const round of [0, 1]) {
    random.shuffle(order);
    await run.totals.reset();
    await run.step.run({ steps, firstStep: round * steps, rows: order.slice(0, steps * batch) });
    seen.push({ ...(await run.totals.read()), testScore: await run.testScore!() });
    measured.push(await run.diagnostics.measure());
  }
  const states: Record<string, string> = {};
  const keep = (name: string, values: Float32Array) => {
    states[name] = Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
  };
  for (const [name, state] of run.states) keep(name, await device.read(state));
  for (const [name, { values }] of run.rowStores) keep(`row store ${name}`, Float32Array.from(values));
  await device.dispose();
  return { seen, states, measured, notes: run.diagnostics.notes };
}

for (const { name: rule } of rulesFor('classify'))
  test(`${rule}: every diagnostic is measured or says why not, and training is the same to the bit without them`, async () => {
    const [all, none] = [await rounds(rule, ['all']), await rounds(rule, ['none'])];
    assert.equal(all.seen, none.seen);
    assert.equal(all.states, none.states);
    assert.equal(none.measured, [{}, {}]);
    assert.equal(none.notes, []);
    assert.is(new Set(all.notes).size, all.notes.length);
    const later = all.measured[1]!;
    for (const name of NAMES) {
      const found = Object.values(later[name] ?? {});
      assert.ok(
        found.length > 0 || all.notes.some((note) => note.startsWith(`${name} is not measured: `)),
        `${name} is neither measured nor noted`,
      );
      assert.ok(found.every(Number.isFinite), `${name}: ${JSON.stringify(later[name])}`);
    }
  });

test('diagnostics are found by name, all of them or none', () => {
  assert.equal(findDiagnostics(['all']), DIAGNOSTICS);
  assert.equal(findDiagnostics(['none']), []);
  assert.equal(
    findDiagnostics(['energy', 'angle']).map(({ name }) => name),
    ['energy', 'angle'],
  );
  assert.is(new Set(NAMES).size, NAMES.length);
  for (const { name, description } of DIAGNOSTICS) {
    assert.match(name, /^[a-z]+(-[a-z]+)*$/);
    // One sentence; the upright line would end a cell of the table in docs/results.md.
    assert.match(description, /^[A-Z][^|]*\.$/);
  }
});

test('a name that there is not is refused, with a guess', () => {
  const says = (text: string) => (error: Error) => error instanceof UserError && error.message === text;
  const define = (...diagnostics: string[]) => {
    return () => resolveExperiment({ rules: ['backprop'], diagnostics });
  };
  assert.throws(define('angel'), says("there is no diagnostic 'angel'; did you mean 'angle'?"));
  assert.throws(
    define('angle', 'temperature'),
    says(`there is no diagnostic 'temperature'; there are ${NAMES.join(', ')}, and all or none`),
  );
  assert.throws(
    define('angle', 'none'),
    says("'none' stands for itself alone among the diagnostics; leave out the others"),
  );
  assert.throws(define('angle', 'angle'), says('the diagnostic angle is named twice; name it once'));
});

const SMALL = ['compare', '--out', folder, '--layers', '784,8,10', '--device', 'cpu', '--blas', 'none'];

test('compare says once for each rule what cannot be measured, and keeps it with every run', async () => {
  const { stdout, stderr, code } = await dendrite(
    ...SMALL,
    ...['--rules', 'backprop,feedback-alignment', '--seeds', '2', '--epochs', '2', '--json'],
    ...['--diagnostics', 'feedback-angle,weight-norms,energy'],
  );
  assert.is(code, 0, stderr);
  const energy = 'energy is not measured: the network has no energy function';
  const feedback =
    'feedback-angle is not measured: the rule keeps no feedback weights besides the forward ones';
  assert.equal(
    stderr
      .split(/; |\n/)
      .filter((line) => line.includes('not measured'))
      .sort(),
    [`backprop: ${energy}`, `backprop: ${feedback}`, `feedback-alignment: ${energy}`],
  );
  const { runs } = JSON.parse(stdout) as ComparisonDocument;
  assert.is(runs.length, 4);
  for (const { rule, folder: own, notes, epochs } of runs) {
    const isAligned = rule === 'feedback-alignment';
    const wanted = isAligned ? [energy] : [feedback, energy];
    assert.equal(notes, wanted);
    assert.equal(JSON.parse(readFileSync(join(own, 'status.json'), 'utf8')).notes, wanted);
    assert.equal(readRun(own).notes, wanted);
    assert.is(epochs.length, 2);
    for (const { diagnostics } of epochs)
      assert.equal(
        Object.keys(diagnostics!),
        isAligned ? ['feedback-angle', 'weight-norms'] : ['weight-norms'],
      );
  }
});

test('the help of compare lists every diagnostic, and a wrong name ends it with one line', async () => {
  const [help, wrong] = [
    await dendrite('compare', '--help'),
    await dendrite(...SMALL, '--diagnostics', 'angel'),
  ];
  const text = help.stdout.replace(/\s+/g, ' ');
  for (const { name, description } of DIAGNOSTICS) assert.ok(text.includes(`${name}: ${description}`), name);
  assert.is(wrong.code, 1);
  assert.is(wrong.stderr.trim(), "dendrite: there is no diagnostic 'angel'; did you mean 'angle'?");
});

test.run();
