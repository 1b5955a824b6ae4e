import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inThisProcess, ROOT } from './dendrite.ts';

/** The command in a process of its own, with the page that `npm run build` makes. */
const test = suite('serve, the command');
const runs = mkdtempSync(join(tmpdir(), 'dendrite-serve-command-'));
test.after(() => rmSync(runs, { recursive: true }));

test('the command says where it is, and Ctrl-C ends it', async () => {
  assert.ok(existsSync(join(ROOT, 'dist/web/dashboard.html')), 'npm run build makes the page');
  const child = spawn(process.execPath, ['--import', 'tsx', 'cli/main.ts', 'serve', runs, '--port', '0'], {
    cwd: ROOT,
  });
  const ended = new Promise((resolve) => child.on('close', (code) => resolve(code)));
  const url = await new Promise<string>((resolve) =>
    child.stdout.setEncoding('utf8').on('data', (text) => resolve(/^http:\S+/.exec(text)![0])),
  );
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/$/);
  const events = await fetch(new URL('api/events', url));
  assert.is(events.status, 200);
  child.kill('SIGINT');
  assert.is(await ended, 0);
});

test('what cannot be served is a sentence', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const port = String((other.address() as AddressInfo).port);
  const taken = await inThisProcess(['serve', runs, '--port', port]);
  other.close();
  assert.is(taken.code, 1);
  assert.match(
    taken.stderr,
    /^dendrite: port \d+ cannot be listened at because another program uses it; choose another with --port, or --port 0 for any that is free\n$/,
  );
  const missing = await inThisProcess(['serve', join(runs, 'nowhere')]);
  assert.match(
    missing.stderr,
    /^dendrite: the folder \S+ cannot be served because it does not exist; [^\n]+\n$/,
  );
  const large = await inThisProcess(['serve', runs, '--port', '70000']);
  assert.is(large.stderr, "dendrite: --port '70000' must be 65535 or less; 0 is any that is free\n");
});

test.run();
