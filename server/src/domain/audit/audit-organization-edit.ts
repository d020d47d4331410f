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

/**
 * The audit log's wording of changes to an organization: one key per change (REST contract 5.7).
 */

/**
 * The maximum number of characters that the log quotes of a value. A setting may have 64 KB, an
 * entry contains it four times, and each manager's replica has the newest entries. A reader
 * recognizes a value by this many characters, and does not read lists of rules in the log.
 */
const quotedLengthMax = 256;

/**
 * Formats a value as the contract does: True, False and None, other values as text or JSON. Long
 * values are cut.
 */
function wordOf(value: Json): string {
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (value === null) return 'None';
  return quote(typeof value === 'object' ? JSON.stringify(value) : String(value));
}

function quote(text: string): string {
  if (text.length <= quotedLengthMax) return text;
  // PostgreSQL cannot store half of a surrogate pair.
  return `${text.slice(0, quotedLengthMax).replace(/\p{Surrogate}$/u, '')}…`;
}

function isSame(a: Json, b: Json): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

/**
 * Returns each change under its key: `allow_joinleave: "to True"`, `slug: "from a to b"`. Empty if
 * nothing differs.
 */
function describeOrganizationChanges(before: OrganizationRecord, after: OrganizationRecord): Readonly<Record<string, string>> {
  const words: Record<string, string> = {};
  for (const [key, column] of [
    ['name', 'name'],
    ['slug', 'slug'],
    ['defaultRole', 'default_role'],
    ['avatarType', 'avatar_type'],
  ] as const) {
    if (before[key] !== after[key]) words[column] = `from ${before[key]} to ${after[key]}`;
  }
  if (before.avatarUuid !== after.avatarUuid) words.avatar = after.avatarUuid === null ? 'removed' : 'replaced';
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

/**
 * Returns no event if nothing differs. Undoing a deletion is `org.restore`, not an edit (REST
 * contract 5.7).
 */
export function organizationEdited(before: OrganizationRecord, after: OrganizationRecord): AuditEvent[] {
  const data = describeOrganizationChanges(before, after);
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
