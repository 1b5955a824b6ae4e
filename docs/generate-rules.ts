/**
 * Writes a page for each built-in rule, and the table of rules in the README, from the definitions and the table of all rules. Run it
 * after a change of a definition:
 *
 *     npm run docs
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expectedFigure, readAllRules, TABLES } from '../experiments/index.ts';
import { markdownTable, withBlock } from '../results/index.ts';
import {
  describePlausibility,
  describeRecipe,
  describeSearch,
  describeValues,
  equationLines,
  RULES,
  type RuleDefinition,
} from '../rules/index.ts';
import { declaredSpace } from '../training/index.ts';

const FOLDER = fileURLToPath(new URL('rules/', import.meta.url));
const README = fileURLToPath(new URL('../README.md', import.meta.url));
/** Those of `dendrite compare`: a recipe can depend on the size of the network. */
const LAYERS = [784, 500, 10];
const ALL = readAllRules(TABLES);

/** All pages, by file name. */
export const rulePages = (): Map<string, string> =>
  new Map([
    ['README.md', indexPage()],
    ...RULES.map((rule): [string, string] => [`${rule.name}.md`, rulePage(rule)]),
  ]);

/** What rules for one task alone are tried with. */
const EXAMPLES: Readonly<Record<string, string>> = {
  retrieval: '--dataset patterns:64 --layers 64,64 --task retrieval:flips-10 --examples 5',
  'next-symbol':
    '--dataset graph-worlds:3x3-torus --layers 36,24,810 --task next-symbol:unseen-edge --examples 6000',
  inpaint: '--dataset mnist-small:8 --layers 64,48 --task inpaint --examples 1000',
  'associative-recall': '--dataset associative-recall:8 --task associative-recall --examples 16000',
};

/** A comparison small enough to be tried at once: the test of this page runs it. */
const exampleOf = ({ name, trial, onlyTask }: RuleDefinition): string =>
  onlyTask
    ? `npx dendrite compare --rules ${name} ${EXAMPLES[onlyTask]} --seeds 2`
    : `npx dendrite compare --rules ${name === 'backprop' ? name : `backprop,${name}`} --layers ${trial?.layers ?? '784,50,10'} --examples ${trial?.examples ?? 2000} --seeds 2`;

/** The families and their rules, as they stand in the README between two comments. */
const familyTable = (): string =>
  markdownTable(
    ['family', 'rules'],
    [...new Set(RULES.map(({ family }) => family!))].map((one) => [
      one,
      RULES.filter(({ family }) => family === one)
        .map(({ name }) => `[\`${name}\`](docs/rules/${name}.md)`)
        .join(', '),
    ]),
  );

/** The README with the table of the rules brought up to date. */
export const withFamilyTable = (readme: string): string =>
  withBlock(readme, { file: 'README.md', name: 'rules', generator: 'docs/generate-rules.ts' }, familyTable());

function rulePage(rule: RuleDefinition): string {
  const { name, title, summary, source, family, network, plausibility, notes } = rule;
  return page(
    name,
    `# ${title}`,
    `\`${name}\` · ${family} · ${network.name} network`,
    summary,
    '## Mathematics',
    equationLines(rule)
      .map((line) => `    ${line}`)
      .join('\n'),
    `The symbols are those of [all rules](README.md).`,
    ...(notes ? [notes] : []),
    '## Options',
    optionTable(rule),
    ...recipeSection(rule),
    ...expectedSection(rule),
    '## Tuning',
    tuningList(rule),
    '## Example',
    `    ${exampleOf(rule)}`,
    '## What it assumes',
    describePlausibility(plausibility!)
      .map(([part, words]) => `- ${part}: ${words}`)
      .join('\n'),
    '## Reference',
    source,
  );
}

/** What came out where all rules were compared. */
function expectedSection({ name }: RuleDefinition): string[] {
  const figure = ALL && expectedFigure(ALL, name);
  return figure === null ? [] : ['## Expected figure', figure];
}

function indexPage(): string {
  const parts = describePlausibility(RULES[0]!.plausibility!).map(([part]) => part);
  return page(
    '*',
    '# Learning rules',
    markdownTable(
      ['rule', 'family', ...parts],
      RULES.map(({ name, family, plausibility }) => [
        `[${name}](${name}.md)`,
        family!,
        ...describePlausibility(plausibility!).map(([, words]) => words),
      ]),
    ),
    '`dendrite rules` shows this table too. `test/rules/locality.test.ts` checks the last column of rules that classify (memories have tests of their own): it changes what a synapse does not see by the table, and the update of the synapse must stay the same.',
    '## Symbols',
    [
      '- A row of a matrix is an example; layers are numbered from the input, 0, to the output, L.',
      '- h_l: firing rates of layer l, h_0 = x; v_l: potentials of its somata; f: activation; t: one-hot target.',
      '- W_l: forward weights from layer l − 1 to layer l, a row a presynaptic neuron; B_l, F: feedback weights.',
      '- ∘: product element by element; η: learning rate. A product over the rows of a minibatch is its mean.',
      '- ΔW is what plain gradient descent does; every rule can be used with every optimizer. Biases learn like weights from a neuron that always fires at 1, unless a rule says otherwise.',
    ].join('\n'),
  );
}

const page = (source: string, ...blocks: string[]): string =>
  `<!-- Written by docs/generate-rules.ts from rules/${source}.ts: change that, then run \`npm run docs\`. -->\n\n${blocks.join('\n\n')}\n`;

const optionTable = ({ name, options }: RuleDefinition): string =>
  Object.keys(options).length === 0
    ? 'None.'
    : markdownTable(
        [`option (\`--set ${name}.<option>=<value>\`)`, 'default', 'values', 'what it is'],
        Object.entries(options).map(([option, definition]) => [
          `\`${option}\``,
          `\`${definition.default}\``,
          describeValues(definition),
          definition.description,
        ]),
      );

/** What `--tune` searches. */
const tuningList = (rule: RuleDefinition): string =>
  rule.searchSpace === null
    ? 'Nothing: what is stored is stored at once, and `--task retrieval` has no validation score to choose by.'
    : `[\`--tune\`](../tuning.md) searches\n\n${Object.entries(declaredSpace(rule))
        .map(([name, search]) => `- \`${name}\`: ${describeSearch(search)}`)
        .join('\n')}`;

function recipeSection({ name, onlyTask, recipes = [] }: RuleDefinition): string[] {
  if (recipes.length === 0) return [];
  return [
    '## Recipes',
    `Settings under a name, with where they come from${onlyTask ? '' : `, here for layers ${LAYERS.join(',')}`}. The first holds where you do not choose; \`--recipe ${name}=<name>\` takes another.`,
    markdownTable(
      ['recipe', 'source', 'published figure', 'settings'],
      recipes.map((recipe) => [
        `\`${recipe.name}\``,
        recipe.source,
        recipe.figure ?? '–',
        describeRecipe(recipe, LAYERS)
          .map(([setting, value]) => `${setting} \`${value}\``)
          .join(', '),
      ]),
    ),
  ];
}

if (import.meta.url === pathToFileURL(process.argv[1]!).href) {
  mkdirSync(FOLDER, { recursive: true });
  for (const [file, text] of rulePages()) writeFileSync(`${FOLDER}${file}`, text);
  writeFileSync(README, withFamilyTable(readFileSync(README, 'utf8')));
}
