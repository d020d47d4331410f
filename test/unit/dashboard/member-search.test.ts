import assert from 'node:assert/strict';
import fc from 'fast-check';
import { rowsOf, searchRows, sortRows } from '../../../dashboard/src/pages/members/member-rows.ts';
import { parseSearch, withFilter } from '../../../dashboard/src/pages/members/parse-search.ts';
import { parseSearchQuery } from '../../../server/src/http/search-query.ts';
import { aMember } from '../../support/builders.ts';

const fragment = fc.constantFrom(
  'role:owner',
  'a',
  ' ',
  '"',
  "'",
  '\\',
  ':',
  '::',
  'OR',
  '(',
  'has2fa:true',
  'scope:"org:admin"',
  "x:'y z'",
  'ü',
);
const query = fc.array(fragment, { maxLength: 9 }).map((parts) => parts.join(''));

describe('the search of members', () => {
  it('[1.3] reads a query as REST does', () => {
    fc.assert(fc.property(query, (text) => assert.deepEqual(parseSearch(text), parseSearchQuery(text))));
  });

  it('has filters write what the search then reads', () => {
    for (const value of ['owner', 'two words', 'a:b', `it's`]) {
      const written = withFilter('free role:x text', 'role', value);
      assert.deepEqual(parseSearch(written).filters.get('role'), [value]);
      assert.equal(parseSearch(written).text, 'free text');
      assert.equal(withFilter(written, 'role', null), 'free text');
    }
  });

  const owner = aMember({ orgRole: 'owner', name: 'Ada' });
  const member = aMember({ orgRole: 'member', name: 'Bo' });
  const request = aMember({ inviteStatus: 'requested_to_join', user: null, pending: true });
  const rows = rowsOf({ members: [owner, member], invites: [request], teams: [], teamMembers: [] });
  const found = (text: string) => searchRows(rows, text).map((row) => row.member.id);

  it('[6.2] finds by role, scope and words, and nothing by an unknown key', () => {
    assert.deepEqual(found('role:owner'), [owner.id]);
    assert.deepEqual(found('role:owner role:member'), [owner.id, member.id]);
    assert.deepEqual(found('scope:"org:admin"'), [owner.id]);
    assert.deepEqual(found('BO'), [member.id]);
    assert.deepEqual(found('role:owner bo'), []);
    assert.deepEqual(found('nonsense:1'), []);
  });

  it('[6.2] leaves requests out', () => assert.deepEqual(found(''), [owner.id, member.id]));

  it('sorts by role, the highest first', () => {
    assert.deepEqual(
      sortRows(rows, 'role', true).map((row) => row.member.orgRole),
      ['member', 'owner'],
    );
  });
});
