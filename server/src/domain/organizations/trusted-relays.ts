import type { OrganizationRecord } from '@rollcall/protocol';
import type { FieldErrors } from '../field-errors.ts';

type TrustedRelay = OrganizationRecord['trustedRelays'][number];

/** A relay as a request body describes it. */
export type NamedRelay = Pick<TrustedRelay, 'name' | 'publicKey' | 'description'>;

export function trustedRelayErrors(relays: readonly NamedRelay[]): FieldErrors {
  const keys = relays.map(({ publicKey }) => publicKey);
  const repeated = keys.find((key, index) => keys.indexOf(key) !== index);
  return repeated === undefined ? {} : { trustedRelays: [`Duplicated key in Trusted Relays: '${repeated}'`] };
}

/**
 * Returns the whole new list. An existing relay keeps its creation date. If it changed, it gets a
 * new modification date (REST contract 5.2).
 */
export function replaceTrustedRelays(before: readonly TrustedRelay[], relays: readonly NamedRelay[], now: string): TrustedRelay[] {
  return relays.map(({ name, publicKey, description }) => {
    const known = before.find((relay) => relay.publicKey === publicKey);
    const isSame = known?.name === name && known.description === description;
    return { name, publicKey, description, created: known?.created ?? now, lastModified: isSame ? known.lastModified : now };
  });
}
