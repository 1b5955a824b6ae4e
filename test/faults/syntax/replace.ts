/**
 * Finds a piece of syntax in a source and puts another in its place.
 *
 * A pattern is an expression or one statement of TypeScript. White space, comments, quotes, types, `!`, parentheses and the
 * braces around a single statement have no say. Neither have the names of local variables: where the source does not know
 * a name of the pattern, that name stands for whichever local variable is found in its place. `$name` stands for any
 * expression, `$$name` for any number of arguments, parameters, elements, properties or statements. In the replacement
 * the same names and holes stand for what they were found to be.
 *
 * The sources are parsed by the older TypeScript that the declarations are tested with: it reads today's syntax with types
 * and keeps positions, where the TypeScript that compiles has no interface for programs, and acorn reads JavaScript alone.
 */
import ts from 'older-typescript/node_modules/typescript/lib/typescript.js';
import { declaredBy, declarer, isKey, isLocal } from './names.ts';

/** What holes and names of a pattern were found to be. */
interface Found {
  /** By hole: its nodes in the source, one for `$name`. */
  readonly holes: ReadonlyMap<string, readonly ts.Node[]>;
  /** By name in the pattern: the name in the source. */
  readonly names: ReadonlyMap<string, string>;
  /** Names that the functions of the pattern at hand declare. */
  readonly inner: ReadonlySet<string>;
}

const NOTHING: Found = { holes: new Map(), names: new Map(), inner: new Set() };

function parse(text: string): ts.SourceFile {
  const file = ts.createSourceFile('fault.ts', text, ts.ScriptTarget.Latest, true);
  const [fault] = (file as unknown as { parseDiagnostics: ts.Diagnostic[] }).parseDiagnostics;
  if (fault) throw new Error(`${ts.flattenDiagnosticMessageText(fault.messageText, ' ')} in: ${text}`);
  return file;
}

/** A piece of syntax: an expression, unless it can only be statements. */
function parsePiece(text: string): ts.Expression | readonly ts.Statement[] {
  try {
    const [only] = parse(`(${text}\n)`).statements;
    return ((only as ts.ExpressionStatement).expression as ts.ParenthesizedExpression).expression;
  } catch {
    return parse(text).statements;
  }
}

const isExpression = (piece: ts.Expression | readonly ts.Statement[]): piece is ts.Expression =>
  !Array.isArray(piece);

/** A node without what has no say around it. */
function bare(node: ts.Node): ts.Node {
  if (
    ts.isParenthesizedExpression(node) ||
    ts.isNonNullExpression(node) ||
    ts.isAsExpression(node) ||
    ts.isSatisfiesExpression(node)
  )
    return bare(node.expression);
  if (!ts.isBlock(node) || node.statements.length !== 1) return node;
  const [only] = node.statements;
  const isBody = ts.isArrowFunction(node.parent) && ts.isReturnStatement(only!) && only.expression;
  return bare(isBody ? only.expression! : only!);
}

/** The children that have a say: no types, no marks of types, and no modifiers but `async`. */
function partsOf(node: ts.Node): ts.Node[] {
  const parts: ts.Node[] = [];
  ts.forEachChild(node, (child) => {
    const isType = ts.isTypeNode(child) || ts.isTypeParameterDeclaration(child);
    const isMark = ts.isModifier(child) && child.kind !== ts.SyntaxKind.AsyncKeyword;
    const isOptional = ts.isParameter(node) && child === node.questionToken;
    if (!isType && !isMark && !isOptional) parts.push(child);
  });
  return parts;
}

/** Name of the hole for any number of nodes that stands at this place of a pattern. */
function listHole(node: ts.Node): string | null {
  const name = ts.isExpressionStatement(node)
    ? node.expression
    : ts.isShorthandPropertyAssignment(node) || ts.isParameter(node) || ts.isBindingElement(node)
      ? node.name
      : node;
  return ts.isIdentifier(name) && name.text.startsWith('$$') ? name.text : null;
}

