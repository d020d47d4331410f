import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { childrenOf, parseCode, type SyntaxNode } from '../support/syntax-tree.ts';

/** The places of a test that repeat an `assert.ok` without a message. */
function findSilentAssertions(source: string, file = 'example.test.ts'): string[] {
  if (!source.includes('eventually(')) return [];
  const found: string[] = [];
  const visit = (node: SyntaxNode, isRepeated: boolean): void => {
    const callee = node.type === 'CallExpression' ? (node.callee as SyntaxNode) : null;
    const called = callee && source.slice(callee.start, callee.end);
    if (isRepeated && called === 'assert.ok' && (node.arguments as SyntaxNode[]).length === 1) {
      found.push(`${file}:${source.slice(0, node.start).split('\n').length}`);
    }
    for (const child of childrenOf(node)) visit(child, isRepeated || called === 'eventually');
  };
  visit(parseCode(file, source).program, false);
  return found;
}

describe('assertions', () => {
  it('have a message where they are repeated, because Node would parse the test’s source at each attempt', function () {
    // It parses most tests, which takes a multiple of the usual time on a busy machine.
    this.timeout(120_000);
    const files = readdirSync('test', { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
      .map((entry) => path.join(entry.parentPath, entry.name));
    const found = files.flatMap((file) => findSilentAssertions(readFileSync(file, 'utf8'), file));
    assert.deepEqual(found, []);
  });

  it('count as repeated in nested functions, and not elsewhere', () => {
    assert.deepEqual(findSilentAssertions('await eventually(async () => {\n  assert.ok(await isDone());\n});'), ['example.test.ts:2']);
    assert.deepEqual(findSilentAssertions("assert.ok(isDone());\nawait eventually(() => assert.ok(isDone(), 'not done'));"), []);
  });
});
