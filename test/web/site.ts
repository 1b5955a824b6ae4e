import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { build } from 'vite';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/** A site that was built, on a host of its own. */
export interface Site {
  /** Of the folder that it lies in. */
  readonly url: string;
  /** Where its files are. */
  readonly folder: string;
  close(): void;
}

/** Builds the web app as `npm run build:web` does, and serves it from a folder within a static host that sends no headers of its own. */
export async function openSite(): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), 'dendrite-site-'));
  await build({
    configFile: fileURLToPath(new URL('../../web/vite.config.ts', import.meta.url)),
    logLevel: 'error',
    build: { outDir: folder, emptyOutDir: true },
  });
  const at = '/some/folder/';
  const server = createServer(({ url }, response) => {
    const { pathname } = new URL(url!, 'http://host');
    const path = join(folder, pathname === at ? 'index.html' : pathname.slice(at.length));
    if (!pathname.startsWith(at) || !existsSync(path)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' });
    response.end(readFileSync(path));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${at}`,
    folder,
    close() {
      server.close();
      server.closeAllConnections();
      rmSync(folder, { recursive: true });
    },
  };
}

/** What a page complained of, and what it asked of others than its host. */
export function watch(page: Page, { url }: Site): readonly string[] {
  const complaints: string[] = [];
  const { origin } = new URL(url);
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    const asked = new URL(request.url());
    if (asked.origin !== origin && !['data:', 'blob:'].includes(asked.protocol))
      complaints.push(`asks for ${asked.href}`);
  });
  page.on('requestfailed', (request) => complaints.push(`${request.url()}: ${request.failure()?.errorText}`));
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.url()} answers ${response.status()}`);
  });
  return complaints;
}
