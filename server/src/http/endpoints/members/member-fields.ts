import { orgRoleIds, teamRoleIds } from '@rollcall/protocol';
import * as z from 'zod';
import type { FieldErrors } from '../../../domain/field-errors.ts';
import type { GivenRole } from '../../../domain/members/role-assignment.ts';
import type { TeamChoice } from '../../../domain/teams/team-choice.ts';
import { fieldLimits } from '../../../runtime/limits/rows/fields.ts';
import { isStorable } from '../../../runtime/text/storable-text.ts';
import {
  booleanField,
  emailField,
  type FieldDescription,
  field,
  listField,
  messages,
  nullable,
  type Refuse,
} from '../../requests/fields.ts';

/** Fields of bodies about members, in their old and new forms (REST contract 6.3, 6.5). */

/** Addresses of that provider that consist of digits are refused: they were used for spam. */
const qqNumberPattern = /^[0-9]+@qq\.com$/i;

/** The address of a future member, for an invite or an invite request. */
export function inviteEmailField(): z.ZodType<string> {
  const email = emailField();
  return field({ type: 'string', format: 'email', maxLength: 75 }, (value, refuse) => {
    const parsed = email.safeParse(value);
    if (!parsed.success) return refuse(parsed.error.issues[0]!.message);
    return qqNumberPattern.test(parsed.data) ? refuse(messages.notEmail) : parsed.data;
  });
}

/**
 * Takes any text. The command checks whether the role exists together with whether the caller may
 * assign it (REST contract 6.3).
 */
function roleTextField(): z.ZodType<string> {
  return field({ type: 'string', enum: [...orgRoleIds] }, (value, refuse) =>
    typeof value === 'string' ? value.trim() : refuse(messages.notChoice(value)),
  );
}

function readSlug(value: unknown, refuse: Refuse): string {
  return typeof value === 'string' && isStorable(value) ? value : refuse('Invalid teams');
}

function teamsField(): z.ZodType<{ slug: string }[]> {
  return listField(fieldLimits.teamsPerMember.value, { type: 'string', description: 'Slug of a team.' }, (item, refuse) => ({
    slug: readSlug(item, refuse),
  }));
}

const teamRoleDescription: FieldDescription = {
  type: 'object',
  properties: {
    teamSlug: { type: 'string', description: 'Slug of the team.' },
    role: { type: ['string', 'null'], enum: [...teamRoleIds, null], description: 'Role on the team. Null for the lowest.' },
  },
  required: ['teamSlug', 'role'],
};

function teamRolesField(): z.ZodType<{ slug: string; role: string | null }[]> {
  return listField(fieldLimits.teamsPerMember.value, teamRoleDescription, (item, refuse) => {
    const { teamSlug, role } = (typeof item === 'object' && item !== null ? item : {}) as { teamSlug?: unknown; role?: unknown };
    const slug = readSlug(teamSlug, refuse);
    return { slug, role: typeof role === 'string' || role === null ? role : refuse('Invalid team-role') };
  });
}

export const memberFields = {
  orgRole: roleTextField().optional().describe('Role in the organization. It takes precedence over `role`.'),
  role: roleTextField().optional().describe('Former name of `orgRole`.'),
  teamRoles: nullable(teamRolesField())
    .optional()
    .describe('Teams with roles, which replace the current ones. It takes precedence over `teams`.'),
  teams: teamsField().optional().describe('Slugs of teams, which replace the current ones.'),
};

export const inviteMemberSchema = z.object({
  email: inviteEmailField().describe('Address of the person to invite.'),
  ...memberFields,
  sendInvite: booleanField().optional().describe('Whether the invite is mailed. Default: true.'),
});

export const updateMemberSchema = z.object({
  ...memberFields,
  reinvite: booleanField().optional().describe('True sends the mail of a pending invite again. All other changes are ignored.'),
  regenerate: booleanField()
    .optional()
    .describe('With `reinvite`: true gives the invite a new token, valid for as many days as a new invite (`INVITE_DAYS`).'),
});

type MemberFields = Partial<z.infer<typeof updateMemberSchema>>;

/** `orgRole` takes precedence over its old name. */
export function givenRoleOf({ orgRole, role }: MemberFields): GivenRole | null {
  if (orgRole !== undefined) return { key: 'orgRole', value: orgRole };
  return role === undefined ? null : { key: 'role', value: role };
}

/** `teamRoles` takes precedence over its old form. */
export function teamChoiceOf({ teamRoles, teams }: MemberFields): TeamChoice | null {
  if (teamRoles) return { key: 'teamRoles', items: teamRoles };
  return teams === undefined ? null : { key: 'teams', items: teams };
}

/** Errors in a key are ignored when its newer name is present. */
export function withoutOverridden(body: unknown, malformed: FieldErrors): FieldErrors {
  const { orgRole, teamRoles } = body as { orgRole?: unknown; teamRoles?: unknown };
  const overridden = new Set([orgRole === undefined ? '' : 'role', teamRoles === undefined || teamRoles === null ? '' : 'teams']);
  return Object.fromEntries(Object.entries(malformed).filter(([key]) => !overridden.has(key)));
}
