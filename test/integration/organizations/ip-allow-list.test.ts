import assert from 'node:assert/strict';
import { inside, openFrom, outside, previewList, putList, readList, trustTests } from '../../support/address-lists.ts';
import { eventually } from '../../support/eventually.ts';
import { aLoggedInMember, anOrgWithOwner, type OrgWithOwner } from '../../support/logged-in.ts';
import { revisionOf } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';

describe('an IP allow list', () => {
  let server: TestServer;
  let org: OrgWithOwner;
  let cookie: string;

  before(async () => {
    server = await startServer(trustTests);
  });
  after(() => server?.stop());
  beforeEach(async () => {
    org = await anOrgWithOwner(server);
    cookie = org.cookie;
  });

  const cidrsOf = (body: { readonly rules: readonly { readonly cidr: string }[] }) => body.rules.map(({ cidr }) => cidr);

  it('[13.3] starts empty and off, and shows the caller whether it includes them', async () => {
    const read = await readList(server, org, { cookie });
    assert.deepEqual(read.body, { isEnabled: false, rules: [], you: { address: inside, isIncluded: false }, warning: null });
    const put = await putList(server, org, { rules: ['2001:DB8::0/32', '203.0.113.9/32', inside] }, { cookie });
    assert.equal(put.status, 200, JSON.stringify(put.body));
    assert.deepEqual([put.body.isEnabled, put.body.you], [false, { address: inside, isIncluded: true }]);
    assert.deepEqual(cidrsOf(put.body), ['2001:db8::/32', inside]);
    const again = await readList(server, org, { cookie });
    assert.deepEqual(again.body, put.body);
    assert.equal(again.headers.get('x-org-revision'), put.headers.get('x-org-revision'));
  });

  it('[W3] creates one revision per change and none without a change, and rules keep their ids', async () => {
    const before = revisionOf(await readList(server, org, { cookie }));
    assert.equal(revisionOf(await putList(server, org, { isEnabled: false }, { cookie })), before, 'an empty list was saved');
    const first = await putList(server, org, { rules: [inside, '10.0.0.0/8'] }, { cookie });
    assert.equal(revisionOf(first), before + 1);
    assert.equal(revisionOf(await putList(server, org, { rules: [inside, '10.0.0.0/8'] }, { cookie })), before + 1);
    const second = await putList(server, org, { rules: ['10.0.0.0/8', { cidr: '10.9.9.9', description: 'VPN' }] }, { cookie });
    assert.equal(revisionOf(second), before + 2);
    const [, network] = first.body.rules;
    assert.deepEqual(second.body.rules[0], network);
    assert.notEqual(second.body.rules[1].id, first.body.rules[0].id);
  });

  it('[11] records in the audit log what was added and removed, never the whole list', async () => {
    await putList(server, org, { isEnabled: true, rules: [inside, '10.0.0.0/8'] }, { cookie });
    await putList(server, org, { rules: [inside, { cidr: '192.0.2.0/24', description: 'office' }] }, { cookie });
    const many = Array.from({ length: 40 }, (_, index) => `192.0.2.${index}`);
    await putList(server, org, { rules: [inside, ...many] }, { cookie });
    const { body } = await server.operate('GET', `/organizations/${org.id}/state/`);
    const entries = body.records.filter(({ record }: { record: { event?: string } }) => record.event === 'ip-allow-list.edit');
    const shown = entries.map(({ record: { note, data } }: { record: { note: string; data: Record<string, string> } }) => ({ note, data }));
    const { id } = org;
    const named = many.slice(0, 10).join(', ');
    assert.deepEqual(shown, [
      {
        note: `edited the IP allow list: added ${inside}, 10.0.0.0/8; switched it on`,
        data: { id, added: `${inside}, 10.0.0.0/8`, isEnabled: 'from false to true' },
      },
      {
        note: 'edited the IP allow list: added 192.0.2.0/24; removed 10.0.0.0/8',
        data: { id, added: '192.0.2.0/24', removed: '10.0.0.0/8' },
      },
      {
        note: `edited the IP allow list: added ${named} and 30 more; removed 192.0.2.0/24`,
        data: { id, added: `${named} and 30 more`, removed: '192.0.2.0/24' },
      },
    ]);
  });

  it('[S-49] cannot exclude the address of the owner who saves it, not even when it is empty', async () => {
    const refused = { rules: [`Your own address ${inside} is not included.`] };
    for (const list of [{ isEnabled: true }, { isEnabled: true, rules: [] }, { isEnabled: true, rules: ['198.51.100.0/24'] }]) {
      const { status, body } = await putList(server, org, list, { cookie });
      assert.deepEqual([status, body], [400, refused]);
    }
    assert.equal((await putList(server, org, { isEnabled: true, rules: [inside] }, { cookie })).status, 200);
    for (const rules of [[], [outside]]) {
      const { status, body } = await putList(server, org, { rules }, { cookie });
      assert.deepEqual([status, body], [400, refused]);
    }
    // Switched off, it may contain anything.
    assert.equal((await putList(server, org, { isEnabled: false, rules: [outside] }, { cookie })).status, 200);
    assert.equal((await putList(server, org, { isEnabled: true }, { cookie })).status, 400);
  });

  it('[S-49] accepts one of two simultaneous PUTs, each with only its caller’s address', async () => {
    const { cookie: second } = await aLoggedInMember(server, org, 'owner');
    const answers = await Promise.all([
      putList(server, org, { isEnabled: true, rules: [inside] }, { cookie, address: inside }),
      putList(server, org, { isEnabled: true, rules: [outside] }, { cookie: second, address: outside }),
    ]);
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 403]);
    const refused = answers.find(({ status }) => status === 403)!;
    assert.equal(refused.body.detail.code, 'address-not-allowed');
    const { body } = await server.operate('GET', `/organizations/${org.id}/security/`);
    assert.deepEqual(cidrsOf(body.ipAllowList), [answers[0]!.status === 200 ? inside : outside]);
  });

  it('[S-49] [W6] accepts one of two simultaneous PUTs with the same If-Match', async () => {
    const ifMatch = (await readList(server, org, { cookie })).headers.get('x-org-revision')!;
    const answers = await Promise.all(
      ['192.0.2.1', '192.0.2.2'].map((cidr) => putList(server, org, { rules: [inside, cidr] }, { cookie, ifMatch })),
    );
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 412]);
  });

  it('[S-49] ends a live subscription within 2 s of the expiry of the rule that allowed it', async () => {
    const expiresAt = new Date(Date.now() + 1_500).toISOString();
    const put = await putList(server, org, { isEnabled: true, rules: [inside, { cidr: outside, expiresAt }] }, { cookie });
    assert.equal(put.status, 200, JSON.stringify(put.body));
    const replica = await openFrom(server, cookie, outside, org);
    const kept = await openFrom(server, cookie, inside, org);
    await eventually(() => assert.equal(replica.revoked?.reason, 'address-not-allowed'), { timeoutMs: 10_000 });
    const lateMs = Date.now() - Date.parse(expiresAt);
    assert.ok(lateMs >= 0 && lateMs < 2_000, `${lateMs} ms after the expiry`);
    assert.equal((await readList(server, org, { cookie, address: outside })).status, 403);
    await eventually(() =>
      assert.deepEqual(
        kept.state.ipAllowList?.rules.map(({ cidr }) => cidr),
        [inside],
      ),
    );
    const [entry] = await server.services.db
      .selectFrom('change_log')
      .select(['command', 'actor'])
      .where('organization_id', '=', org.id)
      .where('kind', '=', 'ip-allow-list')
      .orderBy('revision', 'desc')
      .limit(1)
      .execute();
    assert.deepEqual(entry, { command: 'remove-expired-addresses', actor: 'system' });
    for (const one of [replica, kept]) one.close();
  });

  it('[13.3] warns a caller whose address is that of a proxy', async () => {
    const { body } = await server.request('GET', `/api/0/organizations/${org.slug}/ip-allow-list/`, { cookie });
    assert.match(body.warning, /^Your address 127\.0\.0\.1 is one of TRUSTED_PROXIES\./);
  });

  it('[13.3] keeps its rules when the operator switches it off', async () => {
    await putList(server, org, { isEnabled: true, rules: [inside] }, { cookie });
    assert.equal((await readList(server, org, { cookie, address: outside })).status, 403);
    assert.equal((await server.operate('DELETE', `/organizations/${org.id}/ip-allow-list/`)).status, 204);
    const { status, body } = await readList(server, org, { cookie, address: outside });
    assert.deepEqual([status, body.isEnabled, cidrsOf(body)], [200, false, [inside]]);
    const { body: security } = await server.operate('GET', `/organizations/${org.id}/security/`);
    assert.deepEqual([security.authProvider, security.ipAllowList.isEnabled, security.verifiedDomains], [null, false, []]);
    const log = await server.request('GET', `/api/0/organizations/${org.slug}/audit-logs/?event=ip-allow-list.edit`, { cookie });
    assert.equal(log.body.rows[0].note, 'edited the IP allow list: switched it off');
  });

  it('[13.3] has a preview that equals the effect of saving it', async () => {
    const { cookie: second } = await aLoggedInMember(server, org, 'owner');
    const replicas = [
      await openFrom(server, cookie, inside, org),
      await openFrom(server, cookie, outside, org),
      await openFrom(server, second, outside, org),
      await openFrom(server, second, '2001:db8::7', org),
    ];
    const draft = { isEnabled: true, rules: [inside, '2001:db8::/32'] };
    // Repeats the request if a busy machine delayed it.
    const { status, body } = await eventually(async () => {
      const startedAt = Date.now();
      const response = await previewList(server, org, draft, { cookie });
      assert.ok(Date.now() - startedAt < 500, `${Date.now() - startedAt} ms`);
      return response;
    });
    assert.equal(status, 200, JSON.stringify(body));
    const users = [org.owner.userId, body.live[0].users.find((id: string) => id !== org.owner.userId)];
    assert.deepEqual(
      { ...body, live: body.live.map((one: { users: string[] }) => ({ ...one, users: one.users.toSorted() })).slice(0, 1) },
      {
        you: { address: inside, isIncluded: true },
        warning: null,
        live: [{ address: outside, isIncluded: false, users: users.toSorted(), tokens: [], subscriptions: 2 }],
        wouldEnd: 2,
        instances: 1,
        complete: true,
      },
    );
    assert.deepEqual(
      body.live
        .slice(1)
        .map(({ address }: { address: string }) => address)
        .toSorted(),
      ['2001:db8::7', inside],
    );
    const off = await previewList(server, org, { ...draft, isEnabled: false }, { cookie });
    assert.deepEqual([off.body.wouldEnd, off.body.live[0].isIncluded], [0, false]);
    assert.deepEqual((await previewList(server, org, { isEnabled: true }, { cookie })).body.you, { address: inside, isIncluded: false });

    const saved = await putList(server, org, draft, { cookie });
    assert.equal(saved.status, 200, JSON.stringify(saved.body));
    await eventually(() =>
      assert.deepEqual(
        replicas.map(({ revoked }) => revoked?.reason ?? null),
        [null, 'address-not-allowed', 'address-not-allowed', null],
      ),
    );
    for (const replica of replicas) replica.close();
  });

  it('[13.3] counts the refusals of addresses', async () => {
    await putList(server, org, { isEnabled: true, rules: [inside] }, { cookie });
    const read = async () => {
      const text = (await server.request('GET', '/metrics', { token: server.operatorToken })).body as string;
      const value = (way: string) =>
        Number(new RegExp(`^rollcall_address_refusals_total\\{reason="${way}"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
      return [value('request'), value('subscribe')] as const;
    };
    const before = await read();
    await readList(server, org, { cookie, address: outside });
    await assert.rejects(openFrom(server, cookie, outside, org), /denied/);
    const after = await read();
    assert.deepEqual([after[0] - before[0], after[1] - before[1]], [1, 1]);
  });
});
