import type { Json, OrganizationRecord, OrgFlag } from '@rollcall/protocol';
import { canonicalJson, orgFlagsSchema, orgSettingsSchema } from '@rollcall/protocol';
import { newOrganization } from '../organizations/new-organization.ts';
import type { AuditEvent } from './audit.ts';

/** How the audit log words a change to an organization: one key per change (REST contract 5.7). */

/** Flags by the names that the model has for them; some are stored as the opposite of what the API says (REST contract 5.1). */
const modelFlags: Readonly<Record<OrgFlag, { readonly name: string; readonly isInverted: boolean }>> = {
  openMembership: { name: 'allow_joinleave', isInverted: false },
  enhancedPrivacy: { name: 'enhanced_privacy', isInverted: false },
  allowSharedIssues: { name: 'disable_shared_issues', isInverted: true },
  isEarlyAdopter: { name: 'early_adopter', isInverted: false },
  require2FA: { name: 'require_2fa', isInverted: false },
  codecovAccess: { name: 'codecov_access', isInverted: false },
  allowMemberProjectCreation: { name: 'disable_member_project_creation', isInverted: true },
  allowSuperuserAccess: { name: 'prevent_superuser_access', isInverted: true },
  allowMemberInvite: { name: 'disable_member_invite', isInverted: true },
};

const defaults = newOrganization({ id: '0', slug: '', name: '', now: '' });

/**
 * Characters that the log quotes of a value. A setting may hold 64 KB, an entry says it four times, and the newest entries are
 * in each manager's copy: of a text this long one sees what it was, and no list of rules is read in the log.
 */
const quotedLengthMax = 256;

/** As the contract writes values: True, False and None, other things as text or JSON; what is long is cut. */
function wordOf(value: Json): string {
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (value === null) return 'None';
  return quote(typeof value === 'object' ? JSON.stringify(value) : String(value));
}

function quote(text: string): string {
  if (text.length <= quotedLengthMax) return text;
  // Half of a character is nothing that PostgreSQL could store.
  return `${text.slice(0, quotedLengthMax).replace(/\p{Surrogate}$/u, '')}…`;
}

function isSame(a: Json, b: Json): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

/** Each change by its key: `allow_joinleave: "to True"`, `slug: "from a to b"`. Empty when nothing is different. */
export function wordOrganizationChanges(before: OrganizationRecord, after: OrganizationRecord): Readonly<Record<string, string>> {
  const words: Record<string, string> = {};
  for (const [key, column] of [
    ['name', 'name'],
    ['slug', 'slug'],
    ['defaultRole', 'default_role'],
    ['avatarType', 'avatar_type'],
  ] as const) {
    if (before[key] !== after[key]) words[column] = `from ${before[key]} to ${after[key]}`;
  }
  if (before.avatarUuid !== after.avatarUuid) words.avatar = 'replaced';
  for (const flag of Object.keys(orgFlagsSchema.shape) as OrgFlag[]) {
    const { name, isInverted } = modelFlags[flag];
    if (before[flag] !== after[flag]) words[name] = `to ${wordOf(after[flag] !== isInverted)}`;
  }
  for (const setting of Object.keys(orgSettingsSchema.shape) as (keyof typeof orgSettingsSchema.shape)[]) {
    if (isSame(before[setting], after[setting])) continue;
    const isFirst = isSame(before[setting], defaults[setting]);
    words[setting] = isFirst ? `to ${wordOf(after[setting])}` : `from ${wordOf(before[setting])} to ${wordOf(after[setting])}`;
  }
  return words;
}

/** Nothing when nothing is different. Taking back a deletion is `org.restore` and no edit (REST contract 5.7). */
export function organizationEdited(before: OrganizationRecord, after: OrganizationRecord): AuditEvent[] {
  const data = wordOrganizationChanges(before, after);
  const isRestored = before.status !== 'active' && after.status === 'active';
  if (Object.keys(data).length === 0 && !isRestored) return [];
  const changes = Object.entries(data).map(([key, words]) => `${key} ${words}`);
  return [
    {
      event: isRestored ? 'org.restore' : 'org.edit',
      targetObject: after.id,
      targetUser: null,
      note: isRestored ? 'restored the organization' : `edited the organization setting: ${changes.join(', ')}`,
      data,
    },
  ];
}
