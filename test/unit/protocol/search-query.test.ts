import assert from 'node:assert/strict';
import { parseSearchQuery, withSearchFilter } from '../../../protocol/src/index.ts';

/** The meaning of each query: free text, and values by key. */
const cases: readonly (readonly [query: string, text: string, filters: Record<string, string[]>])[] = [
  ['', '', {}],
  ['foo bar', 'foo bar', {}],
  ['  foo \t bar ', 'foo bar', {}],
  ['foo: bar', 'foo: bar', {}],
  ['foo: bar foo:bar', 'foo: bar', { foo: ['bar'] }],
  ['Resque::DirtyExit', 'Resque::DirtyExit', {}],
  [':foo', ':foo', {}],
  ['key:', '', { key: [''] }],
  ['foo bar key:value', 'foo bar', { key: ['value'] }],
  ['key:Resque::DirtyExit', '', { key: ['Resque::DirtyExit'] }],
  ['url:http://example.com', '', { url: ['http://example.com'] }],
  ['foo.bar:x foo-bar:y foo_bar:z', '', { 'foo.bar': ['x'], 'foo-bar': ['y'], foo_bar: ['z'] }],
  ['a:1 b:2 a:3', '', { a: ['1', '3'], b: ['2'] }],
  ['key:"value1  value2"', '', { key: ['value1  value2'] }],
  ["key:'value1 value2'", '', { key: ['value1 value2'] }],
  ['key:"a value" hello', 'hello', { key: ['a value'] }],
  ['"user:foo bar"', 'user:foo bar', {}],
  ["'foo bar' x", 'foo bar x', {}],
  ["it's", "it's", {}],
  ['"foo', 'foo', {}],
  ['a:"\\"a\\""', '', { a: ['\\"a\\"'] }],
  ['a:"i \\" quote" b:"b\\"bb" c:"cc"', '', { a: ['i \\" quote'], b: ['b\\"bb'], c: ['cc'] }],
  ['a:a AND b:b or c:c', '', { a: ['a'], b: ['b'], c: ['c'] }],
  ['( a:a AND (b:b OR c:c ) )', '', { a: ['a'], b: ['b'], c: ['c'] }],
  ['((x y)) a():>a AND (!b:b OR c():<c) z)', 'x y z', { 'a()': ['>a'], '!b': ['b'], 'c()': ['<c'] }],
];

describe('a search query', () => {
  it('[1.3] parses quickly at its maximum length, for any content', () => {
    for (const part of ['"', ')', '(', "'", ':', ' ', ': ', 'a:b ', '\\"']) {
      const startedAt = performance.now();
      parseSearchQuery(`a:${part.repeat(16_000 / part.length)}x`);
      assert.ok(performance.now() - startedAt < 500, `${JSON.stringify(part)} took ${performance.now() - startedAt} ms`);
    }
  });

  for (const [query, text, filters] of cases) {
    it(`[1.3] ${JSON.stringify(query)} means ${JSON.stringify({ text, ...filters })}`, () => {
      const found = parseSearchQuery(query);
      assert.deepEqual([found.text, Object.fromEntries(found.filters)], [text, filters]);
    });
  }

  it('formats filters so that they parse to the same values', () => {
    for (const value of ['owner', 'two words', 'a:b', `it's`]) {
      const written = withSearchFilter('free role:x text', 'role', value);
      assert.deepEqual(parseSearchQuery(written).filters.get('role'), [value]);
      assert.equal(parseSearchQuery(written).text, 'free text');
      assert.equal(withSearchFilter(written, 'role', null), 'free text');
    }
  });
});
