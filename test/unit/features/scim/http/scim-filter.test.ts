import assert from 'node:assert/strict';
import { OrgError } from '../../../../../protocol/src/index.ts';
import { parseGroupFilter, parsePath, parseUserFilter } from '../../../../../server/src/features/scim/http/scim-filter.ts';

describe('a SCIM filter', () => {
  it('[12] accepts eq on the stored attributes, in any case and with their schema', () => {
    const byName = [{ attribute: 'userName', value: 'a@b.example' }];
    for (const text of [
      'userName eq "a@b.example"',
      'username EQ "a@b.example"',
      'emails.value eq "a@b.example"',
      'urn:ietf:params:scim:schemas:core:2.0:User:userName eq "a@b.example"',
      '(userName eq "a@b.example")',
    ])
      assert.deepEqual(parseUserFilter(text), byName, text);
    assert.deepEqual(parseUserFilter('externalId eq "x"'), [{ attribute: 'externalId', value: 'x' }]);
    assert.deepEqual(parseUserFilter('value eq 123'), [{ attribute: 'id', value: '123' }]);
    assert.deepEqual(parseUserFilter('active eq true and id eq "1"'), [
      { attribute: 'active', value: true },
      { attribute: 'id', value: '1' },
    ]);
    assert.deepEqual(parseGroupFilter('id eq "1" and members eq "2"'), [
      { attribute: 'id', value: '1' },
      { attribute: 'members', value: '2' },
    ]);
    assert.deepEqual(parseUserFilter(null), []);
  });

  it('[12] refuses everything else', () => {
    const five = Array.from({ length: 6 }, () => 'id eq "1"').join(' and ');
    const texts = [
      '',
      'userName',
      'userName eq a@b.example',
      'userName co "a"',
      'userName pr',
      'userName eq "a" or userName eq "b"',
      'not (userName eq "a")',
      'not userName eq "a"',
      'title eq "x"',
      'displayName eq "x"',
      'userName eq null',
      'userName eq true',
      'active eq "maybe"',
      'id eq 1.5',
      'emails[type eq "work"]',
      '__proto__ eq "x"',
      'constructor eq "x"',
      'a eq 1 constructor b eq 2',
      'userName eq "a\u0000"',
      'userName eq "unterminated',
      `userName eq "${'x'.repeat(1_000)}"`,
      `${'('.repeat(500)}id eq "1"${')'.repeat(490)}`,
      five,
    ];
    for (const text of texts)
      assert.throws(
        () => parseUserFilter(text),
        (error) => error instanceof OrgError && (error.body as { scimType: string }).scimType === 'invalidFilter',
        text,
      );
  });

  it('[S-46] fails at once with line breaks, which an open quote would multiply', () => {
    const breaks = '\n'.repeat(23);
    const startedAt = performance.now();
    for (const parse of [parseUserFilter, parseGroupFilter, parsePath]) {
      assert.throws(() => parse(`userName eq "${breaks}`), OrgError);
      assert.throws(() => parse(`members[value eq "${breaks}]`), OrgError);
      assert.throws(() => parse(`"${breaks}`), OrgError);
    }
    assert.ok(performance.now() - startedAt < 100, 'parsing took too long');
    assert.deepEqual(parseUserFilter('\n id eq "1" \n'), [{ attribute: 'id', value: '1' }]);
  });

  it('[S-46] fails at once above 1,000 characters', () => {
    const startedAt = performance.now();
    assert.throws(() => parseUserFilter('('.repeat(100 * 1024)), OrgError);
    assert.throws(() => parseUserFilter(`userName eq "${'\\'.repeat(100 * 1024)}`), OrgError);
    assert.ok(performance.now() - startedAt < 100, 'parsing took too long');
  });
});
