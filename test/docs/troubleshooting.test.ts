import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ROOT } from '../cli/dendrite.ts';

/** The sentences of docs/troubleshooting.md are those of the program. */

const page = readFileSync(join(ROOT, 'docs/troubleshooting.md'), 'utf8');
const sentences = [...page.matchAll(/^### `(.*)`$/gm)].map(([, sentence]) => sentence!);

const MODULES = [
  ...['cli', 'data', 'devices', 'experiments', 'kernels', 'networks', 'results', 'rules', 'training'],
];

/** The texts of the code, with those that stand on several lines joined. */
const code = MODULES.flatMap((module) =>
  readdirSync(join(ROOT, module), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(ROOT, module, file), 'utf8')),
)
  .join('\n')
  .replaceAll(/['"`]\s*\+\s*['"`]/g, '');

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** Whether the code has a text in which something stands in every place of `...` but the ends. */
const isInCode = (sentence: string): boolean =>
  new RegExp(
    sentence
      .replaceAll(/^\.\.\.|\.\.\.$/g, '')
      .split('...')
      .map(escaped)
      .join('[^]{1,200}?'),
  ).test(code);

test('every sentence stands in the code', () => {
  assert.ok(sentences.length > 20);
  for (const sentence of sentences) {
    assert.ok(sentence.replaceAll('...', '').length > 15, `${sentence} says too little to be found`);
    assert.ok(isInCode(sentence), `no text of the code is '${sentence}'`);
  }
});

test('a sentence that differs by a word is not found', () => {
  for (const sentence of sentences) {
    const words = sentence.split(' ').filter((word) => /^[a-z]{4,}[,;:]?$/.test(word));
    assert.ok(words.length > 0, sentence);
    assert.not(isInCode(sentence.replace(words.at(-1)!, 'xylophone')), sentence);
  }
});

test.run();
