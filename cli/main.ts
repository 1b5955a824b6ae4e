#!/usr/bin/env node
import { flushed, surviveClosedPipes } from './output.ts';
import { run } from './run.ts';

surviveClosedPipes();
// A file above the shell's limit (ulimit -f) is an error of the write, which says so, and not the end of the process.
if (process.platform !== 'win32') process.on('SIGXFSZ', () => {});
const code = await run(process.argv.slice(2));
await flushed();
// Not left to the event loop: a timer or a socket that a plug-in left open would keep it going.
process.exit(code);