/** What is known after the pattern was compared with the source, or null where they differ. */
function match(pattern: ts.Node, source: ts.Node, found: Found): Found | null {
  if (ts.isIdentifier(pattern) && pattern.text.startsWith('$')) return fill(pattern.text, [source], found);
  const [p, s] = [bare(pattern), bare(source)];
  if (p !== pattern) return match(p, s, found);
  if (ts.isObjectLiteralElement(p) && ts.isObjectLiteralElement(s)) {
    const [one, other] = [property(p), property(s)];
    if (one && other) return one.key === other.key ? match(one.value, other.value, found) : null;
  }
  if (ts.isBindingElement(p) && ts.isBindingElement(s)) {
    const key = ({ propertyName, name }: ts.BindingElement) => (propertyName ?? name).getText();
    if (ts.isObjectBindingPattern(s.parent) && key(p) !== key(s)) return null;
    if (!p.initializer && !s.initializer && !p.dotDotDotToken && !s.dotDotDotToken)
      return match(p.name, s.name, found);
  }
  if (ts.isStringLiteralLike(p) && ts.isStringLiteralLike(s)) return p.text === s.text ? found : null;
  if (p.kind !== s.kind) return null;
  if (ts.isIdentifier(p)) return matchName(p, s as ts.Identifier, found);
  const [parts, others] = [partsOf(p), partsOf(s)];
  if (parts.length === 0 && others.length === 0) return p.getText() === s.getText() ? found : null;
  if (ts.isPrefixUnaryExpression(p) || ts.isPostfixUnaryExpression(p))
    if (p.operator !== (s as ts.PrefixUnaryExpression).operator) return null;
  if (!ts.isFunctionLike(p)) return matchAll(parts, others, found);
  // The names of its parameters hold within the function alone.
  const own = declaredBy(p);
  const notOwn = ({ names }: Found) => [...names].filter(([name]) => !own.has(name));
  const inner = new Set([...found.inner, ...own]);
  const after = matchAll(parts, others, { ...found, inner, names: new Map(notOwn(found)) });
  return after && { ...after, inner: found.inner, names: new Map([...found.names, ...notOwn(after)]) };
}

/** Key and value of `key: value` and `key`. */
function property(node: ts.ObjectLiteralElement): { key: string; value: ts.Node } | null {
  if (ts.isPropertyAssignment(node)) return { key: node.name.getText(), value: node.initializer };
  if (ts.isShorthandPropertyAssignment(node)) return { key: node.name.text, value: node.name };
  return null;
}

function matchName(p: ts.Identifier, s: ts.Identifier, found: Found): Found | null {
  if (isKey(p) || isKey(s)) return p.text === s.text && isKey(p) === isKey(s) ? found : null;
  const known = found.names.get(p.text);
  if (known !== undefined) return known === s.text ? found : null;
  if ([...found.names.values()].includes(s.text)) return null;
  const isRenamed = isLocal(s.text, s) && (found.inner.has(p.text) || declarer(p.text, s) === undefined);
  if (p.text !== s.text && !isRenamed) return null;
  return { ...found, names: new Map(found.names).set(p.text, s.text) };
}

function matchAll(patterns: readonly ts.Node[], sources: readonly ts.Node[], found: Found): Found | null {
  const [first, ...rest] = patterns;
  if (!first) return sources.length === 0 ? found : null;
  const hole = listHole(first);
  if (hole === null) {
    const after = sources[0] ? match(first, sources[0], found) : null;
    return after && matchAll(rest, sources.slice(1), after);
  }
  for (let count = 0; count <= sources.length; count++) {
    const filled = fill(hole, sources.slice(0, count), found);
    const after = filled && matchAll(rest, sources.slice(count), filled);
    if (after) return after;
  }
  return null;
}

function fill(hole: string, nodes: readonly ts.Node[], found: Found): Found | null {
  const known = found.holes.get(hole);
  if (!known) return { ...found, holes: new Map(found.holes).set(hole, nodes) };
  const text = (list: readonly ts.Node[]) => list.map((node) => node.getText().replace(/\s/g, '')).join();
  return text(known) === text(nodes) ? found : null;
}

/** Expressions that would be torn apart beside another operator. */
const needsParentheses = (node: ts.Node): boolean =>
  ts.isBinaryExpression(node) ||
  ts.isConditionalExpression(node) ||
  ts.isPrefixUnaryExpression(node) ||
  ts.isArrowFunction(node);

