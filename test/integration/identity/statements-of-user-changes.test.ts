import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { accountRoutes } from '../../../server/src/http/endpoints/identity/account.ts';
import { authenticatorRoutes } from '../../../server/src/http/endpoints/identity/authenticators.ts';
import { emailRoutes } from '../../../server/src/http/endpoints/identity/emails.ts';
import { sessionRoutes } from '../../../server/src/http/endpoints/identity/sessions.ts';
import { userCredentialRoutes } from '../../../server/src/http/operator/user-credentials.ts';
import { userRoutes } from '../../../server/src/http/operator/users.ts';
import { type CountedStatements, countStatements } from '../../support/counted-statements.ts';
import { eventually } from '../../support/eventually.ts';
import { type Account, anAccount, codeOf, goodPassword, logIn, setUpSecondFactor } from '../../support/log-in.ts';
import { aMigratedDatabase } from '../../support/migrated-database.ts';
import type { TestDatabase } from '../../support/postgres.ts';
import { anOrganizationOf, nextNumber } from '../../support/provision.ts';
import { startServer, type TestResponse, type TestServer } from '../../support/server.ts';

/** A user with a second factor, and a session. */
interface Subject extends Account {
  readonly cookie: string;
  readonly tokenId: string;
  readonly verifiedId: string;
  readonly otherSessionId: string;
  /** The key of the second factor that the operator enrolled. */
  readonly secret: string;
  readonly setup: { readonly setup: string; readonly code: string };
}

const [few, many] = [1, 21];

