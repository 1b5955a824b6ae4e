import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { hashDataset, loadDataset } from '../../data/index.ts';
import { unpackDataset } from '../../web/playground/digits/pack.ts';
import { pageTests, siteFolder } from './playground-page.ts';

const { when, run } = pageTests('playground: size');

const MOST_JAVASCRIPT = 400_000;
const LARGEST_ASSET = 2_500_000;

when(
  'all JavaScript that the page can load is small, and so are the digits, which are those of `mnist`',
  async () => {
    const loaded = new Set<string>();
    const visit = (name: string): void => {
      if (loaded.has(name)) return;
      loaded.add(name);
      const text = readFileSync(join(siteFolder(), name), 'utf8');
      for (const [, other] of text.matchAll(/([\w-]+\.js)\b/g))
        if (readdirSync(join(siteFolder(), 'assets')).includes(other!)) visit(`assets/${other}`);
    };
    visit('index.html');
    loaded.delete('index.html');
    assert.ok([...loaded].some((name) => name.includes('worker')) && loaded.size > 3, [...loaded].join());
    const bytes = [...loaded].reduce(
      (sum, name) => sum + gzipSync(readFileSync(join(siteFolder(), name))).length,
      0,
    );
    assert.ok(bytes < MOST_JAVASCRIPT, `${bytes} bytes`);
    const digits = join(siteFolder(), 'assets', 'digits.bin');
    assert.ok(statSync(digits).size < LARGEST_ASSET);
    const packed = unpackDataset(new Uint8Array(gunzipSync(readFileSync(digits))));
    const mnist = await loadDataset('mnist');
    assert.is(await hashDataset(packed), await hashDataset(mnist));
    const { name, title, comparable, classes, shape } = mnist;
    assert.equal(
      [packed.name, packed.title, packed.comparable, packed.classes, packed.shape],
      [name, title, comparable, classes, shape],
    );
  },
);

run();
