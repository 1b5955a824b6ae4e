import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { build } from 'vite';
import { openDevice } from '../../devices/index.ts';
import { RULES } from '../../rules/index.ts';
import { CHROMIUM, LONGEST_WAIT_MS, launchChromium } from './chromium.ts';
import { type ConformanceRun, conformanceRun } from './conformance-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'dendrite-browser-'));
/** A bundle of dendrite/browser trains every rule in a browser, with the bits of Node. */
const test = suite('browser');
test.after(() => rmSync(folder, { recursive: true }));

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** Serves a folder of files; without the headers that would give the page a SharedArrayBuffer. */
const serve = (root: string): Promise<Server> =>
  new Promise((resolve) => {
    const server = createServer((request, response) => {
      const path = join(root, request.url === '/' ? 'index.html' : request.url!);
      if (!existsSync(path)) {
        response.writeHead(404).end();
        return;
      }
      response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' });
      response.end(readFileSync(path));
    });
    server.listen(0, '127.0.0.1', () => resolve(server));
  });

async function runInPage(url: string): Promise<{ runs: ConformanceRun[]; shared: string }> {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    const failures: string[] = [];
    page.on('pageerror', (error) => failures.push(error.message));
    await page.goto(url);
    const result = page.locator('pre:not([data-state=running])');
    await result.waitFor({ timeout: LONGEST_WAIT_MS });
    const text = (await result.textContent())!;
    assert.is(await result.getAttribute('data-state'), 'done', text);
    assert.equal(failures, []);
    return JSON.parse(text);
  } finally {
    await browser.close();
  }
}

const title = 'a bundle trains every rule in Chromium, with the bits of Node';
if (!CHROMIUM) {
  console.log(`skipped, ${title}: there is no Chromium here (Debian: chromium)`);
  test.skip(title);
} else
  test(title, async () => {
    await build({
      root: fileURLToPath(new URL('.', import.meta.url)),
      logLevel: 'error',
      // The kernels read the source of map functions, so their names must stay.
      build: { outDir: folder, emptyOutDir: true, minify: false },
    });
    const server = await serve(folder);
    try {
      const { runs, shared } = await runInPage(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      assert.is(shared, 'undefined', 'the page was to do without SharedArrayBuffer');
      assert.equal(
        runs.map(({ rule }) => rule),
        RULES.map(({ name }) => name),
      );
      for (const [i, rule] of RULES.entries()) {
        const own = await conformanceRun(rule, await openDevice({ device: 'cpu', blas: 'none' }));
        assert.equal(runs[i], JSON.parse(JSON.stringify(own)), rule.name);
      }
    } finally {
      server.close();
    }
  });

test.run();
