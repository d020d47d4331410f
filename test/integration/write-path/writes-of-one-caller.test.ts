import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { eventually } from '../../support/eventually.ts';
import { readMetric } from '../../support/metrics.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';

const inProgressMax = 4;
const waitingMax = 2;
/** Two commands of each are admitted: together more than a server's connections for commands. */
const organizations = 6;
const commandsOfEach = 3;
const refused = organizations * commandsOfEach - inProgressMax - waitingMax;

describe('commands of one caller in many organizations', () => {
  let server: TestServer;
  let owner: Person;
  let member: Person;
  let blocked: ProvisionedOrg[];
  let free: ProvisionedOrg;
  let ofOther: ProvisionedOrg;

  before(async () => {
    server = await startServer({
      LIMIT_WRITES_PER_CALLER: String(inProgressMax),
      LIMIT_WRITES_WAITING_PER_CALLER: String(waitingMax),
    });
    owner = await aPerson(server);
    blocked = await Promise.all(Array.from({ length: organizations }, () => anOrganizationOf(server, owner)));
    free = await anOrganizationOf(server, owner);
    member = await aPerson(server);
    await addMember(server, free, member, 'member');
    ofOther = await anOrganizationOf(server, await aPerson(server));
  });
  after(() => server?.stop());

  it('take a limited part of the database connections, get 429 if too many wait, and never delay one that ends access', async () => {
    const { database } = server.services.writePath;
    const pathOf = ({ slug }: ProvisionedOrg) => `/api/0/organizations/${slug}/`;
    const statuses: number[] = [];
    const sending: Promise<void>[] = [];
    await server.services.db.transaction().execute(async (tx) => {
      const ids = blocked.map(({ id }) => id);
      await sql`SELECT 1 FROM org_heads WHERE organization_id = ANY(${ids}) FOR UPDATE`.execute(tx);
      for (const org of blocked) {
        for (let number = 0; number < commandsOfEach; number++) {
          const sent = server.request('PUT', pathOf(org), { token: owner.token, body: { name: `Name ${number}` } });
          sending.push(sent.then(({ status }) => void statuses.push(status)));
        }
      }
      await eventually(() => assert.ok(statuses.filter((status) => status === 429).length >= refused, `responses: ${statuses}`));
      assert.equal(database.pool().waiting, 0);
      const { token } = ofOther.owner;
      assert.equal((await server.request('GET', pathOf(ofOther), { token })).status, 200);
      assert.equal((await server.request('PUT', pathOf(ofOther), { token, body: { name: 'Renamed' } })).status, 200);
      const removed = await server.request('DELETE', `${pathOf(free)}members/${member.memberId}/`, { token: owner.token });
      assert.equal(removed.status, 204);
    });
    await Promise.all(sending);
    // On a busy machine, those that waited may have waited for too long.
    const limited = statuses.filter((status) => status === 429).length;
    assert.equal(await readMetric(server, 'rollcall_requests_limited_total{reason="writesWaitingPerCaller"}'), limited);
    assert.equal((await server.request('PUT', pathOf(free), { token: owner.token, body: { name: 'Renamed' } })).status, 200);
  });
});
