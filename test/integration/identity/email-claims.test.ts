import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { eventually } from '../../support/eventually.ts';
import { type Instances, startInstances } from '../../support/instances.ts';
import { TestIssuer } from '../../support/issuer.ts';
import { type Account, anAccount, logIn } from '../../support/log-in.ts';
import { linkOf, mailsTo } from '../../support/mailbox.ts';
import { nextNumber } from '../../support/provision.ts';
import type { TestServer } from '../../support/server.ts';
import { WireReplica } from '../../support/wire-replica.ts';

describe('tokens of a trusted issuer with JWT_USER=email:<claim>', () => {
  let issuer: TestIssuer;
  let instances: Instances;
  let server: TestServer;
  let other: TestServer;
  let account: Account;
  let cookie: string;
  let slug: string;

  before(async () => {
    issuer = await TestIssuer.start();
    instances = await startInstances(2, { environment: { ...issuer.environment, JWT_USER: 'email:email' } });
    [server, other] = instances.servers as [TestServer, TestServer];
  });
  after(async () => {
    await instances?.stop();
    await issuer?.stop();
  });
  beforeEach(async () => {
    account = await anAccount(server);
    cookie = await logIn(server, account);
    slug = (await server.request('POST', '/api/0/organizations/', { cookie, body: { name: `Org ${nextNumber()}` } })).body.slug;
  });

  const emails = (method: string, below: string, body?: object) => server.request(method, `/api/0/auth/emails/${below}`, { cookie, body });
  const open = async (at: TestServer, email: string) => WireReplica.open(at.url, await issuer.sign({ email, email_verified: true }), slug);

  /** Adds an address that was verified eight days ago. */
  async function addTrusted(): Promise<{ id: string; email: string }> {
    const added = (await emails('POST', '', { email: `second-${nextNumber()}@example.com` })).body;
    await server.services.db
      .updateTable('user_emails')
      .set({ is_verified: true, verified_at: sql<string>`clock_timestamp() - interval '8 days'` })
      .where('id', '=', added.id)
      .execute();
    return added;
  }

  const removeByLink = async (): Promise<void> => {
    const [mail] = await mailsTo(server, account.email, 'Email address added to your account');
    assert.equal((await server.request('POST', '/api/0/auth/emails/remove/', { body: linkOf(mail!) })).status, 204);
  };
  const removeInSession = async (id: string): Promise<void> => assert.equal((await emails('DELETE', `${id}/`)).status, 204);

  for (const [how, remove] of [
    ['by its owner', removeInSession],
    ['by the mailed link', removeByLink],
  ] as const) {
    it(`[A5] end open sockets on every instance when the address is removed ${how}`, async () => {
      const second = await addTrusted();
      const replicas = [await open(server, second.email), await open(other, second.email)];
      await remove(second.id);
      for (const replica of replicas) await eventually(() => assert.equal(replica.socket.connected, false));
      const token = await issuer.sign({ email: second.email, email_verified: true });
      await assert.rejects(WireReplica.connect(other.url, token), {
        data: { code: 'unauthenticated', reason: 'unknown-user', retryAfterMs: [500, 2_000] },
      });
      (await open(other, account.email)).close();
    });
  }

  it('[H-93] name an unknown user after an erased account had the address without a proof', async () => {
    const [person, email] = [await anAccount(server), `victim-${nextNumber()}@example.com`];
    const added = await server.request('POST', '/api/0/auth/emails/', { cookie: await logIn(server, person), body: { email } });
    assert.equal(added.status, 201, JSON.stringify(added));
    const erased = await server.operate('DELETE', `/users/${person.id}/?mode=erase`);
    assert.ok(erased.status < 300, JSON.stringify(erased));
    const refusalOf = async (claimed: string) => {
      const token = await issuer.sign({ email: claimed, email_verified: true });
      return WireReplica.connect(other.url, token).catch((error: { data?: unknown }) => error.data);
    };
    // Without a reason, the client closes permanently.
    await eventually(async () => assert.deepEqual(await refusalOf(person.email), { code: 'unauthenticated' }));
    assert.deepEqual(await refusalOf(email), { code: 'unauthenticated', reason: 'unknown-user', retryAfterMs: [500, 2_000] });
  });

  it('[A5] keep open sockets when an address that was never verified is removed', async () => {
    const replica = await open(other, account.email);
    const added = (await emails('POST', '', { email: `second-${nextNumber()}@example.com` })).body;
    await removeInSession(added.id);
    await server.request('PUT', `/api/0/organizations/${slug}/`, { cookie, body: { name: 'Renamed' } });
    await eventually(() => assert.equal(replica.state.organization?.name, 'Renamed'));
    assert.equal(replica.socket.connected, true);
    replica.close();
  });
});
