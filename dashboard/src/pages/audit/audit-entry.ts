import { type AuditEntryRecord, type OrgFlag, type OrgRoleId, orgFlags, orgRoles, type RestAuditEntry } from '@rollcall/client';
import { nameOfSetting } from '../../live/setting-names.ts';

/** An entry as the page shows it, from the live state or from REST. */
export interface AuditEntry {
  readonly id: string;
  readonly event: string;
  readonly actor: { readonly id: string | null; readonly name: string } | null;
  readonly operator?: { readonly name: string } | undefined;
  readonly note: string;
  readonly targetName: string | null;
  readonly ipAddress: string | null;
  readonly dateCreated: string;
  readonly changes: readonly FieldChange[];
}

/** The change of a field. `before` is null if the log does not contain it. */
export interface FieldChange {
  readonly field: string;
  readonly before: string | null;
  readonly after: string;
}

type AuditData = Readonly<Record<string, string | undefined>>;

/** Name of the actor: a person, a token, an operator by the name of their token, or the server. */
export function actorNameOf({ actor, operator }: AuditEntry): string {
  if (actor) return actor.name || 'Unknown';
  return operator ? `Operator ${operator.name}` : 'System';
}

/** Whether the entry is an import, whose note is `imported a history (members added: 400)`. */
export function isImport({ event, note }: AuditEntry): boolean {
  return event === 'org.edit' && note.startsWith('imported ');
}

export function fromLiveState({ actor, targetUser, data, ...entry }: AuditEntryRecord): AuditEntry {
  return { ...entry, actor, targetName: targetUser?.name ?? null, changes: changesIn(entry.event, data) };
}

export function fromRest({ actor, targetUser, data, ...entry }: RestAuditEntry): AuditEntry {
  return {
    ...entry,
    actor: actor && { id: 'id' in actor ? actor.id : null, name: actor.name ?? '' },
    targetName: targetUser?.name ?? null,
    changes: changesIn(entry.event, data),
  };
}

/**
 * The changes in an entry. `org.edit` has one key per change, with the text `from a to b` or `to
 * b`. A project's entry has the old and the new slug. Other events contain no previous values.
 */
export function changesIn(event: string, data: AuditData): readonly FieldChange[] {
  if (event === 'org.edit') return Object.entries(data).flatMap(([key, text]) => (text === undefined ? [] : [changeOfField(key, text)]));
  const { old_slug: before, new_slug: after } = data;
  return before !== undefined && after !== undefined ? [{ field: 'Slug', before, after }] : [];
}

/** The flags by the names that the audit log has for them. */
const flagsByAuditName = new Map<string, OrgFlag>((Object.keys(orgFlags) as OrgFlag[]).map((flag) => [orgFlags[flag].auditName, flag]));

/** The settings whose values are roles. */
const roleKeys: readonly string[] = ['default_role', 'attachmentsRole', 'debugFilesRole'];

function changeOfField(key: string, text: string): FieldChange {
  const flag = flagsByAuditName.get(key);
  const isInverted = flag !== undefined && orgFlags[flag].isInverted;
  const { before, after } = parseChange(text);
  const field = nameOfSetting(flag ?? key.replace(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase()));
  if (roleKeys.includes(key)) return { field, before: before && nameOfRole(before), after: nameOfRole(after) };
  if (after !== 'True' && after !== 'False') return { field, before, after };
  const isOn = (after === 'True') !== isInverted;
  // A flag that changed had the other value before.
  return { field, before: isOn ? 'Off' : 'On', after: isOn ? 'On' : 'Off' };
}

function nameOfRole(id: string): string {
  return Object.hasOwn(orgRoles, id) ? orgRoles[id as OrgRoleId].name : id;
}

function parseChange(text: string): Omit<FieldChange, 'field'> {
  // A name can contain "to" itself. The text is only split if it is unambiguous.
  const parts = text.split(' to ');
  if (text.startsWith('from ') && parts.length === 2) return { before: parts[0]!.slice('from '.length), after: parts[1]! };
  return { before: null, after: text.startsWith('to ') ? text.slice('to '.length) : text };
}

export interface AuditSearch {
  /** Empty matches all events, or all actors. */
  readonly event: string;
  readonly actorId: string;
  readonly sinceMs: number | null;
  readonly untilMs: number | null;
}

export function isFound({ event, actor, dateCreated }: AuditEntry, search: AuditSearch): boolean {
  const at = Date.parse(dateCreated);
  return (
    (search.event === '' || event === search.event) &&
    (search.actorId === '' || actor?.id === search.actorId) &&
    (search.sinceMs === null || at >= search.sinceMs) &&
    (search.untilMs === null || at < search.untilMs)
  );
}

/**
 * Newest first, each entry once. A live entry contains all its data, so it is preferred over the
 * one from REST.
 */
export function mergeEntries(live: readonly AuditEntry[], older: readonly AuditEntry[]): readonly AuditEntry[] {
  const ids = new Set(live.map(({ id }) => id));
  return [...live, ...older.filter(({ id }) => !ids.has(id))];
}
