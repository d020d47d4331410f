import assert from 'node:assert/strict';
import type { ProvisionedOrg } from './provision.ts';
import type { Api, TestServer } from './server.ts';

/** A server in this process or another. */
type ImportingServer = Api & Pick<TestServer, 'operatorToken'>;

/** Lines per request. The server creates a revision for each 500. */
const linesPerRequest = 5_000;

/**
 * Imports many members, every tenth of them on the team `crowd`. Their logins are `member-0` and so
 * on.
 */
export async function importMembers(server: ImportingServer, { id }: Pick<ProvisionedOrg, 'id'>, count: number): Promise<void> {
  const lines = [JSON.stringify({ op: 'team.create', team: 'crowd' })];
  for (let number = 0; number < count; number++) {
    const login = `member-${number}`;
    lines.push(JSON.stringify({ op: 'member.add', login, role: 'member' }));
    if (number % 10 === 0) lines.push(JSON.stringify({ op: 'team.join', team: 'crowd', login, role: 'contributor' }));
  }
  for (let from = 0; from < lines.length; from += linesPerRequest) {
    await importLines(server, id, lines.slice(from, from + linesPerRequest));
  }
}

export async function importLines(server: ImportingServer, orgId: string, lines: readonly string[]): Promise<void> {
  const answer = await server.request('POST', `/api/operator/organizations/${orgId}/import/`, {
    token: server.operatorToken,
    body: lines.join('\n'),
    headers: { 'Content-Type': 'application/x-ndjson' },
  });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  assert.deepEqual(answer.body.skipped, []);
}
