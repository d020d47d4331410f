import { type TeamMemberRecord, type TeamRecord, type TeamRoleId, teamMemberId, teamRoleIds } from '@rollcall/protocol';
import type { FieldErrors } from './field-errors.ts';

/** The teams a body names, in whichever of its two forms (spec: 6.3). */
export interface TeamChoice {
  readonly key: 'teams' | 'teamRoles';
  /** `role` is as sent; absent in the old form, which has slugs only. */
  readonly items: readonly { readonly slug: string; readonly role?: string | null }[];
}

/** Unknown, or named twice: `Invalid teams`. A role of null is a valid one (spec: 6.3, check 8). */
export function teamChoiceErrors(choice: TeamChoice | null, known: readonly TeamRecord[]): FieldErrors {
  if (!choice) return {};
  const slugs = new Set(choice.items.map(({ slug }) => slug));
  const isKnown = slugs.size === choice.items.length && [...slugs].every((slug) => known.some((team) => team.slug === slug));
  if (!isKnown) return { [choice.key]: ['Invalid teams'] };
  const roles: readonly (string | null | undefined)[] = [null, undefined, ...teamRoleIds];
  return choice.items.every(({ role }) => roles.includes(role)) ? {} : { [choice.key]: ['Invalid team-role'] };
}

/**
 * The memberships a choice stands for. Where the old form names a team and no role, a membership that is there keeps its own.
 * Expects a choice without errors.
 */
export function membershipsOf(
  choice: TeamChoice,
  known: readonly TeamRecord[],
  memberId: string,
  current: readonly TeamMemberRecord[],
): TeamMemberRecord[] {
  return choice.items.map(({ slug, role }) => {
    const teamId = known.find((team) => team.slug === slug)!.id;
    const kept = current.find((row) => row.teamId === teamId)?.teamRole ?? null;
    const teamRole = role === undefined ? kept : (role as TeamRoleId | null);
    return { id: teamMemberId(teamId, memberId), teamId, memberId, teamRole };
  });
}
