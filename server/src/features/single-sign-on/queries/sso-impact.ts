import { isRecoveryOwner, type MemberRecord } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { CountedViewer } from '../../../bus/bus.ts';
import { anyOf } from '../../../database/any-of.ts';
import type { Db } from '../../../database/database.ts';
import { readMembers } from '../../../database/records/records-read.ts';
import type { CallingActor } from '../../../domain/actor.ts';
import { notFound } from '../../../domain/authorize.ts';
import type { Survey } from '../../../read-path/people/live-viewers.ts';
import { type AuthorizedReader, authorizeReader } from '../../../read-path/queries/authorized-reader.ts';
import { endedBySso } from '../domain/ended-by-sso.ts';

/** The people and credentials that required single sign-on would affect (REST contract 13.5). */
export interface SsoImpact {
  readonly reader: AuthorizedReader;
  /** Members with a user. */
  readonly members: { readonly linked: number; readonly unlinked: number };
  /** Up to 100, by id. */
  readonly unlinked: readonly MemberRecord[];
  readonly live: { readonly users: number; readonly subscriptions: number; readonly wouldEnd: number };
  /** Valid user tokens of members without a linked identity who lose access. */
  readonly tokens: { readonly ofUnlinkedUsers: number };
  readonly recovery: readonly MemberRecord[];
  readonly instances: number;
  readonly complete: boolean;
}

const unlinkedMax = 100;

const isLinked = sql<boolean>`(flags @> '{"sso:linked": true}' AND NOT flags @> '{"sso:invalid": true}')`;

/**
 * The members and live viewers who would lose access now, for owners.
 * @throws OrgError as `authorizeReader`; `not-found` without a provider
 */
export async function readSsoImpact(
  { db, surveyViewers }: { readonly db: Db; surveyViewers(orgId: string): Promise<Survey> },
  orgId: string,
  actor: CallingActor,
): Promise<SsoImpact> {
  const reader = await authorizeReader(db, orgId, actor, ['org:admin']);
  const { organization, authProvider } = reader.state;
  if (!authProvider) throw notFound();
  const { viewers, instances, isComplete } = await surveyViewers(orgId);
  const [viewing, members, unlinked, recovery] = await Promise.all([
    readMembers(db, orgId, { userIds: usersOf(viewers) }),
    countMembers(db, orgId),
    readUnlinked(db, orgId),
    readMembers(db, orgId, { isRecoveryOwner: true }),
  ]);
  const exempt = recovery.filter(isRecoveryOwner).map(({ id }) => id);
  return {
    reader,
    members,
    unlinked,
    live: countLive(viewers, endedBySso(organization!, authProvider, viewing, actor.at)),
    tokens: { ofUnlinkedUsers: await countTokens(db, orgId, exempt) },
    recovery,
    instances,
    complete: isComplete,
  };
}

function usersOf(viewers: readonly CountedViewer[]): string[] {
  return [...new Set(viewers.flatMap(({ userId }) => userId ?? []))];
}

function countLive(viewers: readonly CountedViewer[], wouldEnd: (viewer: CountedViewer) => boolean): SsoImpact['live'] {
  const sumOf = (counted: readonly CountedViewer[]) => counted.reduce((sum, { subscriptions }) => sum + subscriptions, 0);
  return { users: usersOf(viewers).length, subscriptions: sumOf(viewers), wouldEnd: sumOf(viewers.filter(wouldEnd)) };
}

async function countMembers(db: Db, orgId: string): Promise<SsoImpact['members']> {
  const { linked, all } = await db
    .selectFrom('members')
    .select((eb) => [eb.fn.countAll<string>().as('all'), eb.fn.countAll<string>().filterWhere(isLinked).as('linked')])
    .where('organization_id', '=', orgId)
    .where('user_id', 'is not', null)
    .executeTakeFirstOrThrow();
  return { linked: Number(linked), unlinked: Number(all) - Number(linked) };
}

async function readUnlinked(db: Db, orgId: string): Promise<MemberRecord[]> {
  const rows = await db
    .selectFrom('members')
    .select('id')
    .where('organization_id', '=', orgId)
    .where('user_id', 'is not', null)
    .where(sql<boolean>`NOT ${isLinked}`)
    .orderBy('id')
    .limit(unlinkedMax)
    .execute();
  return readMembers(db, orgId, { ids: rows.map(({ id }) => id) });
}

/** @param exempt the ids of recovery owners, who keep their access */
async function countTokens(db: Db, orgId: string, exempt: readonly string[]): Promise<number> {
  const { count } = await db
    .selectFrom('auth_tokens')
    .innerJoin('members', 'members.user_id', 'auth_tokens.user_id')
    .select((eb) => eb.fn.countAll<string>().as('count'))
    .where('members.organization_id', '=', orgId)
    .where(sql<boolean>`NOT ${isLinked}`)
    .where((eb) => eb.not(eb('members.id', '=', anyOf('bigint', exempt))))
    .where((eb) => eb.or([eb('auth_tokens.organization_id', 'is', null), eb('auth_tokens.organization_id', '=', orgId)]))
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', sql<string>`clock_timestamp()`)]))
    .executeTakeFirstOrThrow();
  return Number(count);
}
