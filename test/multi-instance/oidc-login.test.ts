import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.ts';
import { ForgingIdp } from '../support/forging-idp.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { anAccount, personOf } from '../support/log-in.ts';
import { browserOf } from '../support/logged-in.ts';
import { locationOf, PageClient } from '../support/page-client.ts';
import { addMember, anOrganizationOf, aPerson } from '../support/provision.ts';
import { changeRecords, enforceChanges } from '../support/security-records.ts';
import type { TestServer } from '../support/server.ts';
import { addOidcProvider, begin, claimsFor, comeBack, logInWith } from '../support/single-sign-on.ts';
import { WireReplica } from '../support/wire-replica.ts';

describe('a login by OpenID Connect at two instances', () => {
  let idp: ForgingIdp;
  let instances: Instances;

  before(async () => {
    idp = await ForgingIdp.start();
    instances = await startInstances(2, { environment: { OUTBOUND_ALLOWED: '127.0.0.1' } });
  });
  after(async () => {
    await instances?.stop();
    await idp?.stop();
  });

  it('[13.7] [S-37] begins at one instance, and ends once, at the other or at itself', async () => {
    const [one, other] = instances.servers as [TestServer, TestServer];
    const org = await anOrganizationOf(one, await aPerson(one));
    await addOidcProvider(one, org.id, { issuer: idp.issuer() });
    const member = personOf(await anAccount(one));
    await addMember(one, org, member, 'member');
    const browser = await browserOf(one, member);

    /** Continues at the other instance, as a load balancer does, with the same cookies. */
    const move = (from: TestServer, to: TestServer, using: PageClient) => {
      for (const cookie of using.cookieFor(from.url).split('; ')) using.setCookie(to.url, cookie);
    };
    const callback = async (using: PageClient) => {
      const begun = await begin(one, org, using);
      const code = idp.codeFor({ claims: claimsFor(begun, idp.issuer(), { sub: 'a person' }) });
      move(one, other, using);
      return comeBack(other, begun, { code, issuer: idp.issuer() });
    };

    const question = await browser.follow(await callback(browser));
    assert.equal(locationOf(await browser.submit(question)), `${other.url}/organizations/${org.slug}/`);

    const elsewhere = new PageClient();
    const finish = new URL(locationOf(await callback(elsewhere))!);
    const cookies = elsewhere.cookieFor(other.url);
    const ends = await Promise.all(
      Array.from({ length: 10 }, (_, index) => {
        const { url } = index % 2 === 0 ? one : other;
        return new PageClient().request('GET', `${url}${finish.pathname}${finish.search}`, { Cookie: cookies });
      }),
    );
    assert.equal(ends.filter(({ status }) => status === 303).length, 1);
    const sessions = await one.services.db
      .selectFrom('sessions')
      .select('id')
      .where('user_id', '=', member.userId)
      .where('kind', '=', 'sso')
      .execute();
    assert.equal(sessions.length, 1);
  });

  it('[H-01] sends one token request for a callback that is requested ten times at once', async () => {
    const [one, other] = instances.servers as [TestServer, TestServer];
    const org = await anOrganizationOf(one, await aPerson(one));
    await addOidcProvider(one, org.id, { issuer: idp.issuer() });
    const begun = await begin(one, org);
    for (const cookie of begun.browser.cookieFor(one.url).split('; ')) begun.browser.setCookie(other.url, cookie);
    const code = idp.codeFor({ claims: claimsFor(begun, idp.issuer(), { sub: 'a person' }) });
    const before = idp.tokenRequests;
    const pages = await Promise.all(
      Array.from({ length: 10 }, (_, number) => comeBack(number % 2 === 0 ? one : other, begun, { code, issuer: idp.issuer() })),
    );
    assert.deepEqual(pages.map(({ status }) => status).toSorted(), [303, ...Array.from({ length: 9 }, () => 400)]);
    assert.equal(idp.tokenRequests, before + 1);
  });

  it('[13.7] closes the open sockets of the session that it binds, whose client reconnects with the binding', async () => {
    const [one, other] = instances.servers as [TestServer, TestServer];
    const org = await anOrganizationOf(one, await aPerson(one));
    await addOidcProvider(one, org.id, { issuer: idp.issuer() });
    const member = personOf(await anAccount(one));
    await addMember(one, org, member, 'member');
    const browser = await browserOf(one, member);
    const claims = { sub: 'a person with two tabs' };
    const cookie = () => browser.cookieFor(one.url);

    for (const how of ['links the identity', 'logs in again']) {
      const tabs = await Promise.all([one, other].map(({ url }) => WireReplica.open(url, { cookie: cookie() }, org.slug)));
      const stranger = await WireReplica.open(other.url, org.owner.token, org.slug);
      const last = await logInWith(one, idp, org, claims, { browser });
      if (how === 'links the identity') await browser.submit(last);
      for (const tab of tabs) {
        await eventually(() => assert.equal(tab.frames.at(-1)?.event, 'goodbye', how));
        const [least, most] = tab.frames.at(-1)!.payload.retryAfterMs;
        assert.ok(least >= 1_000 && most > least, 'the browser has no time to receive the new cookie');
        tab.close();
      }
      assert.equal(stranger.socket.connected, true);
      stranger.close();
    }

    const reopened = await Promise.all([one, other].map(({ url }) => WireReplica.open(url, { cookie: cookie() }, org.slug)));
    const revision = await changeRecords(one, org.id, (state) => enforceChanges(state));
    for (const tab of reopened) {
      await tab.reach(revision);
      tab.close();
    }
  });
});
