import assert from 'node:assert/strict';
import type { FinishSignOn } from '../../../server/src/features/single-sign-on/commands/login/finish-sign-on.ts';
import { type ConfiguredProvider, providerSecrets } from '../../../server/src/features/single-sign-on/database/auth-provider-configs.ts';
import { insertFlow, type SessionOfFlow, saveTestResponse } from '../../../server/src/features/single-sign-on/database/sso-flows.ts';
import type { VerifiedResponse } from '../../../server/src/features/single-sign-on/domain/asserted-identity.ts';
import { parseAllowedDestinations } from '../../../server/src/outbound/allowed-destinations.ts';
import { Outbound } from '../../../server/src/outbound/outbound.ts';
import { Counters } from '../../../server/src/runtime/metrics/counters.ts';
import { hashToken } from '../../../server/src/runtime/secrets/hash-token.ts';
import { randomHex } from '../../../server/src/runtime/secrets/random.ts';
import type { Command } from '../../../server/src/write-path/command.ts';
import { runCommand } from '../../../server/src/write-path/run-command.ts';
import { anAuthProvider, anIdentity, anOidcConfig } from '../../support/builders.ts';
import { ChangedSources, type SourceChange } from '../../support/changed-sources.ts';
import { ForgingIdp, type Grant } from '../../support/forging-idp.ts';
import { aLoggedInMember } from '../../support/logged-in.ts';
import { anOrganizationOf, aPerson, type ProvisionedOrg } from '../../support/provision.ts';
import { addSamlProvider } from '../../support/saml/saml-login.ts';
import { linkIdentity } from '../../support/security-records.ts';
import { startServer, type TestServer } from '../../support/server.ts';

type OidcModule = typeof import('../../../server/src/features/single-sign-on/oidc/oidc.ts');

