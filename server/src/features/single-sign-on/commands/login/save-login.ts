import { type RawBuilder, sql } from 'kysely';
import type { Tx } from '../../../../database/database.ts';
import { secondFactorColumns, storedUserAgent } from '../../../../write-path/users/sessions/open-session.ts';
import type { SsoFlow } from '../../database/sso-flows.ts';
import type { AssertedIdentity } from '../../domain/asserted-identity.ts';
import type { LockedSession } from './load-sign-on.ts';

/** Saves a login by single sign-on, besides the records that it changes. */

/** The browser that logs in, and the session that it gets. */
export interface Browser {
  readonly tokenHash: string;
  readonly daysMax: number;
  readonly ipAddress: string | null;
  readonly userAgent: string;
}

interface Login {
  readonly orgId: string;
  readonly flow: Pick<SsoFlow, 'providerId' | 'generation'>;
  readonly sessionHours: number;
  readonly userId: string;
  readonly identity: AssertedIdentity;
}

/** Saves a login by an identity that was linked before. */
export async function saveKnownLogin(tx: Tx, browser: Browser, session: LockedSession | null, login: Login, identityId: string) {
  await recordLogin(tx, login, identityId);
  await saveBinding(tx, browser, session, login, identityId);
}

/** Saves a login that links its identity to a member. */
export async function saveLinkingLogin(tx: Tx, browser: Browser, session: LockedSession | null, login: Login, memberId: string) {
  const identityId = await linkSubject(tx, login, memberId);
  await saveBinding(tx, browser, session, login, identityId);
}

/** Links a subject to a user. Earlier identities of either are void, and so are their bindings. */
async function linkSubject(tx: Tx, { orgId, flow: { providerId }, userId, identity }: Login, memberId: string): Promise<string> {
  await tx
    .deleteFrom('sso_identities')
    .where('organization_id', '=', orgId)
    .where('provider_id', '=', providerId)
    .where((where) => where.or([where('subject', '=', identity.subject), where('user_id', '=', userId)]))
    .execute();
  const { id } = await tx
    .insertInto('sso_identities')
    .values({
      organization_id: orgId,
      provider_id: providerId,
      subject: identity.subject,
      user_id: userId,
      member_id: memberId,
      email: identity.email,
      name: identity.name,
      last_login: sql<string>`clock_timestamp()`,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

/** Stores the time of a login, and the address and the name, which are for display only. */
async function recordLogin(tx: Tx, { orgId, identity: { email, name } }: Login, identityId: string): Promise<void> {
  await tx
    .updateTable('sso_identities')
    .set({ email, name, last_login: sql<string>`clock_timestamp()` })
    .where('organization_id', '=', orgId)
    .where('id', '=', identityId)
    .execute();
}

/**
 * Binds the browser's session to the organization, or opens one for this organization only. The
 * session gets a new token either way, so that a token that was planted before the login is
 * worthless.
 */
async function saveBinding(tx: Tx, browser: Browser, session: LockedSession | null, login: Login, identityId: string): Promise<void> {
  const { orgId, flow, identity, userId } = login;
  const sessionId = session?.userId === userId ? await renewToken(tx, browser, session) : await insertSsoSession(tx, browser, userId);
  const binding = {
    provider_id: flow.providerId,
    generation: flow.generation,
    identity_id: identityId,
    authenticated_at: authenticatedAt(identity),
    expires_at: bindingEnd(login),
    session_index: identity.sessionIndex,
    sid: identity.sid,
  };
  await tx
    .insertInto('session_sso')
    .values({ session_id: sessionId, organization_id: orgId, ...binding })
    .onConflict((conflict) => conflict.columns(['session_id', 'organization_id']).doUpdateSet(binding))
    .execute();
}

async function renewToken(tx: Tx, { tokenHash, daysMax }: Browser, { sessionId }: LockedSession): Promise<string> {
  await tx
    .updateTable('sessions')
    .set({
      token_hash: tokenHash,
      former_until: null,
      date_last_used: sql<string>`clock_timestamp()`,
      // A full session still ends 30 days after its password was entered.
      expires_at: sql<string>`CASE WHEN kind = 'sso' THEN ${endOf(daysMax)} ELSE expires_at END`,
    })
    .where('id', '=', sessionId)
    .execute();
  return sessionId;
}

async function insertSsoSession(tx: Tx, { tokenHash, daysMax, ipAddress, userAgent }: Browser, userId: string): Promise<string> {
  const { id } = await tx
    .insertInto('sessions')
    .values({
      user_id: userId,
      kind: 'sso',
      token_hash: tokenHash,
      expires_at: endOf(daysMax),
      ip_address: ipAddress,
      user_agent: storedUserAgent(userAgent),
      ...secondFactorColumns(false),
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

function endOf(days: number): RawBuilder<string> {
  return sql<string>`clock_timestamp() + make_interval(days => ${days}::integer)`;
}

/**
 * A login without a stated time is not recent, because the provider may know the browser for weeks.
 * The time is not in the future, so that a provider with a wrong clock does not prolong a recent
 * login.
 */
function authenticatedAt({ authenticatedAt: asserted }: AssertedIdentity): RawBuilder<string> {
  return sql<string>`least(clock_timestamp(), coalesce(${asserted}::timestamptz, '-infinity'))`;
}

function bindingEnd({ sessionHours, identity }: Login): RawBuilder<string> {
  return sql<string>`least(clock_timestamp() + make_interval(hours => ${sessionHours}::integer), ${identity.sessionEndsAt}::timestamptz)`;
}
