import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RULES } from '../../rules/index.ts';
import { RULES_FOR_OTHER_TASKS } from '../../web/left-out.ts';

test('the playground leaves out the rules that are for another task than classify, and no others', () => {
  const others = RULES.filter(({ onlyTask = 'classify' }) => onlyTask !== 'classify');
  assert.equal([...RULES_FOR_OTHER_TASKS], others.map(({ name }) => name).sort());
});

test.run();
