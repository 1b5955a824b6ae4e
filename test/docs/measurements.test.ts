import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { committedMeasurements, measurementsPage } from '../../docs/generate-measurements.ts';
import { MEASURED } from '../../docs/measurements/list.ts';
import { comparisonJsonSchema } from '../../results/index.ts';

const documents = committedMeasurements();

test('the committed page is that of the committed documents', () => {
  const committed = readFileSync(new URL('../../docs/measurements.md', import.meta.url), 'utf8');
  assert.is(committed, measurementsPage(documents), "measurements.md is out of date: run 'npm run docs'");
});

test('every document is a whole comparison, of the conditions that its command names', () => {
  const validate = new Ajv2020({ allowUnionTypes: true }).compile(comparisonJsonSchema());
  for (const { file, command } of MEASURED) {
    const document = documents.get(file)!;
    assert.ok(validate(document), `${file}: ${JSON.stringify(validate.errors)}`);
    const { experiment, conditions, runs } = document;
    assert.is(experiment.dataset, 'mnist-full', file);
    assert.is(runs.length, conditions.length * experiment.seeds.length, file);
    assert.ok(
      runs.every(({ status }) => status === 'finished'),
      file,
    );
    const rules = /--rules (\S+)/.exec(command)![1]!.split(',');
    assert.equal(
      conditions.map(({ rule }) => rule),
      rules,
      file,
    );
    const [, seeds] = /--seeds (\S+)/.exec(command)!;
    assert.is(experiment.seeds.length, seeds!.includes(',') ? 1 : Number(seeds), file);
    for (const { device } of runs) if (command.includes('--blas none')) assert.is(device!.blas, null, file);
  }
});

test.run();
