import type { Plugin } from 'vite';

/**
 * Modules that packages load and no page calls: maps of the earth and axes of dates in Observable Plot, and what Sucrase does with
 * CommonJS, JSX, Flow, source maps and options that are wrong. They would be a tenth of what the playground loads.
 */
export const UNUSED_BY_PAGES: readonly RegExp[] = [
  /\/d3-geo\//,
  /\/d3-time-format\//,
  /\/sucrase\/dist\/esm\/parser\/plugins\/(?:flow|jsx\/index)\.js$/,
  /\/sucrase\/dist\/esm\/transformers\/(?:CJSImport|Flow|JestHoist|JSX|ReactDisplayName|ReactHotLoader)Transformer\.js$/,
  /\/sucrase\/dist\/esm\/(?:CJSImportProcessor|computeSourceMap|Options)\.js$/,
];

/** The same of the workers: JSON schemas, which zod makes of what it checks, tasks that the playground does not have, and what only these need. */
export const UNUSED_BY_WORKERS: readonly RegExp[] = [
  /\/zod\/v4\/core\/(?:json-schema-processors|to-json-schema)\.js$/,
  /\/training\/tasks\/(?:associative-recall|inpaint|next-frame|next-symbol|probe|reconstruct|retrieval|robustness)\.ts$/,
  /\/data\/(?:associative-recall|graph-worlds|moving-digits|patterns)\.ts$/,
  /\/networks\/(?:astrocyte|attention|tem-t)\.ts$/,
];

/** Names that a module exports, in the forms in which these packages write it. */
function exportsOf(code: string): string[] {
  const declared = code.matchAll(
    /^export\s+(default\s+)?(?:async\s+)?(?:function\*?|class|const|let|var)\s+(\w+)/gm,
  );
  const listed = code.matchAll(/^export\s*\{([^}]*)\}/gm);
  return [
    ...[...declared].map(([, isDefault, name]) => (isDefault ? 'default' : name!)),
    ...[...listed].flatMap(([, names]) =>
      names!
        .split(',')
        .map(
          (name) =>
            name
              .trim()
              .split(/\s+as\s+/)
              .at(-1)!,
        )
        .filter(Boolean),
    ),
  ];
}

/** What stands in for such a module: functions whose results throw when they are used. Some are called when a package is loaded. */
function standIn(module: string, names: readonly string[]): string {
  const message = JSON.stringify(`${module} is left out of this page (web/left-out.ts)`);
  const stubs = names.map((name) => `leftOut as ${name}`).join(', ');
  return `const nothing = new Proxy({}, { get() { throw new Error(${message}); } });
function leftOut() { return nothing; }
export { ${stubs} };`;
}

/** Leaves modules out of what is built. @param unused patterns of their paths, each of at least one that is loaded */
export function leftOut(unused: readonly RegExp[]): Plugin {
  const unseen = new Set(unused);
  return {
    name: 'dendrite-left-out',
    apply: 'build',
    transform(code, id) {
      const pattern = unused.find((one) => one.test(id));
      if (!pattern) return null;
      unseen.delete(pattern);
      return { code: standIn(id.split('/node_modules/').at(-1)!, exportsOf(code)), map: null };
    },
    buildEnd(error) {
      if (!error && unseen.size > 0)
        this.error(`web/left-out.ts names modules that are no longer there: ${[...unseen].join(', ')}`);
    },
  };
}

const COLOUR_TABLE = /ramp\(colors\("[0-9a-f]{600,}"\)\)/g;

/** Leaves out the colours of viridis, magma, inferno and plasma, which no figure uses: they hardly shrink when compressed. */
export const withoutColourTables: Plugin = {
  name: 'dendrite-without-colour-tables',
  apply: 'build',
  transform: {
    filter: { id: /\/d3-scale-chromatic\// },
    handler(code) {
      const short = code.replace(
        COLOUR_TABLE,
        '() => { throw new Error("these colours are left out of this page (web/left-out.ts)"); }',
      );
      if (short === code) this.error('web/left-out.ts finds no tables of colours in d3-scale-chromatic');
      return { code: short, map: null };
    },
  },
};

/** Files of the rules that are for a task alone which the playground does not have. */
export const RULES_FOR_OTHER_TASKS = [
  'astrocyte-attention',
  'astrocyte-equilibrium-propagation',
  'backprop-through-time',
  'dense-associative-memory',
  'hopfield',
  'modern-hopfield',
  'neuron-astrocyte',
] as const;

/** Leaves these rules out of the list of the workers. */
export const withoutOtherTasks: Plugin = {
  name: 'dendrite-without-other-tasks',
  apply: 'build',
  transform: {
    filter: { id: /\/rules\/built-in\.ts$/ },
    handler(code) {
      return { code: withoutLines(code, (message) => this.error(message)), map: null };
    },
  },
};

function withoutLines(code: string, fail: (message: string) => never): string {
  return RULES_FOR_OTHER_TASKS.reduce((rest, file) => {
    const line = new RegExp(`^export \\{ \\w+ \\} from ['"]\\./${file}\\.ts['"];$`, 'm');
    if (!line.test(rest)) fail(`web/left-out.ts finds no line of ${file} in rules/built-in.ts`);
    return rest.replace(line, '');
  }, code);
}
