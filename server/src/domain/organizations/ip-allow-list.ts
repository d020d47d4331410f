import type { AddressRule, IpAllowListRecord } from '@rollcall/protocol';
import type { CallingActor } from '../actor.ts';
import { isAddressAllowed, parseAddressRules } from '../address-rules.ts';
import type { AuditEvent } from '../audit/audit.ts';
import type { FieldErrors } from '../field-errors.ts';

/** An organization's list of allowed addresses (REST contract 13.3). */

/** A rule without its id, as a caller sends it. */
export type GivenRule = Omit<AddressRule, 'id'>;

/** A null value leaves that part of the list as it is. */
export interface IpAllowListChanges {
  readonly isEnabled: boolean | null;
  /** All rules of the list. */
  readonly rules: readonly GivenRule[] | null;
}

export interface ChangedIpAllowList {
  readonly after: IpAllowListRecord;
  readonly errors: FieldErrors;
}

/** The list of an organization that never had one. */
export function emptyIpAllowList(orgId: string): IpAllowListRecord {
  return { id: orgId, isEnabled: false, rules: [] };
}

/**
 * The list after the changes. A rule whose address or network was on the list before keeps its id.
 * @param newIds at least one for each given rule
 * @param now ISO 8601
 */
export function changeIpAllowList(
  before: IpAllowListRecord,
  { isEnabled, rules: given }: IpAllowListChanges,
  newIds: readonly string[],
  now: string,
): ChangedIpAllowList {
  const enabled = { ...before, isEnabled: isEnabled ?? before.isEnabled };
  if (given === null) return { after: enabled, errors: {} };
  const { rules, errors } = parseAddressRules(given);
  const expired = rules.filter(({ expiresAt }) => isExpired(expiresAt, now));
  const texts = [...errors, ...expired.map(({ cidr }) => `${cidr}: The expiry must be in the future.`)];
  const idOf = new Map(before.rules.map(({ cidr, id }) => [cidr, id]));
  const withIds = rules.map(({ cidr, description, expiresAt }, index): AddressRule => {
    return { id: idOf.get(cidr) ?? newIds[index]!, cidr, description, expiresAt };
  });
  return { after: { ...enabled, rules: withIds }, errors: texts.length === 0 ? {} : { rules: texts } };
}

/** Refuses a list that would lock out the caller who saves it. */
export function ownAddressErrors(list: IpAllowListRecord, { address, at }: CallingActor): FieldErrors {
  if (isAddressAllowed(list, address, at)) return {};
  const own = address === null ? 'Your own address, which is unknown,' : `Your own address ${address}`;
  return { rules: [`${own} is not included.`] };
}

/**
 * Returns whether the rules include an address, regardless of whether the list is on. The rules are
 * compiled once for all addresses.
 * @param now milliseconds since 1970
 */
export function addressMatcher(list: IpAllowListRecord, now: number): (address: string | null) => boolean {
  const enabled = { ...list, isEnabled: true };
  return (address) => isAddressAllowed(enabled, address, now);
}

/** @param now ISO 8601 */
export function isExpired(expiresAt: string | null, now: string): boolean {
  return expiresAt !== null && Date.parse(expiresAt) <= Date.parse(now);
}

/**
 * The event of a change. It names the changed rules, never the whole list. Empty if the list is the
 * same.
 */
export function ipAllowListEdited(before: IpAllowListRecord, after: IpAllowListRecord): AuditEvent[] {
  const known = new Map(before.rules.map((rule) => [rule.cidr, rule]));
  const kept = new Set(after.rules.map(({ cidr }) => cidr));
  const isEdited = ({ cidr, description, expiresAt }: AddressRule) => {
    const rule = known.get(cidr);
    return rule !== undefined && (rule.description !== description || rule.expiresAt !== expiresAt);
  };
  const data = {
    ...named(
      'added',
      after.rules.filter(({ cidr }) => !known.has(cidr)),
    ),
    ...named(
      'removed',
      before.rules.filter(({ cidr }) => !kept.has(cidr)),
    ),
    ...named('edited', after.rules.filter(isEdited)),
    ...(before.isEnabled === after.isEnabled ? {} : { isEnabled: `from ${before.isEnabled} to ${after.isEnabled}` }),
  };
  const parts = Object.entries(data).map(([part, text]) =>
    part === 'isEnabled' ? `switched it ${after.isEnabled ? 'on' : 'off'}` : `${part} ${text}`,
  );
  if (parts.length === 0) return [];
  const note = `edited the IP allow list: ${parts.join('; ')}`;
  return [{ event: 'ip-allow-list.edit', targetObject: after.id, targetUser: null, note, data: { id: after.id, ...data } }];
}

/** An entry of the audit log is sent to clients, so it names this many rules at most. */
const namedMax = 10;

function named(part: string, rules: readonly AddressRule[]): Readonly<Record<string, string>> {
  if (rules.length === 0) return {};
  const names = rules.slice(0, namedMax).map(({ cidr }) => cidr);
  const more = rules.length - names.length;
  return { [part]: more === 0 ? names.join(', ') : `${names.join(', ')} and ${more} more` };
}
