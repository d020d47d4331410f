import { isSsoLinked, type MemberRecord, type OrgState } from '@rollcall/protocol';
import type { Tx } from '../../../../database/database.ts';
import { readUsersWithPassword } from '../../../../database/identity/users-read.ts';
import { readMembers } from '../../../../database/records/records-read.ts';
import { readMemberIdentity } from '../../../../database/security/sso-identities.ts';
import type { EnforcementFacts } from '../../../../domain/access/enforcement.ts';
import { memberOfActor } from '../../../../domain/actor.ts';
import { withoutDuplicates } from '../../../../domain/members/member-removal.ts';
import type { LoadContext } from '../../../../write-path/command.ts';
import type { AuthProviderChanges } from '../../domain/auth-provider.ts';

/** The parts of a change of the provider that concern its requirement and the recovery owners. */
interface Wanted {
  readonly changes: Pick<AuthProviderChanges, 'requireLink'>;
  readonly recoveryMembers: readonly string[] | null;
}

/**
 * Write path 2/5: reads the facts about required single sign-on and its recovery owners. Null if
 * the command concerns neither.
 */
export async function loadEnforcement(
  tx: Tx,
  state: OrgState,
  { changes: { requireLink }, recoveryMembers }: Wanted,
  { orgId, actor }: LoadContext,
): Promise<EnforcementFacts | null> {
  if (requireLink === undefined && recoveryMembers === null) return null;
  const [present, chosen, all] = await Promise.all([
    readMembers(tx, orgId, { isRecoveryOwner: true }),
    readMembers(tx, orgId, { ids: recoveryMembers ?? [] }),
    requireLink && state.authProvider?.requireLink === false ? readMembers(tx, orgId) : [],
  ]);
  const members = withoutDuplicates([...present, ...chosen]);
  const users = await readUsersWithPassword(tx, usersOf(members));
  const own = memberOfActor(state, actor);
  const identity = own && (await readMemberIdentity(tx, orgId, own.id));
  return {
    members,
    users: new Map(users.map((user) => [user.id, user])),
    ownLogin: identity && (identity.lastLogin ?? identity.dateLinked),
    unlinked: all.filter((member) => !isSsoLinked(member)),
  };
}

function usersOf(members: readonly MemberRecord[]): string[] {
  return members.flatMap(({ user }) => (user ? [user.id] : []));
}
