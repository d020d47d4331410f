import { type AuthProviderRecord, apiLimits, isSsoLinked, type LogChange, type MemberRecord, type OrgState } from '@rollcall/protocol';
import { type Actor, circumstancesOf, memberOfActor } from '../actor.ts';
import { type AuditEvent, memberEvent } from '../audit/audit.ts';
import { hasLiveBinding } from '../caller-access.ts';
import { updated } from '../changes.ts';
import type { FieldErrors } from '../field-errors.ts';
import { memberWithRecovery, type RecoveryCandidates, recoveryErrors } from './recovery-owners.ts';

/** Requiring single sign-on, and its recovery owners (REST contract 13.5). */

export interface EnforcementFacts extends RecoveryCandidates {
  /** The time of the actor's last login by their own identity. Null without a linked identity. */
  readonly ownLogin: string | null;
  /** The members without a linked identity. Empty unless single sign-on becomes required. */
  readonly unlinked: readonly MemberRecord[];
}

interface Enforcement {
  readonly state: OrgState;
  readonly actor: Actor;
  /** The provider after the command. */
  readonly after: AuthProviderRecord;
  /** The ids of all recovery owners. Null keeps them. */
  readonly recoveryMembers: readonly string[] | null;
  readonly facts: EnforcementFacts;
  /** ISO 8601. */
  readonly now: string;
}

/**
 * Refuses to require single sign-on before the caller has used it, or without recovery owners. Once
 * it is required, at least one of them remains.
 */
export function enforcementErrors({ state, actor, after, recoveryMembers, facts, now }: Enforcement): FieldErrors {
  const chosen = recoveryMembers ?? facts.members.filter(({ isRecoveryOwner }) => isRecoveryOwner).map(({ id }) => id);
  const invalid = recoveryErrors(chosen, facts);
  const isMissing = chosen.length === 0;
  const onMembers = recoveryMembers === null ? [] : isMissing && after.requireLink ? [noRecoveryOwner] : invalid;
  const isNewlyRequired = after.requireLink && state.authProvider?.requireLink === false;
  const onLink = isNewlyRequired
    ? [...ownLoginProblems(state, actor, after, facts.ownLogin, now), ...(isMissing || invalid.length > 0 ? [noRecoveryOwner] : [])]
    : [];
  return {
    ...(onLink.length > 0 && { require_link: onLink }),
    ...(onMembers.length > 0 && { recovery_members: onMembers }),
  };
}

const noRecoveryOwner = 'Choose one to three recovery owners, who are active owners with a password and an authenticator app.';

function ownLoginProblems(state: OrgState, actor: Actor, after: AuthProviderRecord, ownLogin: string | null, now: string): string[] {
  if (after.status !== 'active') return ['Activate the identity provider first.'];
  const member = memberOfActor(state, actor);
  if (actor.kind !== 'user' || !member || !isSsoLinked(member) || ownLogin === null) {
    return ['Link your own account to the identity provider first.'];
  }
  const hours = (Date.parse(now) - Date.parse(ownLogin)) / 3_600_000;
  const isBound = hasLiveBinding({ organization: state.organization, authProvider: after }, circumstancesOf(actor), Date.parse(now));
  return [
    ...(hours > apiLimits.requiringLoginHoursMax
      ? [`Log in through the identity provider again. Your last login is over ${apiLimits.requiringLoginHoursMax} hours ago.`]
      : []),
    ...(isBound ? [] : ['Log in through the identity provider in this browser first.']),
  ];
}

function memberAsChosen(member: MemberRecord, recoveryMembers: readonly string[] | null): MemberRecord {
  return recoveryMembers === null ? member : memberWithRecovery(member, recoveryMembers.includes(member.id));
}

/**
 * Adds the choice of recovery owners to the other changes of the command.
 * @param members the chosen and the current recovery owners
 */
export function withRecoveryOwners(
  changes: readonly LogChange[],
  members: readonly MemberRecord[],
  recoveryMembers: readonly string[] | null,
): LogChange[] {
  const others = new Map(changes.map((change) => [`${change.kind}/${change.id}`, change]));
  const chosen = members.flatMap((member) => {
    const key = `member/${member.id}`;
    const changed = (others.get(key)?.after ?? member) as MemberRecord;
    others.delete(key);
    return updated('member', member, memberAsChosen(changed, recoveryMembers));
  });
  return [...others.values(), ...chosen];
}

/** One event for each member who becomes a recovery owner, or stops being one. */
export function recoveryOwnersChosen(members: readonly MemberRecord[], recoveryMembers: readonly string[] | null): AuditEvent[] {
  return members.flatMap((member) => {
    const after = memberAsChosen(member, recoveryMembers);
    if (after.isRecoveryOwner === member.isRecoveryOwner) return [];
    const note = after.isRecoveryOwner ? `made ${member.email} a recovery owner` : `made ${member.email} an ordinary owner`;
    return [memberEvent('member.edit', after, note)];
  });
}
