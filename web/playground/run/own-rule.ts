import { type AnyNode, type Program, parse } from 'acorn';
import * as dendrite from '../../../browser.ts';
import { isRuleDefinition, type RuleDefinition } from '../../../rules/index.ts';

/** What is wrong with a rule file of the user's own, in one sentence. */
export class OwnRuleError extends dendrite.UserError {
  override name = 'OwnRuleError';
  /** From 1; null where it is not known. */
  readonly line: number | null;

  constructor(sentence: string, line: number | null = null, options?: ErrorOptions) {
    super(sentence, options);
    this.line = line;
  }
}

const FRAMEWORK = ['dendrite', 'dendrite/browser'];
/** Under which the framework lies in the worker, for the modules of users. */
const PLACE = Symbol.for('dendrite for a rule of your own');

/** A rule of a file of the user's own. */
export interface OwnRule {
  readonly definition: RuleDefinition;
  /** The error with the line of the file on which it came about, if the browser says. */
  located(error: unknown): OwnRuleError;
}

/**
 * The rule of a file. In it `import ... from 'dendrite'` means the framework that is running.
 * @param code the file as JavaScript, line by line as it was typed
 * @throws OwnRuleError when it cannot be read, imports something else, or does not export one rule
 */
export async function loadOwnRule(code: string): Promise<OwnRule> {
  // V8 keeps ten calls of a stack: the one in the rule may be deeper.
  (Error as { stackTraceLimit?: number }).stackTraceLimit = 100;
  const url = addressOf(withFramework(code));
  const located = (error: unknown) => atLine(error, url);
  const exported: Record<string, unknown> = await import(/* @vite-ignore */ url).catch((error) => {
    throw located(error);
  });
  const rules = Object.values(exported).filter(isRuleDefinition);
  if (rules.length === 1) return { definition: rules[0]!, located };
  throw new OwnRuleError(
    rules.length === 0
      ? 'the file exports no rule; write `export const ... = defineRule({ ... })`'
      : `the file exports ${rules.length} rules (${rules.map(({ name }) => name).join(', ')}); export one`,
  );
}

function read(code: string): Program {
  try {
    return parse(code, { ecmaVersion: 2023, sourceType: 'module', locations: true });
  } catch (error) {
    const { message, loc } = error as SyntaxError & { readonly loc?: { readonly line: number } };
    throw new OwnRuleError(message.replace(/ \(\d+:\d+\)$/, ''), loc?.line ?? null);
  }
}

/** The code with the imports of the framework led to where it lies. */
function withFramework(code: string): string {
  let [text, at] = ['', 0];
  for (const node of read(code).body) {
    if (!('source' in node) || !node.source) continue;
    const line = node.loc!.start.line;
    const { source } = node;
    if (!FRAMEWORK.includes(String(source.value)))
      throw new OwnRuleError(
        `there is no '${source.value}' in this page; a rule can import 'dendrite' alone`,
        line,
      );
    const unknown = importedNames(node).find((name) => !Object.hasOwn(dendrite, name));
    if (unknown !== undefined) throw new OwnRuleError(`'dendrite' has no '${unknown}' in a browser`, line);
    text += `${code.slice(at, source.start)}'${frameworkAddress()}'`;
    at = source.end;
  }
  return text + code.slice(at);
}

const importedNames = (node: AnyNode): string[] =>
  node.type !== 'ImportDeclaration'
    ? []
    : node.specifiers.flatMap((specifier) =>
        specifier.type === 'ImportSpecifier' && specifier.imported.type === 'Identifier'
          ? [specifier.imported.name]
          : [],
      );

let address: string | null = null;

/** Address of a module that exports what the framework has. */
function frameworkAddress(): string {
  (globalThis as Record<symbol, unknown>)[PLACE] = dendrite;
  address ??= addressOf(
    `export const { ${Object.keys(dendrite).join(', ')} } = globalThis[Symbol.for('${PLACE.description}')];`,
  );
  return address;
}

const addressOf = (module: string): string =>
  URL.createObjectURL(new Blob([module], { type: 'text/javascript' }));

function atLine(error: unknown, url: string): OwnRuleError {
  const { message = String(error), stack = '' } = error instanceof Error ? error : {};
  const at = stack.indexOf(`${url}:`);
  const line = at < 0 ? null : Number.parseInt(stack.slice(at + url.length + 1), 10);
  return new OwnRuleError(message, line, { cause: error });
}
