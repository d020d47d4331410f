import {
  canonicalJson,
  defaultOrgSettings,
  type Json,
  type OrganizationRecord,
  orgFlagNames,
  orgFlags,
  orgSettingNames,
} from '@rollcall/protocol';
import type { AuditEvent } from './audit.ts';

/** How the audit log words a change to an organization: one key per change (REST contract 5.7). */

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
  for (const flag of orgFlagNames) {
    const { auditName, isInverted } = orgFlags[flag];
    if (before[flag] !== after[flag]) words[auditName] = `to ${wordOf(after[flag] !== isInverted)}`;
  }
  for (const setting of orgSettingNames) {
    if (isSame(before[setting], after[setting])) continue;
    const isFirst = isSame(before[setting], defaultOrgSettings[setting]);
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
