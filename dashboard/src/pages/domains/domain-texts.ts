import type { CheckedDomain, DomainRole } from '@rollcall/client';

/** The roles of a domain, and their effects. */
export const roleTexts: Readonly<Record<DomainRole, { readonly label: string; readonly effect: string }>> = {
  affiliated: {
    label: 'People may join',
    effect: 'People with an address at this domain may join when they first log in with your identity provider.',
  },
  owned: {
    label: 'You own the addresses',
    effect:
      'People with an address at this domain may join, and existing accounts with these addresses are linked without asking. The login page sends these people to your identity provider. Only one organization can own a domain.',
  },
};

export const roleOptions = (Object.keys(roleTexts) as DomainRole[]).map((role) => ({ value: role, label: roleTexts[role].label }));

/** The result of a check that found no record. Null if it was found. */
export function lookupText({ lookup, challenge }: Pick<CheckedDomain, 'lookup' | 'challenge'>): string | null {
  if (lookup === 'found') return null;
  if (lookup === 'unavailable') return 'DNS didn’t respond, so nothing has changed. Try again in a minute.';
  return `${challenge.name} doesn’t have this TXT record yet. New records can take up to an hour to appear.`;
}
