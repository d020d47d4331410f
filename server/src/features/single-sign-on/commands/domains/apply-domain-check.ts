import { OrgError, type OrgState } from '@rollcall/protocol';
import { readStoredDomain, saveCheck } from '../../../../database/security/verified-domains.ts';
import type { UsedCredential } from '../../../../domain/actor.ts';
import { authorize, notFound } from '../../../../domain/authorize.ts';
import { updated } from '../../../../domain/changes.ts';
import {
  type DomainDetails,
  detailsOf,
  domainAfterCheck,
  domainEvent,
  hasChallenge,
  recordOf,
} from '../../../../domain/organizations/verified-domains.ts';
import type { Command } from '../../../../write-path/command.ts';
import { loadOwnerAddresses } from '../../../../write-path/commands/mail-recipients.ts';
import { loadActorState } from '../../../../write-path/load-state.ts';
import { lockCreator } from '../../../../write-path/users/lock-credentials.ts';

export interface DomainCheck {
  readonly domainId: string;
  /**
   * The TXT records of the challenge's name, read before the lock. Null if DNS did not state them.
   */
  readonly txtRecords: readonly string[] | null;
  /** The session of the caller, which may end during the look-up. Null for the daily check. */
  readonly credential: UsedCredential | null;
}

interface Facts {
  readonly state: OrgState;
  readonly domain: DomainDetails | null;
  readonly ownerAddresses: readonly string[];
}

export interface AppliedCheck {
  readonly domain: DomainDetails;
  /** Null if DNS did not respond. */
  readonly isPresent: boolean | null;
}

/**
 * Verifies a domain whose TXT record exists, and lets a verified one lapse when the record was
 * missing for seven days (REST contract 13.6). Owners are mailed about a lapse, and no member is
 * removed or unlinked. If two organizations want to own a domain, the first to verify it does.
 */
export const applyDomainCheck: Command<DomainCheck, Facts, AppliedCheck> = {
  name: 'apply-domain-check',

  async load(tx, { domainId, credential }, { orgId, actor }) {
    const [state, stored, ownerAddresses] = await Promise.all([
      loadActorState(tx, orgId, actor),
      readStoredDomain(tx, orgId, domainId),
      loadOwnerAddresses(tx, orgId),
    ]);
    await lockCreator(tx, actor, credential);
    return { state, domain: stored && detailsOf(stored), ownerAddresses };
  },

  decide({ txtRecords }, { state, domain: before, ownerAddresses }, { actor, now }) {
    authorize(state, actor, 'org:admin');
    if (!before) throw notFound();
    if (txtRecords === null) return { changes: [], result: { domain: before, isPresent: null } };
    const isPresent = hasChallenge(before, txtRecords);
    const domain = domainAfterCheck(before, isPresent, now);
    const record = recordOf(domain);
    const result = { domain, isPresent };
    const changes = updated('verified-domain', recordOf(before), record);
    if (changes.length === 0) return { changes, result };
    if (isPresent) return { changes, audit: [domainEvent('domain.verify', record, `verified domain ${record.domain}`)], result };
    const params = { orgName: state.organization!.name, domain: record.domain };
    return {
      changes,
      audit: [domainEvent('domain.edit', record, `domain ${record.domain} lapsed because its DNS record is missing`)],
      mails: ownerAddresses.map((to) => ({ template: 'domain-lapsed', params, to })),
      result,
    };
  },

  async persistSideEffects(tx, { result: { domain, isPresent } }, { orgId }) {
    if (isPresent !== null) await saveCheck(tx, orgId, domain);
  },

  conflicts: { verified_domains_owned_key: ownedElsewhere },
};

export function ownedElsewhere(): OrgError {
  return new OrgError('already-exists', 'Another organization owns this domain.');
}
