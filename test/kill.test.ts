import { existsSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { torture } from './torture.ts';

const title =
  'a sweep that is killed at 25 random moments and resumed comes to what an undisturbed one comes to';
if (existsSync('/proc/self/stat'))
  test(title, async () => {
    const { sweeps, progressed } = await torture(25, 17);
    // One with checkpoints after each epoch, and one with checkpoints within epochs.
    assert.ok(sweeps >= 2);
    // The kills met processes at work, not only ones that were starting.
    assert.ok(progressed >= 5, String(progressed));
  });
else {
  console.log(`skipped, ${title}: it looks into /proc`);
  test.skip(title);
}

test.run();
