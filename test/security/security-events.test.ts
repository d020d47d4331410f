import assert from 'node:assert/strict';
import http from 'node:http';
import { sql } from 'kysely';
import { eventLimits } from '../../server/src/runtime/limits/rows/events.ts';
import { from, trustTests } from '../support/address-lists.ts';
import { eventually } from '../support/eventually.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { anAccount, goodPassword } from '../support/log-in.ts';
import { addMember, anOrganizationOf, aPerson, type ProvisionedOrg } from '../support/provision.ts';
import type { TestServer } from '../support/server.ts';

const agent = new http.Agent({ keepAlive: true });

/** Sends a request as fast as an attacker can, without a check of the response. */
function statusOf(url: string, headers: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { agent, headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode!));
    });
    request.on('error', reject);
  });
}

describe('security events under attack', () => {
  let instances: Instances;
  let server: TestServer;
  let other: TestServer;
  let org: ProvisionedOrg;

  before(async () => {
    instances = await startInstances(2, { environment: { ...trustTests, RATE_LIMIT_PER_ADDRESS: '1000000' } });
    [server, other] = instances.servers as [TestServer, TestServer];
    org = await anOrganizationOf(server, await aPerson(server));
  });
  after(async () => {
    agent.destroy();
    await instances?.stop();
  });

  const path = (name = org.slug) => `/api/0/organizations/${name}/security-events/`;
  const count = async (where = sql`true`) => {
    const { rows } = await sql<{ count: string }>`SELECT count(*) FROM security_events WHERE ${where}`.execute(server.services.db);
    return Number(rows[0]!.count);
  };

  it('owners alone read the events of an organization, and the operator those of the server', async () => {
    const outsider = await aPerson(server);
    const elsewhere = await anOrganizationOf(server, outsider);
    for (const role of ['member', 'admin', 'manager'] as const) {
      const person = await aPerson(server);
      await addMember(server, org, person, role);
      assert.equal((await server.request('GET', path(), { token: person.token })).status, 403, role);
    }
    const limited = await server.operate('POST', `/users/${org.owner.userId}/tokens/`, { scopes: ['org:read', 'org:write'] });
    assert.equal((await server.request('GET', path(), { token: limited.body.token })).status, 403, 'a token without org:admin');
    for (const name of [org.slug, org.id]) {
      assert.equal((await server.request('GET', path(name), { token: outsider.token })).status, 403);
      assert.equal((await server.request('GET', path(name))).status, 401);
    }
    assert.equal((await server.request('GET', path(elsewhere.slug), { token: outsider.token })).status, 200);
    for (const options of [{}, { token: org.owner.token }]) {
      assert.equal((await server.request('GET', '/api/operator/security-events/', options)).status, 401);
    }
    assert.equal((await server.request('GET', path(), { token: org.owner.token })).status, 200);
  });

  it('a flood of refused requests stores few events, and delays neither others nor their events', async () => {
    const measure = async () => {
      const took: number[] = [];
      for (let index = 0; index < 20; index++) {
        const startedAt = performance.now();
        assert.equal((await server.request('GET', `/api/0/organizations/${org.slug}/`, { token: org.owner.token })).status, 200);
        took.push(performance.now() - startedAt);
      }
      return took.sort((a, b) => a - b)[10]!;
    };
    await measure();
    const before = await count(sql`caller_kind IS NULL`);
    let isOver = false;
    let sent = 0;
    const attack = async (lane: number) => {
      while (!isOver) {
        const address = `10.${lane}.${(sent >> 8) & 255}.${sent & 255}`;
        sent++;
        assert.ok(
          [401, 429].includes(await statusOf(`${server.url}/api/0/organizations/${org.slug}/`, from(address))),
          'the request was accepted',
        );
      }
    };
    const attacks = Array.from({ length: 8 }, (_, lane) => attack(lane));
    await Promise.race([Promise.all(attacks), eventually(() => assert.ok(sent > 2_000, `${sent} requests`), { timeoutMs: 40_000 })]);
    const during = await measure();
    const scopes = ['org:read'];
    const made = await server.operate('POST', `/users/${org.owner.userId}/tokens/`, { scopes });
    isOver = true;
    await Promise.all(attacks);
    await eventually(async () => assert.equal(await count(sql`event = 'token.create' AND target_id = ${made.body.id}`), 1));
    const stored = (await count(sql`caller_kind IS NULL`)) - before;
    const inAll = eventLimits.eventsOfStrangers.value;
    // The flood may last into a second window.
    assert.ok(stored <= 2 * (2 * inAll + 20), `${stored} events of ${sent} requests`);
    assert.ok(during < 500, `a request took ${during} ms`);
  });

  it('no event has a password, an address of a mail or the text of a token', async () => {
    const account = await anAccount(server);
    const unknown = 'somebody.unknown@example.com';
    for (const username of [account.email, unknown]) {
      await server.request('POST', '/api/0/auth/login/', { body: { username, password: `${goodPassword} wrong` } });
    }
    await server.request('POST', '/api/0/auth/password-reset/', { body: { email: unknown } });
    await server.request('GET', path(), { token: 'invented-token-text' });
    await server.request('DELETE', `/api/0/users/${encodeURIComponent(unknown)}/`, { token: org.owner.token });
    await server.operate('DELETE', `/users/${encodeURIComponent(unknown)}/tokens/1/`);
    await eventually(async () => assert.ok((await count(sql`event = 'password.reset'`)) > 0, 'the request of a link is not stored'));
    const { rows } = await sql<{ text: string }>`SELECT row_to_json(security_events)::text AS text FROM security_events`.execute(
      server.services.db,
    );
    const all = rows.map(({ text }) => text).join('\n');
    for (const secret of [unknown, account.email, goodPassword, 'invented-token-text', org.owner.token, '@']) {
      assert.ok(!all.includes(secret), `an event contains ${secret}`);
    }
  });

  it('a reader with `after` misses no event of two instances that record at once', async () => {
    const seen: string[] = [];
    let after = '0';
    const readOn = async () => {
      for (;;) {
        const { body } = await other.operate('GET', `/security-events/?after=${after}&limit=1000&event=token.create`);
        if (body.rows.length === 0) return;
        seen.push(...body.rows.map(({ target }: { target: { id: string } }) => target.id));
        after = body.next;
      }
    };
    await readOn();
    seen.length = 0;
    const made: string[] = [];
    const make = async (instance: TestServer) => {
      for (let index = 0; index < 40; index++) {
        const { body } = await instance.operate('POST', `/users/${org.owner.userId}/tokens/`, { scopes: ['org:read'] });
        made.push(body.id);
      }
    };
    let isMaking = true;
    const reading = (async () => {
      while (isMaking) await readOn();
    })();
    await Promise.all([make(server), make(other)]);
    isMaking = false;
    await reading;
    await eventually(async () => {
      await readOn();
      assert.deepEqual([...seen].sort(), [...made].sort());
    });
  });

  it('the database may be unable to store events, and requests succeed as before', async () => {
    const { db } = server.services;
    await sql`ALTER TABLE security_events ADD CONSTRAINT refused CHECK (event <> 'token.create') NOT VALID`.execute(db);
    try {
      const { status } = await server.operate('POST', `/users/${org.owner.userId}/tokens/`, { scopes: ['org:read'] });
      assert.equal(status, 201);
      await eventually(() => assert.ok(server.services.writePath.counters.get('securityEventsDropped') > 0, 'nothing was dropped'));
    } finally {
      await sql`ALTER TABLE security_events DROP CONSTRAINT refused`.execute(db);
    }
  });
});
