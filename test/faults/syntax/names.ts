/** Which names of a source mean variables, and where they are declared. */
import ts from 'older-typescript/node_modules/typescript/lib/typescript.js';

/** Whether an identifier is the name of a property or member, not of a variable. */
export function isKey(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isBindingElement(parent)) return parent.propertyName === node;
  return (
    (ts.isPropertyAccessExpression(parent) || ts.isPropertyAssignment(parent) || ts.isClassElement(parent)) &&
    parent.name === node
  );
}

const declarations = new WeakMap<ts.Node, ReadonlySet<string>>();

/** The variables that a function, block, loop or file declares. */
export function declaredBy(node: ts.Node): ReadonlySet<string> {
  const known = declarations.get(node);
  if (known) return known;
  const names = new Set<string>();
  const add = (name: ts.Node | undefined): void => {
    if (!name) return;
    if (ts.isIdentifier(name)) names.add(name.text);
    else ts.forEachChild(name, (element) => add((element as ts.BindingElement).name));
  };
  const addAll = (list: ts.VariableDeclarationList): void => {
    for (const { name } of list.declarations) add(name);
  };
  const addOf = (statement: ts.Node): void => {
    if (ts.isVariableStatement(statement)) addAll(statement.declarationList);
    if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) add(statement.name);
    if (!ts.isImportDeclaration(statement)) return;
    const { name, namedBindings } = statement.importClause ?? {};
    add(name);
    if (namedBindings && ts.isNamedImports(namedBindings))
      for (const one of namedBindings.elements) add(one.name);
    else if (namedBindings) add(namedBindings.name);
  };
  if (ts.isFunctionLike(node)) for (const { name } of node.parameters) add(name);
  if (ts.isBlock(node) || ts.isSourceFile(node)) node.statements.forEach(addOf);
  if (ts.isForStatement(node) || ts.isForOfStatement(node) || ts.isForInStatement(node))
    if (node.initializer && ts.isVariableDeclarationList(node.initializer)) addAll(node.initializer);
  if (ts.isCatchClause(node)) add(node.variableDeclaration?.name);
  declarations.set(node, names);
  return names;
}

/** The node that declares a variable of that name for this place, or undefined. */
export function declarer(name: string, at: ts.Node | undefined): ts.Node | undefined {
  return at && (declaredBy(at).has(name) ? at : declarer(name, at.parent));
}

/** Whether the variable belongs to a function, block or loop, not to the whole file. */
export const isLocal = (name: string, at: ts.Node): boolean => {
  const by = declarer(name, at);
  return by !== undefined && !ts.isSourceFile(by);
};
