import assert from 'node:assert/strict';
import { orgRoleIds } from '../../protocol/src/index.ts';
import { routes } from '../../server/src/http/routes.ts';
import { eventually } from '../support/eventually.ts';
import { aPerson, type Person, revisionOf } from '../support/provision.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { WireReplica } from '../support/wire-replica.ts';
import { anOwnerAccount, aWholeOrganization, type OwnerAccount } from './whole-organization.ts';
import { fillIn, namesOf, parametersOf, writingRoutes } from './writing-routes.ts';

const removal = 'DELETE /organizations/:org/members/:member/';
const promotion = 'PUT /organizations/:org/members/:member/';
const nameOfRoute = ({ method, path }: { method: string; path: string }) => `${method} ${path}`;
const written = routes.filter(({ method }) => method !== 'GET').map(nameOfRoute);

/** Calls that any caller may make, but whose content is rejected from an outsider. */
const refusedToAnybody: Readonly<Record<string, { readonly body?: unknown; readonly params?: Readonly<Record<string, string>> }>> = {
  'POST /organizations/:org/join-request/': { body: { email: 'no address' } },
  'POST /accept-invite/': { body: { member: '1', token: '0'.repeat(64) } },
  'POST /accept-invite/:organization/:member/:token/': { params: { token: '0'.repeat(64) } },
  'POST /accept-invite/:member/:token/': { params: { token: '0'.repeat(64) } },
};

/**
 * The routes whose response does not contain the revision, because it would show an outsider
 * whether anything changed.
 */
const hidesRevision = new Set(['POST /organizations/:org/join-request/']);

describe('[W8] the push of a writing route', () => {
  let server: TestServer;
  let owner: OwnerAccount;
  let invited: Person;

  before(async () => {
    server = await startServer();
    owner = await anOwnerAccount(server);
    invited = await aPerson(server);
  });
  after(() => server?.stop());

  it('[V3.5.3] has a row for exactly the writing routes', () => {
    assert.deepEqual(Object.keys(writingRoutes).toSorted(), written.toSorted());
  });

  const stateOf = async (id: string, role: string) => (await server.operate('GET', `/organizations/${id}/state/?audience=${role}`)).body;

  for (const [route, row] of Object.entries(writingRoutes)) {
    if (typeof row !== 'function') continue;
    it(`reaches every role and the affected member, and no subscriber if the route rejects the call: ${route}`, async () => {
      const org = await aWholeOrganization(server, owner);
      const [method, path] = route.split(' ') as [string, string];
      const { params = {}, body } = row(org);
      const own = Object.fromEntries(parametersOf(path).map((name) => [name, namesOf(org, path, name)[0]!]));
      const before = (await stateOf(org.id, 'owner')).revision;
      const replicas = new Map<string, WireReplica>();
      for (const role of orgRoleIds) replicas.set(role, await WireReplica.open(server.url, org.people[role].token, org.slug));
      const refusable = { body, ...refusedToAnybody[route] };
      const refused = await server.request(method, fillIn(path, { ...own, ...params, ...refusable.params }), {
        token: invited.token,
        ...(refusable.body === undefined ? {} : { body: refusable.body }),
      });
      assert.ok([400, 403].includes(refused.status), `a stranger: ${refused.status} ${JSON.stringify(refused.body)}`);

      const isForSessions = routes.some((one) => nameOfRoute(one) === route && one.callers === 'session');
      const by = path.startsWith('/accept-invite/') ? invited : owner;
      const answer = await server.request(method, fillIn(path, { ...own, ...params }), {
        ...(isForSessions ? { cookie: owner.cookie } : { token: by.token }),
        ...(body === undefined ? {} : { body }),
      });
      assert.ok(answer.status < 300, `${answer.status} ${JSON.stringify(answer.body)}`);
      const revision = hidesRevision.has(route) ? before + 1 : revisionOf(answer);
      assert.equal(revision, before + 1, 'an accepted call makes one revision, and a refused call makes none');

      for (const role of orgRoleIds) {
        const replica = replicas.get(role)!;
        const isTarget = role === 'member' && own.member === org.people.member.memberId;
        if (isTarget && route === removal) {
          await eventually(() => assert.equal(replica.revoked?.reason, 'removed'));
          assert.ok(replica.revision < revision, 'the removed member’s replica contains only earlier state');
          continue;
        }
        await replica.reach(revision);
        // A user with a changed role sees the records of the new role.
        const { records } = await stateOf(org.id, isTarget && route === promotion ? 'manager' : role);
        const expected = new Map(
          records.map((one: { kind: string; id: string; record: unknown }) => [`${one.kind}/${one.id}`, one.record]),
        );
        assert.deepEqual(replica.records(), expected, role);
      }
      for (const replica of replicas.values()) replica.close();
    });
  }
});
