import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { OidcConfig, OrgState } from '../../protocol/src/index.ts';
import type { Viewer } from '../../server/src/domain/evaluate-access.ts';
import { addDomain } from '../../server/src/features/single-sign-on/commands/domains/add-domain.ts';
import { applyDomainCheck } from '../../server/src/features/single-sign-on/commands/domains/apply-domain-check.ts';
import { removeDomain } from '../../server/src/features/single-sign-on/commands/domains/remove-domain.ts';
import { linkByProvider, logInByProvider } from '../../server/src/features/single-sign-on/commands/login/log-in-by-provider.ts';
import { updateAuthProvider } from '../../server/src/features/single-sign-on/commands/provider/update-auth-provider.ts';
import { insertFlow, saveTestResponse } from '../../server/src/features/single-sign-on/database/sso-flows.ts';
import { hashToken } from '../../server/src/runtime/secrets/hash-token.ts';
import type { Command } from '../../server/src/write-path/command.ts';
import { runCommand } from '../../server/src/write-path/run-command.ts';
import { anIdentity, anOidcConfig } from './builders.ts';
import { ageChecks } from './domains.ts';
import { aPerson, nextNumber, type Person, type ProvisionedOrg } from './provision.ts';
import { mintScimToken, patchOf, scimClient } from './scim.ts';
import { changeRecords, enforceChanges } from './security-records.ts';
import type { SeededRandom } from './seeds.ts';
import type { TestServer } from './server.ts';
import { addOidcProvider } from './single-sign-on.ts';

/**
 * Single sign-on and SCIM in random histories. The commands run as they do behind the pages, and
 * only the identity provider is missing: its verified responses are stored directly.
 */

/** A person in a browser, who has a session from the first login on. */
export interface SessionPerson {
  readonly email: string;
  /** Null before the first login. */
  session: { readonly cookie: string; readonly userId: string; readonly isFull: boolean } | null;
}

/** The session that a login opened or bound, as the server evaluates it. */
export type LoggedIn = Pick<Viewer, 'userId' | 'boundOrgIds' | 'bindings'>;

const domainSecret = 'a secret of the challenge';
const memberIdsMax = 3;

export class AccessHistory {
  readonly #random: SeededRandom;
  readonly #org: ProvisionedOrg;
  readonly #pickServer: () => TestServer;
  readonly #providerId: string;
  readonly #domain: string;
  readonly #subjects = new Map<string, string>();
  /** A person with a session, and one without an account, whose domain is verified. */
  readonly account: Person & SessionPerson;
  readonly newcomer: SessionPerson;
  #domainId: string | null = null;
  #scimToken: string;
  #clientCount = 0;

  private constructor(
    random: SeededRandom,
    org: ProvisionedOrg,
    pickServer: () => TestServer,
    made: { providerId: string; scimToken: string; account: Person & SessionPerson },
  ) {
    this.#random = random;
    this.#org = org;
    this.#pickServer = pickServer;
    this.#providerId = made.providerId;
    this.#scimToken = made.scimToken;
    this.#domain = `company-${nextNumber()}.example`;
    this.account = made.account;
    this.newcomer = { email: `newcomer@${this.#domain}`, session: null };
  }

  static async create(random: SeededRandom, org: ProvisionedOrg, pickServer: () => TestServer): Promise<AccessHistory> {
    const server = pickServer();
    const record = { jit: 'domains', scimEnabled: true } as const;
    const providerId = await addOidcProvider(server, org.id, { issuer: 'https://idp.example.com', record });
    const person = await aPerson(server);
    const cookie = await openSession(server, person.userId);
    const account = { ...person, session: { cookie, userId: person.userId, isFull: true } };
    const history = new AccessHistory(random, org, pickServer, { providerId, scimToken: await mintScimToken(server, org.id), account });
    await history.#addDomain();
    await history.#applyCheck(true);
    return history;
  }

