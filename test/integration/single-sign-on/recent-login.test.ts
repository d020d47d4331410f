import assert from 'node:assert/strict';
import { makeSpCertificate } from '../../../server/src/features/single-sign-on/saml/sp-certificate.ts';
import { ForgingIdp } from '../../support/forging-idp.ts';
import { anAccount, logIn, personOf } from '../../support/log-in.ts';
import { browserOf } from '../../support/logged-in.ts';
import { formOf, locationOf, type Page, PageClient } from '../../support/page-client.ts';
import { addMember, anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import {
  authnStatement,
  confirmation,
  confirmed,
  makeSamlIdp,
  makeSamlResponse,
  nameId,
  type SamlIdp,
  validParts,
} from '../../support/saml/saml-idp.ts';
import { addSamlProvider, beginSaml, finishSaml } from '../../support/saml/saml-login.ts';
import { changeRecords, enforceChanges } from '../../support/security-records.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { addOidcProvider, begin, claimsFor, comeBack } from '../../support/single-sign-on.ts';

const hourSeconds = 3_600;

describe('a recent login by single sign-on', () => {
  let server: TestServer;
  let org: ProvisionedOrg;
  let owner: Person;

  before(async () => {
    server = await startServer({ OUTBOUND_ALLOWED: '127.0.0.1' });
  });
  after(() => server?.stop());
  beforeEach(async () => {
    org = await anOrganizationOf(server, await aPerson(server));
    owner = personOf(await anAccount(server));
    await addMember(server, org, owner, 'owner');
  });

  /** The status and the code of an action that needs a recent login. */
  async function act(browser: PageClient): Promise<[number, string | undefined]> {
    const path = `/api/0/organizations/${org.slug}/auth-provider/test/`;
    const { status, body } = await server.request('POST', path, { cookie: browser.cookieFor(server.url) });
    return [status, body.detail?.code];
  }
  const isRecent = [201, undefined] as const;
  const isNotRecent = [401, 'sudo-required'] as const;

  async function assertEntered(browser: PageClient, page: Page): Promise<void> {
    const entered = locationOf(page) === null ? page : await browser.follow(page, `${server.url}/organizations/`);
    assert.match(locationOf(entered) ?? entered.text, /\/organizations\//);
  }

  describe('over OpenID Connect', () => {
    let idp: ForgingIdp;
    let subject: string;
    before(async () => {
      idp = await ForgingIdp.start();
    });
    after(() => idp?.stop());
    beforeEach(async () => {
      subject = `subject-${nextNumber()}`;
      await addOidcProvider(server, org.id, { issuer: idp.issuer() });
      const browser = await browserOf(server, owner);
      const question = await logInAt(browser, {});
      assert.equal(formOf(question.page).button, 'Link account');
      await browser.submit(question.page);
    });

    /** Logs in with an ID token that has these claims, and returns the request to the provider. */
    async function logInAt(browser: PageClient, claims: object): Promise<{ page: Page; authorize: URL }> {
      const begun = await begin(server, org, browser);
      const issuer = idp.issuer();
      const code = idp.codeFor({ claims: claimsFor(begun, issuer, { sub: subject, ...claims }) });
      const page = await browser.follow(await comeBack(server, begun, { code, issuer }), `${server.url}/organizations/`);
      return { page, authorize: begun.authorize };
    }
    const ago = (seconds: number) => ({ auth_time: Math.floor(Date.now() / 1_000) - seconds });

    it('[16] [V6.8.4] needs a recent auth_time, which the request asks for', async () => {
      for (const [claims, expected] of [
        [{}, isNotRecent],
        [ago(3 * hourSeconds), isNotRecent],
        [ago(hourSeconds), isRecent],
        [ago(-hourSeconds), isRecent],
      ] as const) {
        const browser = new PageClient();
        const { page, authorize } = await logInAt(browser, claims);
        await assertEntered(browser, page);
        assert.deepEqual([authorize.searchParams.get('max_age'), authorize.searchParams.get('prompt')], ['31536000', null]);
        assert.deepEqual(await act(browser), expected, JSON.stringify(claims));
      }
    });

    it('[16] needs auth_time also when the provider was asked to authenticate the user again', async () => {
      const browser = new PageClient();
      await logInAt(browser, {});
      const again = await logInAt(browser, {});
      await assertEntered(browser, again.page);
      assert.deepEqual([again.authorize.searchParams.get('max_age'), again.authorize.searchParams.get('prompt')], ['0', 'login']);
      assert.deepEqual(await act(browser), isNotRecent);
      await logInAt(browser, ago(0));
      assert.deepEqual(await act(browser), isRecent);
    });

    it('[16] needs the password where the provider states no time, also if single sign-on is required', async () => {
      await changeRecords(server, org.id, (state) => enforceChanges(state));
      const browser = new PageClient();
      await logInAt(browser, {});
      assert.deepEqual(await act(browser), isNotRecent);
      browser.setCookie(server.url, await logIn(server, owner));
      await logInAt(browser, {});
      assert.deepEqual(await act(browser), isRecent);
    });
  });

  describe('over SAML', () => {
    let idp: SamlIdp;
    beforeEach(async () => {
      idp = await makeSamlIdp();
      const setUp = {
        entityId: idp.entityId,
        ssoUrl: 'https://idp.example/sso',
        certificates: [idp.certificate],
        sp: await makeSpCertificate(),
      };
      await addSamlProvider(server, org.id, setUp);
      const browser = await browserOf(server, owner);
      const question = await logInAt(browser, authnStatement());
      assert.equal(formOf(question).button, 'Link account');
      await browser.submit(question);
    });

    async function logInAt(browser: PageClient, statement: string): Promise<Page> {
      const begun = await beginSaml(server.url, org, browser);
      const subject = `<saml:Subject>${nameId(`subject-${org.id}`)}${confirmation(confirmed(begun.request))}</saml:Subject>`;
      const parts = { ...validParts(idp, begun.request), assertionId: `_a${nextNumber()}`, subject, statements: statement };
      return finishSaml(begun, await makeSamlResponse(parts));
    }

    it('[16] needs a recent AuthnInstant', async () => {
      const at = (hours: number) =>
        authnStatement().replace(/AuthnInstant="[^"]+"/, `AuthnInstant="${new Date(Date.now() - hours * 3_600_000).toISOString()}"`);
      for (const [statement, expected] of [
        [at(3), isNotRecent],
        [authnStatement().replace(/AuthnInstant="[^"]+"/, ''), isNotRecent],
        [at(1), isRecent],
      ] as const) {
        const browser = new PageClient();
        await assertEntered(browser, await logInAt(browser, statement));
        assert.deepEqual(await act(browser), expected, statement);
      }
    });
  });
});
