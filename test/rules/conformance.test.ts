import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkRule } from '../../experiments/index.ts';
import { RULES, type RuleDefinition } from '../../rules/index.ts';

/** The promises that every rule keeps, on every rule. */
for (const rule of RULES)
  test(`${rule.name} passes every check`, async () => {
    for (const { check, passed, detail } of await checkRule(rule)) assert.ok(passed, `${check}: ${detail}`);
  });

// In time products are added up over the steps, where the form with steady potentials has one.
for (const dynamics of ['full', 'latent-equilibrium'])
  test(`dendritic-microcircuit passes every check with dynamics=${dynamics}`, async () => {
    const rule = RULES.find(({ name }) => name === 'dendritic-microcircuit')!;
    const given = { dynamics, timeStep: 0.5, untaughtTime: 5, taughtTime: 5 };
    const options = Object.fromEntries(
      Object.entries(rule.options).map(([name, option]) => [
        name,
        { ...option, default: given[name as keyof typeof given] ?? option.default },
      ]),
    );
    for (const { check, passed, detail } of await checkRule({ ...rule, options }))
      assert.ok(passed, `${check}: ${detail}`);
  });

const broken = (change: Partial<RuleDefinition>): RuleDefinition => ({
  ...RULES[0]!,
  name: 'broken',
  ...change,
});
const failures = async (rule: RuleDefinition) =>
  (await checkRule(rule)).filter(({ passed }) => !passed).map(({ check, detail }) => `${check}: ${detail}`);

test('a rule that learns nothing is found out', async () => {
  const idle = broken({
    build: ({ network, kernels: k }) => ({
      learn({ input, target }) {
        const activity = network.forward(input);
        const nothing = k.map((t) => t * 0, target);
        const directions = [
          {
            connection: network.connections.at(-1)!,
            products: [{ pre: activity.at(-2)!.rate, post: nothing, scale: 1 }],
          },
        ];
        return { output: activity.at(-1)!.rate, directions };
      },
    }),
  });
  assert.match((await failures(idle)).join('\n'), /learns a tiny task: test error/);
});

test('a rule whose values overflow is found out', async () => {
  const wild = broken({
    build: (context) => {
      const rule = RULES[0]!.build(context);
      const scale = 3e38;
      return {
        learn(batch) {
          const output = rule.learn(batch);
          return {
            ...output,
            directions: output.directions.map((d) => ({
              ...d,
              products: d.products.map((p) => ({ ...p, scale })),
            })),
          };
        },
      };
    },
  });
  assert.match(
    (await failures(wild)).join('\n'),
    /all values stay finite: the state '.*' holds a value that is not finite/,
  );
});

test('a rule that is not deterministic is found out', async () => {
  let calls = 0;
  const moody = broken({
    build: (context) => {
      const rule = RULES[0]!.build(context);
      calls++;
      const factor = 1 + calls / 10;
      return {
        learn(batch) {
          const output = rule.learn(batch);
          return {
            ...output,
            directions: output.directions.map((d) => ({
              ...d,
              products: d.products.map((p) => ({ ...p, scale: 0.05 * factor })),
            })),
          };
        },
      };
    },
  });
  assert.match(
    (await failures(moody)).join('\n'),
    /the same seed gives the same bits: the state '.*' differs/,
  );
});

test('a direction of the wrong shape is named', async () => {
  const askew = broken({
    build: ({ network }) => ({
      learn({ input, target }) {
        const activity = network.forward(input);
        const directions = [
          { connection: network.connections[0]!, products: [{ pre: input, post: target, scale: 1 }] },
        ];
        return { output: activity.at(-1)!.rate, directions };
      },
    }),
  });
  assert.match(
    (await failures(askew))[0]!,
    /'broken' gives a postsynaptic factor for 'input to hidden 1' of shape 20x4, but it must be 20x24/,
  );
});

for (const onlyTask of ['next-frame', 'own'])
  test(`a rule for the task ${onlyTask} alone, which has no trial, is not checked`, async () => {
    const results = await checkRule(broken({ onlyTask }));
    assert.equal(
      results.map(({ check, passed }) => [check, passed]),
      [['all checks', null]],
    );
    assert.match(results[0]!.detail, `there is no trial for the task '${onlyTask}'`);
  });

test.run();
