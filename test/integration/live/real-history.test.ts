import assert from 'node:assert/strict';
import { type MemberRecord, OrgState } from '@rollcall/protocol';
import { findHistory, historyMissing } from '../../support/history.ts';
import { startEmbeddedServer, startServer, type TestServer } from '../../support/server.ts';
import { skipBecause } from '../../support/skip.ts';

/**
 * The final counts in the history's own description: members besides owners, owners, teams, team
 * memberships, projects. Two long team names of kubernetes-sigs share a slug of 50 characters, so
 * the later one, with its five members, is left out.
 */
const expected: Readonly<Record<string, readonly number[]>> = {
  kubernetes: [1165, 9, 288, 1751, 79],
  'kubernetes-sigs': [928, 9, 339 - 1, 1253 - 5, 172],
  'kubernetes-csi': [87, 9, 45, 262, 23],
  'kubernetes-client': [47, 9, 14, 34, 12],
  'etcd-io': [29, 8, 10, 49, 10],
};

const startBy: Readonly<Record<string, () => Promise<TestServer>>> = {
  PostgreSQL: startServer,
  'the embedded database': startEmbeddedServer,
};

for (const [database, start] of Object.entries(startBy)) {
  describe(`a real history of 18,260 changes on ${database}`, () => {
    it('produces the organizations that its description lists', async function () {
      const history = findHistory();
      if (!history) skipBecause(this, historyMissing);
      const server = await start();
      try {
        const ownerId = (await server.operate('POST', '/users/', { email: 'owner@example.com' })).body.id;
        for (const org of history.orgs) assert.deepEqual(await importInto(server, org, history.linesOf(org), ownerId), expected[org], org);
      } finally {
        await server.stop();
      }
    });
  });
}

async function importInto(server: TestServer, org: string, lines: readonly string[], ownerId: string): Promise<number[]> {
  const { id } = (await server.operate('POST', '/organizations/', { name: org, ownerId })).body;
  const answer = await server.request('POST', `/api/operator/organizations/${id}/import/`, {
    token: server.operatorToken,
    headers: { 'Content-Type': 'application/x-ndjson' },
    body: lines.join('\n'),
  });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  assert.equal(answer.body.applied + answer.body.skipped.length, lines.length);
  assert.ok(answer.body.skipped.every(({ reason }: { reason: string }) => reason === 'slug-taken'));
  assert.ok(answer.body.revision <= 1 + Math.ceil(lines.length / 500));

  const state = OrgState.from((await server.operate('GET', `/organizations/${id}/state/`)).body.records);
  const members = ([...state.recordsOf('member').values()] as unknown as MemberRecord[]).filter(({ user }) => user?.id !== ownerId);
  const owners = members.filter(({ orgRole }) => orgRole === 'owner').length;
  const sizes = ['team', 'team-member', 'project'].map((kind) => state.recordsOf(kind).size);
  return [members.length - owners, owners, ...sizes];
}
