import assert from 'node:assert/strict';
import { connect, type OrganizationHandle } from '../../../client-sdk/src/index.ts';
import { findHistory, historyMissing } from '../../support/history.ts';
import { addMember, anOrganizationOf, aPerson, type ProvisionedOrg } from '../../support/provision.ts';
import type { TestServer } from '../../support/server.ts';
import { skipBecause } from '../../support/skip.ts';
import { WireReplica } from '../../support/wire-replica.ts';

/** Lines per request. Some 200 requests give many revisions to follow, instead of 40. */
const linesPerRequest = 100;

interface Followed {
  readonly role: 'owner' | 'member';
  readonly wire: WireReplica;
  readonly handle: OrganizationHandle;
}

export function describeFollowedHistory(database: string, start: () => Promise<TestServer>): void {
  describe(`a real history followed live on ${database}`, function () {
    this.timeout(180_000);
    let server: TestServer;
    before(async () => {
      server = await start();
    });
    after(() => server.stop());

    async function importLines(org: ProvisionedOrg, lines: readonly string[]): Promise<number> {
      let revision = 0;
      for (let start = 0; start < lines.length; start += linesPerRequest) {
        const { status, body } = await server.request('POST', `/api/operator/organizations/${org.id}/import/`, {
          token: server.operatorToken,
          headers: { 'Content-Type': 'application/x-ndjson' },
          body: lines.slice(start, start + linesPerRequest).join('\n'),
        });
        assert.equal(status, 200, JSON.stringify(body));
        revision = body.revision;
      }
      return revision;
    }

    it("[R6] leaves an owner's and a member's replica of each organization equal to the database, record by record", async function () {
      const history = findHistory();
      if (!history) skipBecause(this, historyMissing);
      const owner = await aPerson(server);
      const member = await aPerson(server);
      await using ownerClient = connect({ url: server.url, token: owner.token });
      await using memberClient = connect({ url: server.url, token: member.token });

      const followOrganization = async (name: string): Promise<void> => {
        const org = await anOrganizationOf(server, owner);
        await addMember(server, org, member, 'member');
        const followed: Followed[] = [
          { role: 'owner', wire: await WireReplica.open(server.url, owner.token, org.id), handle: ownerClient.organization(org.slug) },
          { role: 'member', wire: await WireReplica.open(server.url, member.token, org.id), handle: memberClient.organization(org.slug) },
        ];
        const reports: unknown[] = [];
        for (const client of [ownerClient, memberClient]) client.on('report', (report) => reports.push(report));
        for (const { handle } of followed) await handle.ready();

        const revision = await importLines(org, history.linesOf(name));
        for (const { role, wire, handle } of followed) {
          await wire.reach(revision);
          await handle.waitFor(revision);
          const { body } = await server.operate('GET', `/organizations/${org.id}/state/?audience=${role}`);
          assert.equal(body.revision, revision);
          const expected = new Map(
            body.records.map((row: { kind: string; id: string; record: unknown }) => [`${row.kind}/${row.id}`, row.record]),
          );
          assert.deepEqual(wire.records(), expected, `${role} of ${name}`);
          assert.deepEqual(recordsOf(handle), expected, `${role} of ${name} in the SDK`);
          wire.close();
          wire.check();
        }
        assert.deepEqual(reports, []);
      };
      await Promise.all(history.orgs.map(followOrganization));
    });
  });
}

function recordsOf({ state }: OrganizationHandle): Map<string, unknown> {
  const byKind = {
    member: [...state.members, ...state.invites],
    team: state.teams,
    'team-member': state.teamMembers,
    project: state.projects,
    'project-team': state.projectTeams,
    'project-key': state.projectKeys,
    'project-settings': state.projectSettings,
    'auth-token': state.tokens,
    'audit-entry': state.audit,
    'access-request': state.accessRequests,
    'auth-provider': state.authProviders,
    'ip-allow-list': state.ipAllowLists,
    'verified-domain': state.verifiedDomains,
    retention: state.retentions,
  };
  const records = new Map<string, unknown>();
  if (state.organization) records.set(`organization/${state.organization.id}`, state.organization);
  for (const [kind, found] of Object.entries(byKind)) for (const record of found) records.set(`${kind}/${record.id}`, record);
  return records;
}
