import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { eventually } from '../support/eventually.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { type Account, anAccount, codeOf, goodPassword, logIn, personOf, setUpSecondFactor } from '../support/log-in.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../support/provision.ts';
import type { TestServer } from '../support/server.ts';
import { WireReplica } from '../support/wire-replica.ts';

/** The tests write at one instance, and read at the other. */
describe('the strength of a login, at two instances', () => {
  let instances: Instances;
  let writer: TestServer;
  let reader: TestServer;
  let owner: Person;
  let org: ProvisionedOrg;
  let account: Account;
  let secret: string;
  /** Each code works once, and three steps of time are valid. */
  let codes: string[];
  const open: WireReplica[] = [];

  before(async () => {
    instances = await startInstances(2);
    [writer, reader] = instances.servers as [TestServer, TestServer];
  });
  after(() => instances?.stop());
  beforeEach(async () => {
    await writer.services.db.deleteFrom('attempt_limits').execute();
    owner = await aPerson(writer, { hasSecondFactor: true });
    org = await anOrganizationOf(writer, owner);
    account = await anAccount(writer);
    secret = (await writer.operate('POST', `/users/${account.id}/authenticators/`, { type: 'totp' })).body.secret;
    codes = (await writer.operate('POST', `/users/${account.id}/authenticators/`, { type: 'recovery' })).body.codes;
    await addMember(writer, org, personOf(account), 'member');
  });
  afterEach(() => {
    for (const replica of open.splice(0)) replica.close();
  });

  const enter = () => logIn(writer, account, codes.pop());
  /** A former version let a user enrol a factor, without ending a session of theirs. */
  const setUsed = (has_second_factor: boolean | null) =>
    writer.services.db
      .updateTable('sessions')
      .set({ has_second_factor, second_factor_at: null })
      .where('user_id', '=', account.id)
      .execute();
  const enterWeakly = async () => {
    const cookie = await enter();
    await setUsed(false);
    return cookie;
  };
  const require2FA = async () => {
    const answer = await writer.request('PUT', `/api/0/organizations/${org.slug}/`, { token: owner.token, body: { require2FA: true } });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
  };
  const readOrg = (credential: { readonly cookie: string } | { readonly token: string }) =>
    reader.request('GET', `/api/0/organizations/${org.slug}/`, credential);
  const renew = (cookie: string, otp?: string, server = writer) =>
    server.request('PUT', '/api/0/auth/', { cookie, body: { password: goodPassword, ...(otp === undefined ? {} : { otp }) } });
  const connect = async (cookie: string) => {
    const replica = await WireReplica.connect(reader.url, { cookie });
    open.push(replica);
    return replica;
  };
  const isSubscribed = async (replica: WireReplica) => 'revision' in (await replica.subscribe(org.slug));

  it('[V6.3.4] [S-16] a required second factor concerns the login of a session, and the account of an API token', async () => {
    const { token } = (await writer.operate('POST', `/users/${account.id}/tokens/`, { scopes: ['org:read'] })).body;
    const [strong, weak] = [await enter(), await enterWeakly()];
    await setUsed(false);
    assert.equal((await renew(strong, codes.pop())).status, 200);
    const replica = await connect(weak);
    assert.equal(await isSubscribed(replica), true);

    await require2FA();
    await eventually(() => assert.deepEqual(replica.frames.at(-1)?.event, 'revoked'));
    assert.deepEqual(replica.frames.at(-1)?.payload.reason, 'two-factor-required');
    const refused = await readOrg({ cookie: weak });
    assert.deepEqual([refused.status, refused.body.detail.code], [401, '2fa-required']);
    for (const credential of [{ cookie: strong }, { token }]) assert.equal((await readOrg(credential)).status, 200);
    const listed = await reader.request('GET', '/api/0/organizations/', { cookie: weak });
    assert.equal(listed.body[0].blocked, 'two-factor-required');
    const decision = { method: 'GET', path: `/api/0/organizations/${org.slug}/access-decision/?userId=${account.id}&scopes=org:read` };
    assert.ok([401, 404].includes((await reader.request(decision.method, decision.path, { cookie: weak })).status));
    const stream = await reader.request('GET', `/api/0/organizations/${org.slug}/changes/`, { cookie: weak });
    assert.equal(stream.status, 401);
  });

  it('[V6.3.4] a session from before the upgrade counts by the account until it ends', async () => {
    const cookie = await enter();
    await setUsed(null);
    await require2FA();
    assert.equal((await readOrg({ cookie })).status, 200);
    assert.equal(await isSubscribed(await connect(cookie)), true);
    await writer.services.db.deleteFrom('authenticators').where('user_id', '=', account.id).execute();
    assert.notEqual((await readOrg({ cookie })).status, 200);
  });

  it('[V6.3.4] a code raises the session at every instance, with its open connections, and works once', async () => {
    const weak = await enterWeakly();
    await require2FA();
    const replica = await connect(weak);
    assert.equal(await isSubscribed(replica), false);

    assert.equal((await renew(weak)).status, 200, 'the password alone renews the login');
    assert.equal((await readOrg({ cookie: weak })).status, 401);
    const wrong = await renew(weak, '000000');
    assert.deepEqual([wrong.status, wrong.body.detail.code], [403, 'wrong-code']);
    const code = codeOf(secret, 1);
    const answers = await Promise.all([renew(weak, code), renew(weak, code, reader)]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 403], 'a code works once, at one of two instances');

    assert.equal((await readOrg({ cookie: weak })).status, 200);
    await eventually(async () => assert.equal(await isSubscribed(replica), true));
    assert.equal(replica.socket.connected, true);
  });

  it('[V6.3.4] enrolling an app raises the session in which its code was entered', async () => {
    const fresh = await anAccount(writer);
    await addMember(writer, org, personOf(fresh), 'member');
    const cookie = await logIn(writer, fresh);
    await setUpSecondFactor(writer, cookie);
    await require2FA();
    assert.equal((await readOrg({ cookie })).status, 200);
  });

  it('[V6.3.4] an invite to such an organization is not accepted by a weak login', async () => {
    const invited = await anAccount(writer);
    const cookie = await logIn(writer, invited);
    const { codes: own } = await setUpSecondFactor(writer, cookie);
    await writer.services.db.updateTable('sessions').set({ has_second_factor: false }).where('user_id', '=', invited.id).execute();
    await require2FA();
    const made = await writer.request('POST', `/api/0/organizations/${org.slug}/members/`, {
      token: owner.token,
      body: { email: invited.email, orgRole: 'member' },
    });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const { invite_token_nonce: nonce } = await writer.services.db
      .selectFrom('members')
      .select('invite_token_nonce')
      .where('id', '=', made.body.id)
      .executeTakeFirstOrThrow();
    const body = { member: made.body.id, token: writer.services.writePath.deriveToken('invite', made.body.id, nonce!) };
    const shown = await reader.request('POST', '/api/0/accept-invite/details/', { cookie, body });
    assert.equal(shown.body.needs2fa, true);
    assert.equal((await writer.request('POST', '/api/0/accept-invite/', { cookie, body })).status, 400);
    assert.equal((await renew(cookie, own.pop())).status, 200);
    assert.equal((await writer.request('POST', '/api/0/accept-invite/', { cookie, body })).status, 204);
  });

  it('[V6.3.4] a session that is raised while the organization begins to require it keeps or gets access', async () => {
    const weak = await enterWeakly();
    const replica = await connect(weak);
    assert.equal(await isSubscribed(replica), true);
    const [raised] = await Promise.all([renew(weak, codes.pop(), reader), require2FA()]);
    assert.equal(raised!.status, 200, JSON.stringify(raised!.body));
    assert.equal((await readOrg({ cookie: weak })).status, 200);
    // A revoked subscription was the only one, so that its connection has ended.
    if (replica.state.organization?.require2FA !== true)
      await eventually(async () => assert.equal(await isSubscribed(await connect(weak)), true));
  });

  it('[V6.3.4] a session that ends while it is raised stays ended', async () => {
    const [weak, other] = [await enter(), await enter()];
    await setUsed(false);
    const [raised, ended] = await Promise.all([
      renew(weak, codes.pop()),
      reader.request('POST', '/api/0/auth/logout-all/', { cookie: other, body: {} }),
    ]);
    assert.equal(ended!.status, 204);
    assert.ok([200, 401, 403].includes(raised!.status), String(raised!.status));
    assert.equal((await readOrg({ cookie: weak })).status, 401);
    const { rows } = await sql`SELECT FROM sessions WHERE user_id = ${account.id}`.execute(writer.services.db);
    assert.equal(rows.length, 0);
  });
});
