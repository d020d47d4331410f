import type { AuditEventName, VerifiedDomainRecord } from '@rollcall/protocol';
import type { AuditEvent } from '../audit/audit.ts';
import { addMilliseconds } from '../date-time.ts';

/**
 * The domains of an organization, and the DNS records that prove control of them (REST contract
 * 13.6).
 */

/** A record may disappear for a few days while a company changes its DNS provider. */
const lapseAfterMs = 7 * 24 * 60 * 60 * 1_000;

/** The TXT record that an administrator of the domain must add. */
export interface DomainChallenge {
  readonly name: string;
  readonly type: 'TXT';
  readonly value: string;
}

/** A domain with the state of its challenge, which is not part of the record. */
export interface DomainDetails extends VerifiedDomainRecord {
  readonly challenge: DomainChallenge;
  /** The last time that DNS stated whether the TXT record exists. */
  readonly dateChecked: string | null;
  /** Set while the TXT record of a verified domain is missing. */
  readonly missingSince: string | null;
}

/** @param secret the random part of the value */
export function challengeFor(domain: string, secret: string): DomainChallenge {
  return { name: `_rollcall-challenge.${domain}`, type: 'TXT', value: `rollcall-domain-verification=${secret}` };
}

/** A domain as it is stored. */
export interface StoredDomain {
  readonly record: VerifiedDomainRecord;
  /** The random part of the challenge. */
  readonly challenge: string;
  readonly dateChecked: string | null;
  readonly missingSince: string | null;
}

export function detailsOf({ record, challenge, dateChecked, missingSince }: StoredDomain): DomainDetails {
  return { ...record, challenge: challengeFor(record.domain, challenge), dateChecked, missingSince };
}

export function recordOf({ challenge, dateChecked, missingSince, ...record }: DomainDetails): VerifiedDomainRecord {
  return record;
}

/** The name may have other records, such as the challenges of other organizations. */
export function hasChallenge({ challenge }: DomainDetails, txtRecords: readonly string[]): boolean {
  return txtRecords.some((record) => record.trim() === challenge.value);
}

/**
 * The domain after a look-up of its TXT record. Only a verified domain lapses, and only if the
 * record was missing for seven days.
 * @param now ISO 8601
 */
export function domainAfterCheck(domain: DomainDetails, isPresent: boolean, now: string): DomainDetails {
  const checked = { ...domain, dateChecked: now };
  if (isPresent) {
    if (domain.status === 'verified') return { ...checked, missingSince: null };
    return { ...checked, status: 'verified', dateVerified: now, missingSince: null };
  }
  if (domain.status !== 'verified') return checked;
  const missingSince = domain.missingSince ?? now;
  const isLapsed = Date.parse(addMilliseconds(missingSince, lapseAfterMs)) <= Date.parse(now);
  return { ...checked, missingSince, status: isLapsed ? 'lapsed' : 'verified' };
}

/**
 * The verified domain with this name. A subdomain is another domain.
 * @param name null for an address without a valid domain
 */
export function findVerifiedDomain(domains: readonly VerifiedDomainRecord[], name: string | null): VerifiedDomainRecord | null {
  return domains.find(({ domain, status }) => status === 'verified' && domain === name) ?? null;
}

export function domainEvent(event: AuditEventName, { id, domain, role }: VerifiedDomainRecord, note: string): AuditEvent {
  return { event, targetObject: id, targetUser: null, note, data: { id, name: domain, role } };
}
