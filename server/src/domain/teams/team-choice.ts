import {
  type LogChange,
  type MemberRecord,
  type TeamMemberRecord,
  type TeamRecord,
  type TeamRoleId,
  teamMemberId,
  teamRoleIds,
  toStoredTeamRole,
} from '@rollcall/protocol';
import { created, removed, updated } from '../changes.ts';
import type { FieldErrors } from '../field-errors.ts';

/** The teams in a request body, in either of its two forms (REST contract 6.3). */
export interface TeamChoice {
  readonly key: 'teams' | 'teamRoles';
  /** `role` is as sent. It is absent in the old form, which has only slugs. */
  readonly items: readonly { readonly slug: string; readonly role?: string | null }[];
}

/**
 * Errors for teams that are unknown or named twice (`Invalid teams`), and for invalid team roles. A
 * null role is valid (REST contract 6.3, check 8).
 */
export function teamChoiceErrors(choice: TeamChoice | null, known: readonly TeamRecord[]): FieldErrors {
  if (!choice) return {};
  const slugs = new Set(choice.items.map(({ slug }) => slug));
  const isKnown = slugs.size === choice.items.length && [...slugs].every((slug) => known.some((team) => team.slug === slug));
  if (!isKnown) return { [choice.key]: ['Invalid teams'] };
  const roles: readonly (string | null | undefined)[] = [null, undefined, ...teamRoleIds];
  return choice.items.every(({ role }) => roles.includes(role)) ? {} : { [choice.key]: ['Invalid team-role'] };
}

/**
 * The team memberships for a choice without errors. If the old form names a team, an existing
 * membership keeps its role.
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

/**
 * Changes a member's team memberships to those of a choice without errors. For null, the
 * memberships stay. A team role that is not above the one that the org role already gives is stored
 * as null (REST contract 17.6).
 */
export function chosenMemberships(
  choice: TeamChoice | null,
  known: readonly TeamRecord[],
  { id: memberId, orgRole }: MemberRecord,
  current: readonly TeamMemberRecord[],
): LogChange[] {
  const wanted = choice ? membershipsOf(choice, known, memberId, current) : current;
  const after = new Map(wanted.map((row) => [row.id, { ...row, teamRole: toStoredTeamRole(row.teamRole, orgRole) }]));
  const before = new Set(current.map(({ id }) => id));
  return [
    ...current.flatMap((row) => (after.has(row.id) ? updated('team-member', row, after.get(row.id)!) : [removed('team-member', row)])),
    ...[...after.values()].filter(({ id }) => !before.has(id)).map((row) => created('team-member', row)),
  ];
}