function textOf(nodes: readonly ts.Node[]): string {
  if (nodes.length === 0) return '';
  const text = nodes[0]!.getSourceFile().text.slice(nodes[0]!.getStart(), nodes.at(-1)!.getEnd());
  return nodes.length === 1 && needsParentheses(nodes[0]!) ? `(${text})` : text;
}

/** The replacement with what was found in place of its holes and names. */
function write(replacement: string, { holes, names }: Found): string {
  const piece = parsePiece(replacement);
  const roots: readonly ts.Node[] = isExpression(piece) ? [piece] : piece;
  const { text } = roots[0]?.getSourceFile() ?? { text: replacement };
  let written = '';
  let done = roots[0]?.getStart() ?? 0;
  const put = (until: number, from: number, what: string): void => {
    written += text.slice(done, until) + what;
    done = from;
  };
  const visit = (node: ts.Node): void => {
    ts.forEachChild(node, visit);
    if (!ts.isIdentifier(node)) return;
    const filled = holes.get(node.text);
    if (node.text.startsWith('$') && !filled) throw new Error(`nothing was found for '${node.text}'`);
    const name = names.get(node.text);
    if (filled) {
      // No comma follows where nothing was found.
      const comma = filled.length === 0 ? /^\s*,\s*|^/.exec(text.slice(node.end))![0].length : 0;
      put(node.getStart(), node.end + comma, textOf(filled));
    } else if (name !== undefined && name !== node.text && !isKey(node) && !isLocal(node.text, node)) {
      if (isLocal(name, node)) throw new Error(`'${name}' of the replacement means something else there`);
      const key = ts.isShorthandPropertyAssignment(node.parent) ? `${node.text}: ` : '';
      put(node.getStart(), node.end, key + name);
    }
  };
  roots.forEach(visit);
  const whole = written + text.slice(done, roots.at(-1)?.end ?? done);
  return isExpression(piece) && needsParentheses(piece) ? `(${whole})` : whole;
}

/** @throws Error when the replacement uses a name that means nothing at its place: it would fail for no good reason */
function checkNames(replacement: string, place: ts.Node): void {
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node)) return;
    ts.forEachChild(node, visit);
    if (!ts.isIdentifier(node) || isKey(node)) return;
    const { text } = node;
    if (!declarer(text, node) && !declarer(text, place) && !(text in globalThis) && text !== 'undefined')
      throw new Error(`the replacement uses '${text}', which is unknown there`);
  };
  const piece = parsePiece(replacement);
  (isExpression(piece) ? [piece] : piece).forEach(visit);
}

/** Whether a node lies within the function, method, property or variable of that name. */
const liesIn = (name: string, node: ts.Node | undefined): boolean =>
  node !== undefined && ((node as ts.NamedDeclaration).name?.getText() === name || liesIn(name, node.parent));

/**
 * The source with the one place that fits the pattern replaced.
 * @param within only there: name of a function, method, property or variable
 * @throws Error when no place fits or several do, or the replacement means nothing there
 */
export function replaceSyntax(source: string, find: string, replacement: string, within?: string): string {
  const file = parse(source);
  const piece = parsePiece(find);
  const [whole, more] = isExpression(piece) ? [piece] : piece;
  if (!whole || more) throw new Error(`'${find}' is neither an expression nor a statement`);
  const pattern = bare(whole);
  const places: { node: ts.Node; found: Found }[] = [];
  const visit = (node: ts.Node): void => {
    const isPlace =
      bare(node) === node && !ts.isTypeNode(node) && (within === undefined || liesIn(within, node));
    const found = isPlace && node.kind === pattern.kind ? match(pattern, node, NOTHING) : null;
    if (found) places.push({ node, found });
    ts.forEachChild(node, visit);
  };
  visit(file);
  if (places.length !== 1)
    throw new Error(`'${find}' is there ${places.length} times${within ? ` in '${within}'` : ''}, not once`);
  const { node, found } = places[0]!;
  const written = write(replacement, found);
  checkNames(written, node);
  // An object as the value of a function would be read as its block.
  const isBody = written.startsWith('{') && ts.isArrowFunction(node.parent);
  return source.slice(0, node.getStart()) + (isBody ? `(${written})` : written) + source.slice(node.getEnd());
}
