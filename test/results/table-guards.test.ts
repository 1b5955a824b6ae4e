import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { comparisonDocument, comparisonTable, type RunResult } from '../../results/index.ts';
import { conditions, experiment, run } from './example.ts';

/** What the table says of what guards have found. */

const notesOf = (runs: RunResult[], changes = {}): string[] => {
  const about = { ...experiment, note: undefined, ...changes };
  const document = comparisonDocument({ dendrite: '1.2.3', experiment: about, conditions, runs });
  return comparisonTable(document, { colour: false, width: 400 })
    .split('\n')
    .filter((line) => line.startsWith('Note'))
    .map((line) => line.replace(/^Note +/, ''));
};

/** A run in which a guard has found this of a layer, epoch by epoch. */
function guarded(id: string, seed: number, layer: string, sentences: readonly (string | null)[]): RunResult {
  const result = run(
    id,
    seed,
    sentences.map(() => 9),
  );
  const epochs = result.epochs.map((epoch, e) => {
    const sentence = sentences[e];
    return sentence == null ? epoch : { ...epoch, guards: [{ guard: 'dead-layer', layer, sentence }] };
  });
  return { ...result, epochs };
}

const others = [1, 2, 3].map((seed) => run('feedback-alignment', seed, [9]));

test('what is found is told once a condition and layer, with the seeds', () => {
  const runs = [
    guarded('backprop', 1, 'hidden 1', ['it is dead in 1', 'it is dead in 2']),
    guarded('backprop', 2, 'hidden 2', [null, 'the other is dead in 2']),
    guarded('backprop', 3, 'hidden 1', ['it is dead in 1, too', null]),
    ...others,
  ];
  assert.equal(notesOf(runs), [
    'backprop: it is dead in 1 (seed 1, and alike with seed 3)',
    'backprop: the other is dead in 2 (seed 2)',
  ]);
});

test('the document has it once for each run, with the first epoch', () => {
  const runs = [guarded('backprop', 1, 'hidden 1', [null, 'dead in 2', 'dead in 3']), ...others];
  const document = comparisonDocument({ dendrite: '1.2.3', experiment, conditions, runs });
  assert.equal(document.runs[0]!.guards, [
    { guard: 'dead-layer', layer: 'hidden 1', sentence: 'dead in 2', epoch: 2 },
  ]);
  assert.not('guards' in document.runs[1]!);
});

test('images that are in both sets are told, where they are enough to count', () => {
  const first = [{ test: 3, train: 17 }];
  const runs = [...[1, 2, 3].map((seed) => run('backprop', seed, [9])), ...others];
  assert.equal(notesOf(runs, { overlap: { count: 2, first } }), [
    '2 of the 2,000 test images (0.1 %) are training images too (test image 3 is training image 17, ...)',
  ]);
  assert.equal(notesOf(runs, { overlap: { count: 1, first } }), []);
});

test.run();