  /** @param memberIds the members that SCIM may change */
  actions(memberIds: () => readonly string[]): readonly (() => Promise<unknown>)[] {
    const { pick, chance, int } = this.#random;
    const member = () => pick(memberIds());
    const some = () => Array.from({ length: int(memberIdsMax) }, () => ({ value: member() }));
    const group = () => int(2);
    return [
      () => (chance(0.3) ? this.#enforce(chance(0.5)) : this.#enforce(false)),
      () => this.#update({ jit: pick(['off', 'domains', 'domains']) }),
      () => this.#update({ scimEnabled: chance(0.7) }),
      () => (chance(0.3) ? this.#replaceProvider() : Promise.resolve()),
      () => (this.#domainId === null ? this.#addDomain() : chance(0.2) ? this.#removeDomain() : this.#applyCheck(true)),
      () => this.#lapse(),
      () => this.#scim('POST', '/Users', { userName: pick([this.newcomer.email, `invited-${int(3)}@example.com`]) }),
      () => this.#scim('PATCH', `/Users/${member()}`, patchOf({ op: 'replace', path: 'active', value: false })),
      () => this.#scim('POST', '/Groups', { displayName: `Group ${group()}`, members: some() }),
      () => this.#scim('PATCH', `/Groups/group-${group()}`, patchOf({ op: 'replace', path: 'members', value: some() })),
      () => this.#scim('DELETE', `/Groups/group-${group()}`),
    ];
  }

  /** Logs in, and confirms the link if there is a question. Null if the login is refused. */
  async logIn(person: SessionPerson): Promise<LoggedIn | null> {
    const server = this.#pickServer();
    const { writePath, db } = server.services;
    const flow = await this.#answeredFlow(server, person.email);
    if (!flow) return null;
    const session = await this.#sessionOf(server, person);
    const token = randomUUID();
    const input = {
      key: server.services.secret,
      handleHash: flow.handleHash,
      session,
      tokenHash: hashToken(token),
      daysMax: 30,
      ipAddress: null,
      userAgent: '',
    };
    const login = { orgId: this.#org.id, input, requestId: null, ipAddress: null };
    const finished = await logInByProvider(writePath, login);
    const isLinked = finished.kind === 'ask' && (await linkByProvider(writePath, session!.userId, login)).kind === 'linked';
    if (finished.kind !== 'logged-in' && !isLinked) return null;
    const { kind, user_id: userId } = await db
      .selectFrom('sessions')
      .select(['kind', 'user_id'])
      .where('token_hash', '=', input.tokenHash)
      .executeTakeFirstOrThrow();
    person.session = { cookie: cookieWith(server, token), userId, isFull: kind === 'full' };
    const identity = await db
      .selectFrom('sso_identities')
      .select('member_id')
      .where('provider_id', '=', this.#providerId)
      .where('user_id', '=', userId)
      .executeTakeFirst();
    const { generation } = flow;
    // Another command may have removed the member or the identity.
    const memberId = identity?.member_id ?? '';
    const binding = { providerId: this.#providerId, generation, expiresAt: '2100-01-01T00:00:00.000000Z', memberId };
    return { userId, boundOrgIds: kind === 'full' ? null : new Set([this.#org.id]), bindings: new Map([[this.#org.id, binding]]) };
  }

  /** A login whose response has arrived. Null if the provider is not active. */
  async #answeredFlow(server: TestServer, email: string) {
    const { db } = server.services;
    const stored = await db.selectFrom('auth_providers').select('provider').where('id', '=', this.#providerId).executeTakeFirstOrThrow();
    const { generation, status } = stored.provider as { generation: number; status: string };
    if (status !== 'active') return null;
    const handleHash = hashToken(randomUUID());
    const request = { requestKey: randomUUID(), nonce: randomUUID(), verifier: randomUUID(), forceLogin: false };
    const flow = { handleHash, orgId: this.#org.id, providerId: this.#providerId, generation, protocol: 'oidc' } as const;
    await db
      .transaction()
      .execute((tx) =>
        insertFlow(tx, server.services.secret, { ...flow, request, purpose: 'login', invite: null, session: null, next: '/', network: '' }),
      );
    // Another provider gives other subjects.
    const key = `${generation} ${email}`;
    const subject = this.#subjects.get(key) ?? `subject-${nextNumber()}`;
    this.#subjects.set(key, subject);
    await saveTestResponse(db, flow, {
      identity: { ...anIdentity(), subject, email, name: null },
    });
    return { handleHash, generation };
  }

  async #sessionOf({ services: { db, sessionCookie } }: TestServer, { session }: SessionPerson) {
    if (session === null) return null;
    const tokenHash = hashToken(sessionCookie.read(session.cookie)!);
    const row = await db.selectFrom('sessions').select('id').where('token_hash', '=', tokenHash).executeTakeFirst();
    return row ? { sessionId: row.id, userId: session.userId } : null;
  }

  #enforce(isRequired: boolean): Promise<unknown> {
    const isActive = ({ authProvider }: OrgState) => authProvider!.status === 'active';
    return changeRecords(this.#pickServer(), this.#org.id, (state) => enforceChanges(state, isRequired && isActive(state)));
  }

  async #update(changes: Parameters<typeof updateAuthProvider.decide>[0]['changes'], config: OidcConfig | null = null): Promise<void> {
    const server = this.#pickServer();
    const input = {
      providerId: this.#providerId,
      changes,
      recoveryMembers: null,
      checked: config && { config, certificates: [] },
      clientSecret: config && 'the secret of the other client',
      key: server.services.secret,
      mint: () => ({ text: randomUUID(), hash: hashToken(randomUUID()), lastCharacters: 'abcd' }),
      credential: null,
    };
    await this.#run(server, updateAuthProvider, input);
    // SCIM gets another token with its start.
    if (changes.scimEnabled) this.#scimToken = await mintScimToken(server, this.#org.id);
  }

  /** Another client is another provider, so the identities become invalid. */
  #replaceProvider(): Promise<void> {
    this.#clientCount++;
    return this.#update({}, anOidcConfig({ client_id: `client-${this.#clientCount}` }));
  }

  async #addDomain(): Promise<void> {
    const server = this.#pickServer();
    const input = { domain: this.#domain, role: 'owned', secret: domainSecret } as const;
    this.#domainId = (await this.#run(server, addDomain, input)).id;
  }

  async #removeDomain(): Promise<void> {
    await this.#run(this.#pickServer(), removeDomain, { domainId: this.#domainId! });
    this.#domainId = null;
  }

  async #applyCheck(isPresent: boolean): Promise<void> {
    const txtRecords = isPresent ? [`rollcall-domain-verification=${domainSecret}`] : [];
    await this.#run(this.#pickServer(), applyDomainCheck, { domainId: this.#domainId!, txtRecords, credential: null });
  }

  /** The DNS record is missing in a check, and in another one after eight days. */
  async #lapse(): Promise<void> {
    if (this.#domainId === null || this.#random.chance(0.5)) return;
    await this.#applyCheck(false);
    await ageChecks(this.#pickServer(), this.#domainId, 8);
    await this.#applyCheck(false);
  }

  async #scim(method: string, path: string, body?: unknown): Promise<void> {
    const answer = await scimClient(this.#pickServer(), this.#org.id, this.#scimToken)(method, path, body);
    assert.ok(answer.status < 500, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  }

  async #run<Input, Facts, Result>(server: TestServer, command: Command<Input, Facts, Result>, input: Input): Promise<Result> {
    let made: Result | undefined;
    await runCommand<Input, Facts, Result>(server.services.writePath, command, {
      orgId: this.#org.id,
      actor: { kind: 'operator', name: 'bootstrap' },
      input: input as never,
      requestId: null,
      respond: async (_tx, result) => {
        made = result;
        return { status: 204 };
      },
    });
    return made!;
  }
}

/** Opens the session of a login by password, without the time that a password takes to check. */
async function openSession(server: TestServer, userId: string): Promise<string> {
  const token = randomUUID();
  const session = { user_id: userId, token_hash: hashToken(token), expires_at: '2100-01-01T00:00:00Z', ip_address: null, user_agent: '' };
  await server.services.db.insertInto('sessions').values(session).execute();
  return cookieWith(server, token);
}

function cookieWith({ services: { sessionCookie } }: TestServer, token: string): string {
  return sessionCookie.write(token).split(';')[0]!;
}
