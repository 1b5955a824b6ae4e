/**
 * Training in Chromium against training in Node: `npm run bench:browser -- --help`.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { build } from 'vite';
import { UserError } from '../../kernels/index.ts';
import { collectProvenance } from '../../results/index.ts';
import { above0, NODE_OPTION, parseArguments, runBench } from '../arguments.ts';
import { describeMachine } from '../environment.ts';
import { findNode, measureOurs, type Node, thisNode } from '../ours.ts';
import { mnistFolder } from '../python.ts';
import { showRatio, textTable, whole } from '../report.ts';
import { median, ratio } from '../statistics.ts';
import { chooseWorkloads, type Workload } from '../workloads.ts';
import type { BrowserDocument } from './document.ts';
import type { PageOrder } from './page-order.ts';

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

const OPTIONS = {
  only: { type: 'string', default: 'backprop,ep,dendrites', describe: 'Workloads, separated by commas' },
  seconds: { type: 'number', default: 3, describe: 'Length of each measurement' },
  rounds: { type: 'number', default: 5, describe: 'Measurements of each side' },
  node: { ...NODE_OPTION, describe: 'Node to compare with, in place of this one: path of its executable' },
  chromium: { type: 'string', describe: `Executable of the browser; else ${CANDIDATES.join(', ')}` },
  json: { type: 'boolean', default: false, describe: 'Print one JSON document' },
} as const;

const KERNELS = fileURLToPath(new URL('../../kernels/cpu/', import.meta.url));

/** Share of Node's speed. */
const AIM = 0.8;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
};

const launch = (executablePath: string) =>
  chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'],
  });

await runBench('bench:browser', async () => {
  const args = parseArguments(
    'npm run bench:browser --',
    'Training speed in one Web Worker of Chromium against one worker thread of Node, with the same kernels.',
    OPTIONS,
    process.argv.slice(2),
  );
  const seconds = above0('seconds', args.seconds);
  const rounds = above0('rounds', args.rounds, true);
  const workloads = chooseWorkloads(args.only);
  const executable = args.chromium ?? CANDIDATES.find((path) => existsSync(path));
  if (executable === undefined || !existsSync(executable))
    throw new UserError(
      `there is no browser at ${args.chromium ?? CANDIDATES.join(', ')} (Debian: chromium); name one with --chromium`,
    );
  const node = args.node === undefined ? thisNode() : await findNode(args.node);
  if (!node.relaxedSimd)
    process.stderr.write(
      `fused multiply-add is left out, for Node ${node.version} has no relaxed SIMD: name Node 22 or later with --node\n`,
    );
  const cases = workloads.flatMap((workload) =>
    (node.relaxedSimd ? [false, true] : [false]).map((fused) => ({ workload, fused })),
  );
  const document = await withBundle(async (url) => {
    const comparisons: BrowserDocument['comparisons'][number][] = [];
    for (const { workload, fused } of cases) {
      const [browser, own]: [number[], number[]] = [[], []];
      for (let round = 0; round < rounds; round++) {
        browser.push(await inPage(executable, url, { workload: workload.name, fused, seconds }));
        own.push(await inNode(node, workload, fused, seconds));
      }
      const kernels = fused ? 'fused multiply-add' : 'exact';
      process.stderr.write(`${workload.name}, ${kernels}: ${showRatio(ratio(browser, own))}\n`);
      comparisons.push({
        workload: workload.name,
        title: workload.title,
        kernels,
        browser: { rates: browser, median: median(browser) },
        node: { rates: own, median: median(own) },
        ratio: ratio(browser, own),
        atLeast: AIM,
      });
    }
    return {
      kind: 'browser',
      machine: collectProvenance(),
      browser: await versionOf(executable),
      node: node.version,
      seconds,
      rounds,
      comparisons,
    } satisfies BrowserDocument;
  });
  process.stdout.write(args.json ? `${JSON.stringify(document, null, 2)}\n` : report(document));
});

async function inNode(node: Node, { condition }: Workload, fused: boolean, seconds: number): Promise<number> {
  const device = { device: 'cpu', blas: fused ? 'fma' : 'none' } as const;
  const [speed] = await measureOurs({ device, replicas: 1, node }, { condition, seconds, workers: 1 });
  return speed.examplesPerSecond;
}

/** A browser of its own for each measurement, as Node has a process of its own. */
async function inPage(executable: string, url: string, order: PageOrder): Promise<number> {
  const browser = await launch(executable);
  try {
    const page = await browser.newPage();
    await page.goto(url);
    return await page.evaluate(
      (asked) => (globalThis as unknown as { measure(order: unknown): Promise<number> }).measure(asked),
      order,
    );
  } finally {
    await browser.close();
  }
}

async function versionOf(executable: string): Promise<string> {
  const browser = await launch(executable);
  try {
    return `Chromium ${browser.version()}`;
  } finally {
    await browser.close();
  }
}

/** Builds the page and serves it. */
async function withBundle<R>(use: (url: string) => Promise<R>): Promise<R> {
  const folder = mkdtempSync(join(tmpdir(), 'dendrite-bench-'));
  try {
    await build({
      root: fileURLToPath(new URL('.', import.meta.url)),
      logLevel: 'error',
      worker: { format: 'es' },
      // The kernels read the source of map functions, so their names must stay.
      build: { outDir: folder, emptyOutDir: true, minify: false },
    });
    const server = await serve(folder);
    try {
      return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    } finally {
      server.close();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The bundle, with MNIST and the kernels beside it. */
function fileOf(url: string, folder: string): string {
  const name = basename(url);
  if (url.startsWith('/mnist/')) return join(mnistFolder(), name);
  if (url.startsWith('/kernels/')) return join(KERNELS, name);
  return join(folder, url === '/' ? 'index.html' : url);
}

function serve(folder: string): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer(({ url }, response) => {
      const path = fileOf(url!, folder);
      if (!existsSync(path)) {
        response.writeHead(404).end();
        return;
      }
      response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' });
      response.end(readFileSync(path));
    });
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}

function report({ machine, browser, node, comparisons }: BrowserDocument): string {
  const rows = comparisons.map(({ title, kernels, ratio, atLeast, ...rates }) => [
    title,
    kernels,
    whole(rates.browser.median),
    whole(rates.node.median),
    showRatio(ratio),
    `${atLeast}`,
  ]);
  const head = ['workload', 'kernels', 'browser, examples/s', 'Node, examples/s', 'browser / Node', 'aim'];
  return [
    ...describeMachine(machine),
    `${browser}, and Node ${node.slice(1)} beside it`,
    textTable(head, rows),
    '',
  ].join('\n');
}
