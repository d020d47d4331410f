import { apiLimits, type LogChange, OrgError, type TeamMemberRecord, type TeamRecord, teamMemberId } from '@rollcall/protocol';
import { created, removed } from '../changes.ts';
import type { FieldErrors } from '../field-errors.ts';
import { slugErrors, slugify } from '../slugs.ts';

/** Teams as SCIM groups (REST contract 12.2). */

/** One step of a change of a group. */
export type GroupStep =
  | { readonly kind: 'add' | 'remove' | 'replace'; readonly memberIds: readonly string[] }
  | { readonly kind: 'rename'; readonly name: string }
  | { readonly kind: 'external-id'; readonly externalId: string | null };

export interface ScimGroup {
  readonly team: TeamRecord;
  readonly externalId: string | null;
}

export interface ChangedGroup {
  readonly name: string;
  readonly externalId: string | null;
  readonly memberIds: ReadonlySet<string>;
}

/** The group after all steps, in their order. */
export function applyGroupSteps(group: ChangedGroup, steps: readonly GroupStep[]): ChangedGroup {
  const memberIds = new Set(group.memberIds);
  let { name, externalId } = group;
  for (const step of steps) {
    if (step.kind === 'rename') name = step.name;
    else if (step.kind === 'external-id') externalId = step.externalId;
    else {
      if (step.kind === 'replace') memberIds.clear();
      for (const id of step.memberIds) {
        if (step.kind === 'remove') memberIds.delete(id);
        else memberIds.add(id);
      }
    }
  }
  return { name, externalId, memberIds };
}

/** The ids of all members that the steps name. */
export function membersNamedIn(steps: readonly GroupStep[]): readonly string[] {
  return [...new Set(steps.flatMap((step) => ('memberIds' in step ? step.memberIds : [])))];
}

/** Members who stay on the team keep their rows, and so their team roles. */
export function membershipChanges(teamId: string, current: readonly TeamMemberRecord[], wanted: ReadonlySet<string>): LogChange[] {
  const before = new Set(current.map(({ memberId }) => memberId));
  return [
    ...current.filter(({ memberId }) => !wanted.has(memberId)).map((row) => removed('team-member', row)),
    ...[...wanted]
      .filter((memberId) => !before.has(memberId))
      .map((memberId) => created('team-member', { id: teamMemberId(teamId, memberId), teamId, memberId, teamRole: null })),
  ];
}

/** The slug of a group is always the one that its name gives. */
export function groupSlug(name: string): string {
  return slugify(name);
}

export function groupSlugErrors(slug: string): FieldErrors {
  if (slug.length > apiLimits.slugLengthMax) return { slug: [`Ensure this field has no more than ${apiLimits.slugLengthMax} characters.`] };
  return slugErrors(slug);
}

export function groupNotFound(): OrgError {
  return new OrgError('not-found', 'Group not found.');
}
