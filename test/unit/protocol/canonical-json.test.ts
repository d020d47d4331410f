import assert from 'node:assert/strict';
import { canonicalJson } from '../../../protocol/src/json.ts';

describe('[F3] canonical JSON', () => {
  it('sorts the keys of each object, wherever it is', () => {
    const sorted = '{"a":[{"x":1,"y":{"p":null,"q":"é"}}],"b":true}';
    assert.equal(canonicalJson({ a: [{ x: 1, y: { p: null, q: 'é' } }], b: true }), sorted);
    assert.equal(canonicalJson({ b: true, a: [{ x: 1, y: { p: null, q: 'é' } }] }), sorted);
    assert.equal(canonicalJson({ a: [{ y: { p: null, q: 'é' }, x: 1 }], b: true }), sorted);
    assert.equal(canonicalJson({ a: [{ x: 1, y: { q: 'é', p: null } }], b: true }), sorted);
  });

  it('sorts numbers as text, and keys by UTF-16 code units', () => {
    // JavaScript always lists 9 before 10.
    assert.equal(canonicalJson({ 9: 1, 10: 2 }), '{"10":2,"9":1}');
    assert.equal(canonicalJson({ '🙂': 1, '\ufb01': 2 }), '{"🙂":1,"\ufb01":2}');
    assert.equal(canonicalJson({ '\ufb01': 2, '🙂': 1 }), '{"🙂":1,"\ufb01":2}');
  });

  it('leaves out members that are undefined', () => {
    assert.equal(canonicalJson({ a: undefined, b: 1 }), '{"b":1}');
    assert.equal(canonicalJson({ b: 1, a: undefined }), '{"b":1}');
    assert.equal(canonicalJson(undefined), 'null');
  });
});
