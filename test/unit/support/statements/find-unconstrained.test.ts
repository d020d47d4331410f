import assert from 'node:assert/strict';
import { findUnconstrained } from '../../../support/statements/find-unconstrained.ts';

const columns = new Map([
  ['organizations', 'id'],
  ['members', 'organization_id'],
  ['teams', 'organization_id'],
]);

describe('the check that a statement names the organization of its rows', () => {
  const accepted: readonly string[] = [
    'SELECT * FROM users WHERE id = $1',
    'SELECT * FROM members WHERE organization_id = $1 AND id = $2',
    'SELECT * FROM "members" AS m WHERE $1 = m.organization_id',
    'SELECT * FROM members WHERE organization_id = any($1::bigint[])',
    'SELECT * FROM members WHERE organization_id IN ($1, $2)',
    'SELECT * FROM members WHERE (organization_id, id) IN (SELECT * FROM unnest($1::bigint[], $2::bigint[]))',
    'SELECT * FROM members WHERE (organization_id, id) = ($1, $2)',
    'SELECT * FROM organizations WHERE id = $1',
    'SELECT * FROM members JOIN teams ON teams.organization_id = members.organization_id WHERE members.organization_id = $1',
    'SELECT * FROM members LEFT JOIN teams USING (organization_id) WHERE members.organization_id = $1',
    'SELECT * FROM members JOIN teams USING (organization_id) WHERE organization_id = $1',
    'SELECT * FROM teams, members, organizations WHERE organizations.id = $1 AND teams.organization_id = members.organization_id AND members.organization_id = organizations.id',
    'SELECT * FROM sessions JOIN members ON members.organization_id = sessions.organization_id',
    'SELECT * FROM unnest($1::bigint[]) AS wanted (id) JOIN members ON members.organization_id = wanted.id',
    'SELECT (SELECT count(*) FROM members WHERE members.organization_id = organizations.id) FROM organizations WHERE id = $1',
    'WITH found AS (SELECT * FROM teams WHERE organization_id = $1) SELECT * FROM found JOIN members ON members.organization_id = found.organization_id',
    'SELECT * FROM members WHERE organization_id = $1 UNION ALL SELECT * FROM teams WHERE organization_id = $1',
    'SELECT * FROM members WHERE (organization_id = $1 AND id = 1) OR (organization_id = $2 AND id = 2)',
    'INSERT INTO members (organization_id, id) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET id = excluded.id',
    'UPDATE members SET role = $1 WHERE organization_id = $2',
    'UPDATE members SET role = teams.role FROM teams WHERE teams.organization_id = $1 AND members.organization_id = teams.organization_id',
    'DELETE FROM members WHERE ctid = ANY (ARRAY(SELECT ctid FROM members WHERE organization_id = $1 LIMIT 10))',
    'DELETE FROM members USING teams WHERE members.organization_id = $1 AND teams.organization_id = members.organization_id',
  ];
  for (const text of accepted) {
    it(`accepts ${text}`, async () => {
      assert.deepEqual(await findUnconstrained(text, columns), []);
    });
  }

  const refused: readonly (readonly [string, ...string[]])[] = [
    ['SELECT * FROM members WHERE id = $1', 'members'],
    ['SELECT * FROM members', 'members'],
    ['SELECT * FROM members WHERE organization_id > $1', 'members'],
    ['SELECT * FROM members WHERE NOT organization_id = $1', 'members'],
    ['SELECT * FROM members WHERE organization_id <> all($1::bigint[])', 'members'],
    ['SELECT * FROM members WHERE organization_id = members.organization_id', 'members'],
    ['SELECT * FROM members WHERE organization_id = $1 OR id = $2', 'members'],
    ['SELECT * FROM organizations WHERE slug = $1', 'organizations'],
    ['SELECT * FROM members JOIN teams ON teams.organization_id = members.organization_id', 'members', 'teams'],
    ['SELECT * FROM members JOIN teams ON teams.id = members.id WHERE members.organization_id = $1', 'teams'],
    ['SELECT * FROM members JOIN teams USING (organization_id)', 'members', 'teams'],
    ['SELECT * FROM members WHERE organization_id = (SELECT organization_id FROM teams WHERE id = $1)', 'teams'],
    ['SELECT * FROM users WHERE EXISTS (SELECT 1 FROM members WHERE user_id = users.id)', 'members'],
    ['SELECT * FROM members WHERE organization_id = $1 UNION ALL SELECT * FROM teams', 'teams'],
    ['WITH found AS (SELECT * FROM teams WHERE id = $1) SELECT * FROM found', 'teams'],
    ['WITH found AS (DELETE FROM teams WHERE id = $1 RETURNING *) SELECT * FROM members WHERE organization_id = $1', 'teams'],
    ['INSERT INTO members (id) VALUES ($1)', 'members'],
    ['INSERT INTO members VALUES ($1)', 'members'],
    ['INSERT INTO members (organization_id) SELECT organization_id FROM teams', 'teams'],
    ['UPDATE members SET organization_id = $1 WHERE id = $2', 'members'],
    ['DELETE FROM members WHERE id = $1', 'members'],
    ['DELETE FROM members WHERE ctid = ANY (ARRAY(SELECT ctid FROM members LIMIT 10))', 'members'],
    ['DELETE FROM members WHERE ctid = ANY ($1)', 'members'],
  ];
  for (const [text, ...tables] of refused) {
    it(`refuses ${text}`, async () => {
      assert.deepEqual(await findUnconstrained(text, columns), tables);
    });
  }

  it('accepts an exempt table, and a table that joins it', async () => {
    const text = 'SELECT * FROM members JOIN organizations ON organizations.id = members.organization_id WHERE token_hash = $1';
    assert.deepEqual(await findUnconstrained(text, columns, new Set(['members'])), []);
    assert.deepEqual(await findUnconstrained(text, columns, new Set(['teams'])), ['members', 'organizations']);
  });
});
