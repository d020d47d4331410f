import { apiLimits, type LogChange, OrgError, type TeamMemberRecord, type TeamRecord, teamMemberId } from '@rollcall/protocol';
import { created, removed } from '../../../domain/changes.ts';
import type { FieldErrors } from '../../../domain/field-errors.ts';
import { chooseFreeSlug, slugErrors, slugify } from '../../../domain/slugs.ts';

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

/** The slug that a name gives. Names without letters of ASCII give no valid one. */
export function groupSlug(name: string): string {
  return slugify(name);
}

/**
 * Whether a name means this team. Names that differ in case are the same. A team whose slug was not
 * derived from its own name is meant by each name that gives its slug.
 */
export function isGroupNamed({ name, slug }: Pick<TeamRecord, 'name' | 'slug'>, wanted: string): boolean {
  const wantedSlug = groupSlug(wanted);
  if (name.toLowerCase() === wanted.toLowerCase()) return slug === wantedSlug || isGeneratedFrom(slug, wantedSlug);
  return slug === wantedSlug && (slug === wanted || groupSlug(name) !== slug);
}

/** Whether a random suffix lengthened a slug that was taken or is not valid. */
function isGeneratedFrom(slug: string, wantedSlug: string): boolean {
  const start = shortGroupSlug(wantedSlug);
  return /^[0-9a-z]{2,12}$/.test(start === '' ? slug : slug.startsWith(`${start}-`) ? slug.slice(start.length + 1) : '');
}

/** The beginning of a slug, which leaves space for a suffix. */
export function shortGroupSlug(slug: string): string {
  return slug.slice(0, apiLimits.generatedSlugLengthMax);
}

/**
 * The slug of a new name: the one that the name gives, or else a longer one with a random suffix.
 * @param isTaken whether a team has a slug
 */
export function chooseGroupSlug(name: string, isTaken: (slug: string) => boolean, suffixes: readonly string[]): string {
  const wanted = groupSlug(name);
  const isValid = slugErrors(wanted).slug === undefined;
  return isValid && !isTaken(wanted) ? wanted : chooseFreeSlug(shortGroupSlug(wanted), isTaken, suffixes);
}

export function groupSlugErrors(slug: string): FieldErrors {
  if (slug.length > apiLimits.slugLengthMax) return { slug: [`Ensure this field has no more than ${apiLimits.slugLengthMax} characters.`] };
  return {};
}

export function groupNotFound(): OrgError {
  return new OrgError('not-found', 'Group not found.');
}