describe('a change of a user', () => {
  let database: TestDatabase;
  let counted: CountedStatements;
  let server: TestServer;

  before(async () => {
    database = await aMigratedDatabase();
    counted = await countStatements(database.url);
    server = await startServer({ DATABASE_URL: counted.url });
    // Jobs of logins look claimed by an instance that never continues: see `aSubject`.
    await sql`CREATE FUNCTION claim_elsewhere() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        NEW.lease = 'elsewhere';
        NEW.leased_until = now() + interval '1 hour';
        RETURN NEW;
      END $$`.execute(server.services.db);
    await sql`CREATE TRIGGER claim_elsewhere BEFORE INSERT ON jobs FOR EACH ROW
      WHEN (NEW.kind = 'record-recovery-logins') EXECUTE FUNCTION claim_elsewhere()`.execute(server.services.db);
  });
  after(async () => {
    await server?.stop();
    await counted?.close();
    await database?.drop();
  });

  type Make = (subject: Subject) => Promise<TestResponse>;
  const operate =
    (method: string, path: string, body?: object): Make =>
    ({ id, tokenId }) =>
      server.operate(method, `/users/${id}/${path.replace(':token', tokenId)}`, body);
  const own =
    (method: string, path: string, body?: object | ((subject: Subject) => object)): Make =>
    (subject) => {
      const { cookie } = subject;
      const named = path.replace(':email', subject.verifiedId).replace(':session', subject.otherSessionId);
      const given = typeof body === 'function' ? body(subject) : body;
      return server.request(method, `/api/0${named}`, { cookie, ...(given && { body: given }) });
    };

  /** Each route that changes a user, by its id. */
  const calls: Readonly<Record<string, readonly Make[]>> = {
    updateUser: [
      operate('PUT', '', { name: 'Renamed' }),
      (subject) => operate('PUT', '', { email: `renamed-${nextNumber()}@example.com` })(subject),
      (subject) => operate('PUT', '', { externalId: `renamed-${subject.id}` })(subject),
      operate('PUT', '', { password: 'another good password' }),
      operate('PUT', '', { isActive: false }),
    ],
    createTokenOfUser: [operate('POST', 'tokens/', { scopes: ['org:read'] })],
    revokeTokenOfUser: [operate('DELETE', 'tokens/:token/')],
    enrolAuthenticator: [operate('POST', 'authenticators/', { type: 'totp' }), operate('POST', 'authenticators/', { type: 'recovery' })],
    addEmail: [own('POST', '/auth/emails/', () => ({ email: `added-${nextNumber()}@example.com` }))],
    makeEmailPrimary: [own('PUT', '/auth/emails/:email/', { isPrimary: true, password: goodPassword })],
    removeEmail: [own('DELETE', '/auth/emails/:email/')],
    removeTotp: [own('DELETE', '/auth/authenticators/totp/')],
    confirmTotp: [own('POST', '/auth/authenticators/totp/confirm/', ({ setup }) => setup)],
    renewRecoveryCodes: [own('POST', '/auth/authenticators/recovery/')],
    changePassword: [own('PUT', '/auth/password/', { password: goodPassword, newPassword: 'another good password' })],
    logIn: [
      ({ email, secret }) =>
        server.request('POST', '/api/0/auth/login/', { body: { username: email, password: goodPassword, otp: codeOf(secret, 1) } }),
    ],
    logOut: [own('POST', '/auth/logout/')],
    logOutEverywhere: [own('POST', '/auth/logout-all/')],
    removeSession: [own('DELETE', '/auth/sessions/:session/')],
  };

  const notCalled: Readonly<Record<string, string>> = {
    createUser: 'the user has no organizations yet',
    register: 'the user has no organizations yet',
    eraseUser: 'the erasure of a user has tests of its own',
    eraseSelf: 'the erasure of a user has tests of its own',
    proveLogin: 'it changes the session only',
    beginTotp: 'it stores nothing',
    removeEmailByLink: 'it changes the primary address as `makeEmailPrimary` does',
    verifyEmail: 'it changes no member record',
    askForVerification: 'it changes no member record',
  };

  it('has a call for each route of the operator and of the account that writes', () => {
    const routes = [...userRoutes, ...userCredentialRoutes, ...accountRoutes, ...emailRoutes, ...authenticatorRoutes, ...sessionRoutes];
    const ids = new Set(routes.filter(({ method }) => method !== 'GET').map(({ metadata }) => metadata.id));
    assert.deepEqual([...ids].sort(), [...Object.keys(calls), ...Object.keys(notCalled)].sort());
  });

  async function aSubject(organizations: number): Promise<Subject> {
    const account = await anAccount(server);
    const { db } = server.services;
    const person = { userId: account.id, email: account.email, token: '', tokenId: '', memberId: null };
    const cookie = await logIn(server, account);
    for (let made = 0; made < organizations; made++) await anOrganizationOf(server, person, { cookie });
    const enrolled = await setUpSecondFactor(server, cookie);
    const begun = (await server.request('POST', '/api/0/auth/authenticators/totp/', { cookie })).body;
    const setup = { setup: begun.setup, code: codeOf(begun.secret) };
    const otherSession = await sql<{ id: string }>`
      INSERT INTO sessions (user_id, token_hash, expires_at) VALUES (${account.id}, ${`hash-${account.id}`}, now() + interval '1 day')
      RETURNING id`.execute(db);
    const { id: verifiedId } = await db
      .insertInto('user_emails')
      .values({ user_id: account.id, email: `second-${account.id}@example.com`, is_verified: true })
      .returning('id')
      .executeTakeFirstOrThrow();
    const { id: tokenId } = (await server.operate('POST', `/users/${account.id}/tokens/`, { scopes: ['org:read'] })).body;
    await db.updateTable('members').set({ is_recovery_owner: true }).where('user_id', '=', account.id).execute();
    // The job of the user looks claimed by an instance that never continues, so that only the
    // statements of the request are counted.
    // Fails while the job of the second factor is open.
    await eventually(() =>
      db
        .insertInto('jobs')
        .values({
          ...{ kind: 'refresh-members', subject: account.id, params: '{}' },
          ...{ lease: 'elsewhere', leased_until: sql<string>`now() + interval '1 hour'` },
        })
        .execute(),
    );
    return { ...account, cookie, tokenId, secret: enrolled.secret, verifiedId, otherSessionId: otherSession.rows[0]!.id, setup };
  }

  /** Statements of polls and sweeps, which run at any time. */
  const isOfSweep = (text: string) => /AS due\b|org_heads WHERE|moved_heads|xmin|FROM jobs WHERE finished_at IS NULL/.test(text);

  for (const [id, makes] of Object.entries(calls)) {
    for (const [index, make] of makes.entries()) {
      it(`[H-95] sends no more statements the more organizations the user has: ${id}, call ${index + 1}`, async () => {
        const counts: number[] = [];
        let texts: string[] = [];
        for (const organizations of [few, many]) {
          const subject = await aSubject(organizations);
          counted.take();
          const { status, body } = await make(subject);
          texts = counted.take().flatMap(({ statements }) => statements.filter((text) => !isOfSweep(text)));
          assert.ok(status < 300, `${id}: ${status} ${JSON.stringify(body)}`);
          counts.push(texts.length);
        }
        const list = texts.map((text) => text.replace(/\s+/g, ' ').slice(0, 120)).join('\n');
        // Far below one statement per organization, and above what a sweep adds.
        assert.ok(counts[1]! < counts[0]! + (many - few) / 2, `${counts[0]} statements became ${counts[1]}:\n${list}`);
      });
    }
  }
});
