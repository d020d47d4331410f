import {
  audienceOf,
  can,
  type Decision,
  everything,
  type MemberRecord,
  OrgState,
  productScopesOf,
  projectRecord,
  type ScopeName,
} from '@rollcall/protocol';
import type { Db } from '../../database/database.ts';
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

/** The subject and the object of a decision, as the client's `can` takes them. */
export interface DecisionQuery {
  readonly who: { readonly userId: string } | { readonly memberId: string } | { readonly email: string };
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
      for (const record of await readQueriedMembers(tx, orgId, who)) addVisible({ kind: 'member', record });
      const members = [...seen.recordsOf('member').values()] as unknown as MemberRecord[];
      const memberIds = members.map(({ id }) => id);
      for (const record of await readTeamMembers(tx, orgId, { memberIds })) addVisible({ kind: 'team-member', record });
      const target = on && (await readTarget(tx, orgId, on, addVisible));
      const subject = 'email' in who ? { memberId: findMemberByEmail(who.email, members)?.id ?? noId } : who;
      const productScopes = productScopesOf(await readPermissionTable(tx));
      return { ...can(seen, subject, scopes, target ?? undefined, productScopes), revision: head.revision };
    });
}

/** The scopes and collections of the caller's own replica. */
function viewOf(state: OrgState, actor: Actor): [Parameters<typeof audienceOf>[1], Parameters<typeof audienceOf>[2]] {
  return actor.kind === 'service' ? [everything, actor.collections] : [effectiveScopes(state, actor), null];
}

async function readQueriedMembers(db: Db, orgId: string, who: DecisionQuery['who']): Promise<MemberRecord[]> {
  if ('email' in who) return readMembersByEmail(db, orgId, who.email);
  return readMembers(db, orgId, 'userId' in who ? { userIds: [who.userId] } : { ids: [who.memberId] });
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
