import assert from 'node:assert/strict';
import net, { type AddressInfo } from 'node:net';
import { countOpenTests } from '../../server/src/features/single-sign-on/database/sso-flows.ts';
import { makeSpCertificate, type SpCertificate } from '../../server/src/features/single-sign-on/saml/sp-certificate.ts';
import { limitTable } from '../../server/src/runtime/limits/limits.ts';
import { eventually } from '../support/eventually.ts';
import { ForgingIdp } from '../support/forging-idp.ts';
import { lockWaiters } from '../support/lock-waiters.ts';
import { anOrgWithOwner, type OrgWithOwner } from '../support/logged-in.ts';
import { type Page, PageClient } from '../support/page-client.ts';
import { makeSamlIdp, makeSamlResponse, type SamlIdp, type SamlResponseParts, validParts } from '../support/saml/saml-idp.ts';
import { addSamlProvider, type BegunSaml, beginSaml, postSaml } from '../support/saml/saml-login.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { addOidcProvider, type Begun, begin, claimsFor, comeBack } from '../support/single-sign-on.ts';

const concurrent = limitTable.anonymousWrites.default;
const waitingMax = 20;
/**
 * Refused SAML responses of one network in a minute, and those of no login
 * (docs/operating/limits.md).
 */
const refusedMax = 10;
/** OpenID Connect responses of one network that are verified at a time. */
const verifiedAtOnceMax = 20;

