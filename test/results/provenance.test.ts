import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { collectProvenance } from '../../results/index.ts';
import { gitState } from '../../results/provenance.ts';

test('provenance names the version, Node and the machine, and the host is not part of it', () => {
  const provenance = collectProvenance();
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  assert.is(provenance.dendrite, version);
  assert.is(provenance.node, process.version);
  assert.is(provenance.platform, `${process.platform}-${process.arch}`);
  assert.ok(provenance.cpu.length > 0);
  assert.ok(Number.isInteger(provenance.cores) && provenance.cores >= 1);
  assert.is(new Date(provenance.date).toISOString(), provenance.date);
  const keys = ['cores', 'cpu', 'date', 'dendrite', 'git', 'node', 'platform'];
  assert.equal(Object.keys(provenance).sort(), keys);
  assert.not(Object.values(provenance).includes(hostname()));
});

const hasGit = spawnSync('git', ['--version']).status === 0;
if (!hasGit) console.log('skipped: the state of a checkout (git is not installed)');
const gitTest = hasGit ? test : test.skip;

gitTest(
  'the state of a checkout is its commit and whether tracked files differ, recorded tables aside',
  () => {
    const root = mkdtempSync(join(tmpdir(), 'dendrite-git-'));
    const git = (...args: string[]) =>
      execFileSync('git', ['-C', root, '-c', 'user.name=A', '-c', 'user.email=a@example.org', ...args], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    try {
      assert.is(gitState(root), null, 'no repository');
      git('init');
      assert.is(gitState(root), null, 'no commit');
      writeFileSync(join(root, 'tracked'), 'one');
      mkdirSync(join(root, 'results', 'tables'), { recursive: true });
      const recorded = ['README.md', join('results', 'tables', 'paper.json')];
      for (const file of recorded) writeFileSync(join(root, file), 'one');
      git('add', 'tracked', ...recorded);
      git('commit', '--no-gpg-sign', '-m', 'First');
      const commit = git('log', '-1', '--format=%H').trim();
      assert.equal(gitState(root), { commit, dirty: false });
      writeFileSync(join(root, 'untracked'), 'one');
      assert.equal(gitState(root), { commit, dirty: false });
      for (const file of recorded) writeFileSync(join(root, file), 'two');
      assert.equal(gitState(root), { commit, dirty: false });
      writeFileSync(join(root, 'tracked'), 'two');
      assert.equal(gitState(root), { commit, dirty: true });
      mkdirSync(join(root, 'node_modules'));
      assert.is(gitState(join(root, 'node_modules')), null, "a folder inside someone else's repository");
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  },
);

test.run();
