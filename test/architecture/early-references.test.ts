import assert from 'node:assert/strict';
import { listFiles, readSource } from '../support/source-files.ts';
import { childrenOf, parseCode, type SyntaxNode } from '../support/syntax-tree.ts';

/**
 * A function that refers to a constant which its surrounding function declares after an `await`. A
 * call during the wait throws a ReferenceError. The compiler accepts it, because the call may come
 * later.
 */
function findEarlyReferences(source: string, file: string): string[] {
  const found: string[] = [];
  const visitBlock = (block: SyntaxNode) => {
    const declared = new Map<string, SyntaxNode>();
    const awaits: number[] = [];
    for (const statement of block.body as SyntaxNode[]) {
      awaits.push(...awaitsIn(statement));
      if (statement.type !== 'VariableDeclaration') continue;
      for (const declaration of statement.declarations as SyntaxNode[])
        for (const name of boundNames(declaration.id as SyntaxNode)) declared.set(name, declaration);
    }
    for (const statement of block.body as SyntaxNode[]) {
      for (const { name, start } of referencesOf(statement)) {
        const declaration = declared.get(name);
        const isWaitedFor = (at: number) => at > start && at < declaration!.end;
        if (declaration && start < declaration.start && awaits.some(isWaitedFor))
          found.push(`${file}:${source.slice(0, start).split('\n').length} ${name}`);
      }
    }
  };
  const visit = (node: SyntaxNode) => {
    if (node.type === 'BlockStatement') visitBlock(node);
    for (const child of childrenOf(node)) visit(child);
  };
  visit(parseCode(file, source).program);
  return found;
}

/** The positions of the waits of a function itself. */
function awaitsIn(node: SyntaxNode): number[] {
  if (/Function/.test(node.type)) return [];
  return [...(node.type === 'AwaitExpression' ? [node.start] : []), ...childrenOf(node).flatMap(awaitsIn)];
}

function boundNames(pattern: SyntaxNode): string[] {
  if (pattern.type === 'Identifier') return [pattern.name as string];
  return childrenOf(pattern).flatMap((child) => boundNames((child.type === 'Property' ? child.value : child) as SyntaxNode));
}

/** The names that a statement refers to, except those of nested functions that bind them again. */
function referencesOf(node: SyntaxNode, bound: ReadonlySet<string> = new Set()): { readonly name: string; readonly start: number }[] {
  if (node.type.startsWith('TS') && !('expression' in node)) return [];
  if (node.type === 'Identifier') return bound.has(node.name as string) ? [] : [{ name: node.name as string, start: node.start }];
  if (node.type === 'MemberExpression' && node.computed === false) return referencesOf(node.object as SyntaxNode, bound);
  if (node.type === 'Property' && node.computed === false) return referencesOf(node.value as SyntaxNode, bound);
  if (node.type === 'VariableDeclarator') return node.init ? referencesOf(node.init as SyntaxNode, bound) : [];
  const inner = new Set(bound);
  if (Array.isArray(node.params)) for (const param of node.params as SyntaxNode[]) for (const name of boundNames(param)) inner.add(name);
  if (node.type === 'BlockStatement') {
    for (const statement of node.body as SyntaxNode[]) {
      if (statement.type !== 'VariableDeclaration') continue;
      for (const declaration of statement.declarations as SyntaxNode[])
        for (const name of boundNames(declaration.id as SyntaxNode)) inner.add(name);
    }
  }
  if (node.type === 'CatchClause' && node.param) for (const name of boundNames(node.param as SyntaxNode)) inner.add(name);
  return childrenOf(node).flatMap((child) => referencesOf(child, inner));
}

describe('a function within a function', () => {
  it('[H-94] counts as wrong when it refers to a constant that is declared after a wait', () => {
    const source = `async function start() {
      const report = () => parts.report();
      const parts = await open();
      return report;
    }`;
    assert.deepEqual(findEarlyReferences(source, 'start.ts'), ['start.ts:2 parts']);
    const fine =
      'function start() { const timer = after(() => clear(timer)); const read = ({ parts }) => parts.value; const parts = 1; const other = () => last; const last = 1; }';
    assert.deepEqual(findEarlyReferences(fine, 'fine.ts'), []);
  });

  it('[H-94] refers to no constant that is declared after a wait', () => {
    const folders = ['server/src', 'protocol/src', 'client-sdk/src'];
    const files = folders.flatMap((folder) => listFiles(folder, '.ts'));
    assert.deepEqual(
      files.flatMap((file) => findEarlyReferences(readSource(file), file)),
      [],
    );
  });
});