describe('a flood at the pages of logins by identity providers', () => {
  let server: TestServer;
  let idp: SamlIdp;
  let oidcIdp: ForgingIdp;
  let sp: SpCertificate;
  let org: OrgWithOwner;

  before(async () => {
    [idp, sp, oidcIdp, server] = await Promise.all([
      makeSamlIdp(),
      makeSpCertificate(),
      ForgingIdp.start(),
      startServer({ OUTBOUND_ALLOWED: '127.0.0.1', LIMIT_ANONYMOUS_WRITES_WAITING_PER_ADDRESS: String(waitingMax) }),
    ]);
  });
  after(async () => {
    await server?.stop();
    await oidcIdp?.stop();
  });
  beforeEach(async () => {
    org = await anOrgWithOwner(server);
    await addSamlProvider(server, org.id, {
      entityId: idp.entityId,
      ssoUrl: 'https://idp.example/sso',
      certificates: [idp.certificate],
      sp,
    });
    await forgetFailures();
  });

  const times = <T>(count: number, make: (n: number) => T) => Array.from({ length: count }, (_, n) => make(n));
  const statusesOf = (pages: readonly { readonly status: number }[]) => pages.map(({ status }) => status);
  const tally = (pages: readonly { readonly status: number }[], wanted: number) => statusesOf(pages).filter((one) => one === wanted).length;
  const forgetFailures = () => server.services.db.deleteFrom('attempt_limits').execute();
  const start = (orgId: string) => new PageClient().request('POST', `${server.url}/auth/sso/${orgId}/start/`, { Origin: server.url });
  const beginAll = (count: number) => Promise.all(times(count, () => beginSaml(server.url, org)));
  const respond = ({ request }: BegunSaml, n: number, change: Partial<SamlResponseParts> = {}) =>
    makeSamlResponse({ ...validParts(idp, request), assertionId: `_a${org.id}-${n}`, ...change });
  const rename = () => server.request('PUT', `/api/0/organizations/${org.slug}/`, { cookie: org.cookie, body: { name: 'A name' } });

  function assertPage({ status, headers, text }: Page, wanted: number, content: RegExp): void {
    assert.equal(status, wanted, text);
    assert.match(headers.get('content-type')!, /^text\/html/);
    assert.match(text, content);
    assert.ok(Number(headers.get('retry-after')) > 0, 'no Retry-After');
  }

  /** Holds the lock that starts of this network in the organization need. */
  function whileStartsWait(work: () => Promise<void>): Promise<void> {
    return server.services.db.transaction().execute(async (tx) => {
      await countOpenTests(tx, org.id, '127.0.0.1');
      await work();
    });
  }

  async function anOidcOrg(): Promise<OrgWithOwner> {
    const made = await anOrgWithOwner(server);
    await addOidcProvider(server, made.id, { issuer: oidcIdp.issuer() });
    return made;
  }

  const codeFor = (begun: Begun, sign?: (claims: object) => Promise<string>) =>
    oidcIdp.codeFor({ claims: claimsFor(begun, oidcIdp.issuer(), { sub: `subject of ${begun.orgId}` }), ...(sign && { sign }) });

  /** Signs ID tokens once they are released. */
  function holdTokens() {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const sign = async (claims: object) => {
      await released;
      return oidcIdp.sign({ ...claims });
    };
    return { release, sign };
  }

  /** Runs `work` with a function that returns how many SAML responses were verified since. */
  async function countingVerified(work: (verified: () => number) => Promise<void>): Promise<void> {
    const { saml } = server.services.singleSignOn.protocols;
    const verify = saml.verify.bind(saml);
    let verified = 0;
    saml.verify = (provider, request, response, take) =>
      verify(provider, request, response, async () => {
        const isTaken = await take();
        if (isTaken) verified++;
        return isTaken;
      });
    try {
      await work(() => verified);
    } finally {
      saml.verify = verify;
    }
  }

  it('[H-01] has few SAML responses verified if they are refused, and then verifies no more of them', async () => {
    const begun = await beginAll(20);
    const wrong = { assertionIssuer: '<saml:Issuer>https://other.example</saml:Issuer>' };
    const refused = await Promise.all(begun.map((one, n) => respond(one, n, wrong)));
    for (const [n, { request }] of begun.entries()) {
      const page = await postSaml(request.acsUrl, refused[n]!);
      if (n < refusedMax) assert.equal(page.status, 400);
      else assertPage(page, 429, /Too many logins from your network/);
    }
    const good = await beginSaml(server.url, org);
    const response = await respond(good, begun.length);
    await countingVerified(async (verified) => {
      assertPage(await postSaml(good.request.acsUrl, response), 429, /Too many logins from your network/);
      assert.equal(verified(), 0);
    });
    // Its login stays in progress.
    await forgetFailures();
    await eventually(async () => assert.equal((await postSaml(good.request.acsUrl, response)).status, 303));
  });

  it('[H-01] does not count the logins of an office that succeed at the same time', async () => {
    const begun = await beginAll(20);
    const responses = await Promise.all(begun.map((one, n) => respond(one, n)));
    const posted = await Promise.all(begun.map(({ request }, n) => postSaml(request.acsUrl, responses[n]!)));
    assert.deepEqual(new Set(statusesOf(posted)), new Set([303]));
    const counted = await server.services.db.selectFrom('attempt_limits').select('key').where('key', 'like', 'saml-%').execute();
    assert.deepEqual(counted, []);
  });

  it('[H-01] verifies a SAML response once that arrives several times at once', async () => {
    const [begun] = await beginAll(1);
    const response = await respond(begun!, 0);
    await countingVerified(async (verified) => {
      const pages = await Promise.all(times(8, () => postSaml(begun!.request.acsUrl, response)));
      assert.deepEqual([verified(), tally(pages, 303), tally(pages, 400)], [1, 1, 7]);
    });
  });

  it('[H-01] locks no one of a network out for requests that any page can make a browser send', async () => {
    const { acsUrl } = (await beginSaml(server.url, org)).request;
    const paths = ['/auth/sso/finish/?flow=x', `/auth/oidc/${org.id}/callback/?state=x&code=y`];
    for (const path of times(15, () => paths).flat()) assert.equal((await new PageClient().get(`${server.url}${path}`)).status, 400);
    const strays = await Promise.all(times(15, () => postSaml(acsUrl, 'garbage')));
    assert.equal(tally(strays, 400), 15);
    assert.equal((await postSaml(acsUrl, 'A'.repeat(64 * 1024))).status, 400);
    const begun = await beginSaml(server.url, org);
    assert.equal((await postSaml(begun.request.acsUrl, await respond(begun, 0))).status, 303);
    const oidc = await begin(server, await anOidcOrg());
    assert.equal((await comeBack(server, oidc, { code: codeFor(oidc), issuer: oidcIdp.issuer() })).status, 303);
  });

  it('[S-24] learns slugs of organizations with SAML only', async () => {
    const begun = await beginSaml(server.url, org);
    const { acsUrl } = begun.request;
    const unrequested = await respond(begun, 0, { responseAttributes: `Destination="${acsUrl}"` });
    const oidcOrg = await anOidcOrg();
    assert.deepEqual(
      statusesOf([await postSaml(acsUrl, unrequested), await postSaml(acsUrl.replace(`/${org.id}/`, `/${oidcOrg.id}/`), unrequested)]),
      [303, 400],
    );
    // An office begins at its provider's start page, more often than other responses are refused.
    const more: Page[] = [];
    for (let number = 0; number <= refusedMax; number++) more.push(await postSaml(acsUrl, unrequested));
    assert.equal(tally(more, 303), more.length);
  });

  it('[H-01] sends one token request for a login whose callback is requested many times at once', async () => {
    const begun = await begin(server, await anOidcOrg());
    const { release, sign } = holdTokens();
    const returning = { code: codeFor(begun, sign), issuer: oidcIdp.issuer() };
    const before = oidcIdp.tokenRequests;
    const first = comeBack(server, begun, returning);
    await eventually(() => assert.equal(oidcIdp.tokenRequests, before + 1));
    // Such as a person who reloads the page because the provider is slow.
    const others = await Promise.all(times(verifiedAtOnceMax - 1, () => comeBack(server, begun, returning)));
    for (const page of others) assert.match(page.text, /This login has expired, was already used/);
    release();
    assert.equal((await first).status, 303);
    assert.equal(oidcIdp.tokenRequests, before + 1);
  });

  it('[H-01] verifies a few OpenID Connect responses of one network at a time, and keeps the other logins', async () => {
    const { release, sign } = holdTokens();
    const orgs = [await anOidcOrg(), await anOidcOrg()] as const;
    const held = await Promise.all(times(verifiedAtOnceMax, () => begin(server, orgs[0])));
    const other = await begin(server, orgs[0]);
    const issuer = oidcIdp.issuer();
    const ends = held.map((begun) => comeBack(server, begun, { code: codeFor(begun, sign), issuer }));
    const taken = server.services.db.selectFrom('sso_seen').select('assertion_id').where('organization_id', '=', orgs[0].id);
    await eventually(async () => assert.equal((await taken.execute()).length, verifiedAtOnceMax));
    // A login of another organization at the same provider is not held up.
    const free = await begin(server, orgs[1]);
    assert.equal((await comeBack(server, free, { code: codeFor(free), issuer })).status, 303);
    const returning = { code: codeFor(other), issuer };
    assert.equal((await comeBack(server, other, returning)).status, 429);
    release();
    assert.deepEqual(new Set(statusesOf(await Promise.all(ends))), new Set([303]));
    assert.equal((await comeBack(server, other, returning)).status, 303);
  });

  it('[H-01] refuses the OpenID Connect responses of a network after thirty that were refused in a minute', async () => {
    const oidcOrg = await anOidcOrg();
    const attempt = async () => comeBack(server, await begin(server, oidcOrg), { code: 'unknown', issuer: oidcIdp.issuer() });
    for (const _ of times(30, () => null)) assert.equal((await attempt()).status, 400);
    const before = oidcIdp.tokenRequests;
    assertPage(await attempt(), 429, /Too many logins from your network/);
    assert.equal(oidcIdp.tokenRequests, before);
  });

  it('[S-37] starts tests of a provider on one database connection as well', async () => {
    const path = `/api/0/organizations/${org.slug}/auth-provider/test/`;
    let started: Promise<{ readonly status: number }[]> = Promise.resolve([]);
    await whileStartsWait(async () => {
      started = Promise.all(times(60, () => server.request('POST', path, { cookie: org.cookie })));
      await eventually(async () => assert.equal(await lockWaiters(server), 1));
      for (let n = 0; n < 10; n++) assert.equal((await rename()).status, 200);
      assert.equal(await lockWaiters(server), 1);
    });
    assert.deepEqual([tally(await started, 201), tally(await started, 429)], [20, 40]);
  });

  it('[S-37] does not delay other logins if a provider is slow', async () => {
    const sockets = new Set<net.Socket>();
    const silent = net.createServer((socket) => sockets.add(socket.on('error', () => {})));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const slow = await anOrgWithOwner(server);
    await addOidcProvider(server, slow.id, { issuer: `http://127.0.0.1:${(silent.address() as AddressInfo).port}` });
    let ended = 0;
    const starts = times(concurrent + 2, () => start(slow.id).finally(() => ended++));
    await eventually(() => assert.ok(sockets.size > 0, 'no start has called the provider'));
    const login = await server.request('POST', '/api/0/auth/login/', { body: { username: 'unknown@example.com', password: 'x' } });
    assert.deepEqual([login.status, ended], [401, 0]);
    for (const socket of sockets) socket.destroy();
    silent.close();
    assert.deepEqual(new Set(statusesOf(await Promise.all(starts))), new Set([503]));
  });
});