describe('the checks of a login at an identity provider', () => {
  let sources: ChangedSources;
  before(async () => {
    sources = await ChangedSources.open();
  });
  after(() => sources[Symbol.asyncDispose]());

  describe('over OpenID Connect', () => {
    const folder = 'server/src/features/single-sign-on/oidc';
    const publicUrl = 'https://rollcall.example';
    const request = { requestKey: 'the state', nonce: 'the nonce', verifier: 'v'.repeat(43), forceLogin: false };
    let idp: ForgingIdp;
    let stranger: ForgingIdp;
    let outbound: Outbound;
    before(async () => {
      [idp, stranger] = await Promise.all([ForgingIdp.start(), ForgingIdp.start()]);
      outbound = new Outbound({
        allowed: parseAllowedDestinations(['127.0.0.1'])!,
        publicUrl,
        servicePorts: new Set(),
        counters: new Counters(),
      });
    });
    after(async () => {
      await outbound?.close();
      await Promise.all([idp?.stop(), stranger?.stop()]);
    });

    /** Finishes a login whose token the provider issues like this. */
    async function verify(changes: readonly SourceChange[], grant: Partial<Grant>): Promise<VerifiedResponse> {
      const { Oidc } = await sources.load<OidcModule>(`${folder}/oidc.ts`, changes);
      const issuer = idp.issuer();
      const provider: ConfiguredProvider = {
        orgId: '1',
        record: anAuthProvider({ key: 'oidc', protocol: 'oidc', issuer }),
        config: anOidcConfig({ issuer }),
        secrets: new Map([[providerSecrets.clientSecret, idp.clientSecret]]),
        spCertificate: null,
        nextSpCertificate: null,
      };
      const now = Math.floor(Date.now() / 1_000);
      const claims = { iss: issuer, aud: 'rollcall', sub: 'victim', nonce: request.nonce, iat: now, exp: now + 300 };
      const code = idp.codeFor({ claims, ...grant });
      const query = new URLSearchParams({ code, state: request.requestKey, iss: issuer });
      const oidc = new Oidc({ outbound, publicUrl, googleIssuer: issuer });
      return oidc.verify(provider, request, new URL(`${publicUrl}/auth/oidc/1/callback/?${query}`), async () => true);
    }

    it('[S-38] [V6.8.2] refuse an ID token of another key, which is accepted without them', async () => {
      const withoutCheck = [{ file: `${folder}/oidc-configurations.ts`, from: '    enableNonRepudiationChecks(configuration);', to: '' }];
      const grant: Partial<Grant> = { sign: (claims) => stranger.sign(claims) };
      assert.ok('identity' in (await verify([], {})));
      assert.ok('refused' in (await verify([], grant)), 'accepted with the check');
      assert.ok('identity' in (await verify(withoutCheck, grant)), 'refused without the check');
    });
  });

  describe('over SAML', () => {
    const folder = 'server/src/features/single-sign-on/commands/login';
    let server: TestServer;
    let org: ProvisionedOrg;
    let providerId: string;
    before(async () => {
      server = await startServer();
      org = await anOrganizationOf(server, await aPerson(server));
      // No response is verified here, so the provider needs no keys.
      const sp = { certificate: '', key: 'none' };
      providerId = await addSamlProvider(server, org.id, {
        entityId: 'https://idp.example',
        ssoUrl: 'https://idp.example',
        certificates: [],
        sp,
      });
    });
    after(() => server?.stop());

    /** Runs the command for a flow whose provider has sent the assertion. */
    async function finish<Result>(
      command: Command<FinishSignOn, unknown, Result>,
      login: { readonly subject: string; readonly assertionId: string; readonly session: SessionOfFlow | null },
    ): Promise<Result> {
      const { db, writePath, singleSignOn } = server.services;
      const { subject, assertionId, session } = login;
      const handleHash = hashToken(randomHex(16));
      const request = { requestKey: randomHex(16), nonce: '', verifier: '', forceLogin: false };
      const flow = { handleHash, orgId: org.id, providerId, generation: 1, purpose: 'login', protocol: 'saml', request } as const;
      await db.transaction().execute((tx) => insertFlow(tx, singleSignOn.key, { ...flow, invite: null, session, next: '/', network: 'x' }));
      const expiresAt = new Date(Date.now() + 60_000).toISOString();
      await saveTestResponse(db, flow, { identity: { ...anIdentity(), subject, assertion: { id: assertionId, expiresAt } } });
      const browser = { tokenHash: hashToken(randomHex(16)), daysMax: 1, ipAddress: null, userAgent: '' };
      const { response } = await runCommand(writePath, command, {
        orgId: org.id,
        actor: { kind: 'system' },
        input: { key: singleSignOn.key, handleHash, session, ...browser },
        requestId: null,
        respond: async (_tx, result) => ({ status: 200, body: result }),
      });
      return response.body as Result;
    }

    it('[S-29] refuse the assertion of an earlier session, which is accepted without them', async () => {
      const person = await aLoggedInMember(server, org);
      const identity = await linkIdentity(server, org.id, person);
      const { subject } = await server.services.db
        .selectFrom('sso_identities')
        .select('subject')
        .where('id', '=', identity)
        .executeTakeFirstOrThrow();
      const file = `${folder}/finish-sign-on.ts`;
      const withoutCheck = { file, from: 'assertion && !(await markAssertionUsed(tx, flow, assertion))', to: 'false' };
      const load = async (changes: readonly SourceChange[]) =>
        (await sources.load<typeof import('../../../server/src/features/single-sign-on/commands/login/finish-sign-on.ts')>(file, changes))
          .finishSignOn as Command<FinishSignOn, unknown, { kind: string; refusal?: { reason: string } }>;
      const login = { subject, assertionId: '_one', session: null };
      assert.equal((await finish(await load([]), login)).kind, 'logged-in');
      assert.equal((await finish(await load([]), login)).refusal?.reason, 'used-before');
      assert.equal((await finish(await load([withoutCheck]), login)).kind, 'logged-in', 'refused without the check');
    });

    it('[S-29] refuse the assertion of an earlier link, which is accepted without them', async () => {
      const file = `${folder}/link-identity.ts`;
      const withoutCheck = {
        file,
        from: 'assertion !== null && !(await markAssertionUsed(tx, found, assertion))',
        to: 'false',
      };
      const load = async (changes: readonly SourceChange[]) =>
        (await sources.load<typeof import('../../../server/src/features/single-sign-on/commands/login/link-identity.ts')>(file, changes))
          .linkIdentity as Command<FinishSignOn, unknown, { kind: string; refusal?: { reason: string } }>;
      const loginOf = async (subject: string) => {
        const { userId, cookie } = await aLoggedInMember(server, org);
        const tokenHash = hashToken(server.services.sessionCookie.read(cookie)!);
        const { id: sessionId } = await server.services.db
          .selectFrom('sessions')
          .select('id')
          .where('token_hash', '=', tokenHash)
          .executeTakeFirstOrThrow();
        return { subject, assertionId: '_two', session: { userId, sessionId } };
      };
      assert.equal((await finish(await load([]), await loginOf('a person'))).kind, 'linked');
      const second = await loginOf('another person');
      assert.equal((await finish(await load([]), second)).refusal?.reason, 'used-before');
      assert.equal((await finish(await load([withoutCheck]), second)).kind, 'linked', 'refused without the check');
    });
  });
});
