import {
  type Audience,
  audienceOf,
  can,
  type Decision,
  everything,
  type MemberRecord,
  OrgState,
  organizationSubject,
  productScopesOf,
  projectRecord,
  type ScopeName,
} from '@rollcall/protocol';
import type { Db } from '../../database/database.ts';
import { readExternalIdRecords } from '../../database/identity/external-id-records.ts';
import { readMemberUsers } from '../../database/identity/users-read.ts';
import { readMembersByEmail } from '../../database/members/members-by-email.ts';
import { readPermissionTable } from '../../database/permission-table.ts';
import { readHeads } from '../../database/records/read-log.ts';
import {
  type KindedRecord,
  readMembers,
  readProjects,
  readProjectTeams,
  readTeamMembers,
  readTeams,
} from '../../database/records/records-read.ts';
import type { Actor } from '../../domain/actor.ts';
import { effectiveScopes, notFound } from '../../domain/authorize.ts';
import { authorizeReader } from './authorized-reader.ts';

type KnownSubject = { readonly userId: string } | { readonly memberId: string } | { readonly email: string };

/** The subject and the object of a decision, as the client's `can` takes them. */
export interface DecisionQuery {
  readonly who: KnownSubject | { readonly externalId: string };
  /** Any one of these scopes suffices. */
  readonly scopes: readonly ScopeName[];
  /** The object, by id or slug. Null means the organization itself. */
  readonly on: { readonly team: Named } | { readonly project: Named } | null;
}
type Named = { readonly ids: readonly string[] } | { readonly slugs: readonly string[] };

export interface DecisionAt extends Decision {
  readonly revision: number;
}

/** An id that no record has. */
const noId = '';

/**
 * Returns the decision that `can` would make on a fresh replica of this caller. It serves clients
 * whose replica is stale. The decision uses the current records that concern the query, as far
 * as the caller may see them.
 * @throws OrgError `not-found`, `forbidden`, `two-factor-required`
 */
export function readDecision(db: Db, orgId: string, actor: Actor, { who, scopes, on }: DecisionQuery): Promise<DecisionAt> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (tx) => {
      const [head] = await readHeads(tx, [orgId]);
      if (!head) throw notFound();
      const { state } = await authorizeReader(tx, orgId, actor);
      const organization = state.organization!;
      const audience = audienceOf(organization, ...viewOf(state, actor));
      const seen = new OrgState();
      const addVisible = ({ kind, record }: KindedRecord) => {
        const projected = projectRecord(audience, kind, record);
        if (projected) seen.put(kind, projected);
      };
      addVisible({ kind: 'organization', record: organization });
      const known = await withUserId(tx, orgId, audience, who);
      for (const record of known ? await readQueriedMembers(tx, orgId, known) : []) addVisible({ kind: 'member', record });
      const members = [...seen.recordsOf('member').values()] as unknown as MemberRecord[];
      const memberIds = members.map(({ id }) => id);
      for (const record of await readTeamMembers(tx, orgId, { memberIds })) addVisible({ kind: 'team-member', record });
      const target = on && (await readTarget(tx, orgId, on, addVisible));
      const subject = known && 'email' in known ? { memberId: findMemberByEmail(known.email, members)?.id ?? noId } : known;
      const productScopes = productScopesOf(await readPermissionTable(tx));
      return { ...can(seen, subject ?? { memberId: noId }, scopes, target ?? undefined, productScopes), revision: head.revision };
    });
}

/** The scopes and collections of the caller's own replica. */
function viewOf(state: OrgState, actor: Actor): [Parameters<typeof audienceOf>[1], Parameters<typeof audienceOf>[2]] {
  return actor.kind === 'service' ? [everything, actor.collections] : [effectiveScopes(state, actor), null];
}

/** Replaces an external id by the user's id. Null if the caller sees no user with it. */
async function withUserId(db: Db, orgId: string, audience: Audience, who: DecisionQuery['who']): Promise<KnownSubject | null> {
  if (!('externalId' in who)) return who;
  const found = await readExternalIdRecords(db, orgId, who);
  const record = found.find(({ id }) => id !== organizationSubject);
  return record && projectRecord(audience, 'external-id', record) ? { userId: record.id } : null;
}

async function readQueriedMembers(db: Db, orgId: string, who: KnownSubject): Promise<MemberRecord[]> {
  if ('email' in who) return withCurrentUsers(db, await readMembersByEmail(db, orgId, who.email));
  return withCurrentUsers(db, await readMembers(db, orgId, 'userId' in who ? { userIds: [who.userId] } : { ids: [who.memberId] }));
}

/**
 * A record follows its user within a minute. A user who was disabled, or lost the second factor,
 * has no access any more.
 */
async function withCurrentUsers(db: Db, members: readonly MemberRecord[]): Promise<MemberRecord[]> {
  const users = await readMemberUsers(
    db,
    members.flatMap(({ user }) => user?.id ?? []),
  );
  return members.map((member) => {
    const now = users.find(({ id }) => id === member.user?.id);
    if (!member.user || !now) return member;
    const { isActive, has2fa } = member.user;
    return { ...member, user: { ...member.user, isActive: isActive && now.isActive, has2fa: has2fa && now.has2fa } };
  });
}

/**
 * Finds a member by an address that the caller may see. A member takes precedence over an invite.
 */
function findMemberByEmail(email: string, members: readonly MemberRecord[]): MemberRecord | undefined {
  const wanted = email.toLowerCase();
  const found = members.filter((member) => [member.email, member.user?.email].some((address) => address?.toLowerCase() === wanted));
  return found.find(({ pending }) => !pending) ?? found[0];
}

async function readTarget(db: Db, orgId: string, on: NonNullable<DecisionQuery['on']>, addVisible: (record: KindedRecord) => void) {
  if ('team' in on) {
    const [team] = await readTeams(db, orgId, on.team);
    if (team) addVisible({ kind: 'team', record: team });
    return { teamId: team?.id ?? noId };
  }
  const [project] = await readProjects(db, orgId, on.project);
  if (project) {
    addVisible({ kind: 'project', record: project });
    for (const record of await readProjectTeams(db, orgId, { projectIds: [project.id] })) addVisible({ kind: 'project-team', record });
  }
  return { projectId: project?.id ?? noId };
}
