import { OrgError, type OrgState, type VerifiedDomainRecord } from '@rollcall/protocol';
import { readVerifiedDomains } from '../../../../database/security/security-records.ts';
import { saveChallenge } from '../../../../database/security/verified-domains.ts';
import { authorize } from '../../../../domain/authorize.ts';
import { created } from '../../../../domain/changes.ts';
import { challengeFor, type DomainDetails, domainEvent } from '../../../../domain/organizations/verified-domains.ts';
import { storedLimits } from '../../../../runtime/limits/rows/stored.ts';
import { randomBase32 } from '../../../../runtime/secrets/random.ts';
import type { Command } from '../../../../write-path/command.ts';
import { allocateId, loadActorState } from '../../../../write-path/load-state.ts';
import { publicMailErrors } from '../../domain/public-mail-domains.ts';

/** Characters of the random part of a challenge, in base 32: 160 bits. */
const challengeLength = 32;

export function newChallenge(): string {
  return randomBase32(challengeLength);
}

export interface AddDomain {
  /** As `parseDomainName` returns it. */
  readonly domain: string;
  readonly role: VerifiedDomainRecord['role'];
  /** The random part of the challenge. */
  readonly secret: string;
}

interface Facts {
  readonly state: OrgState;
  readonly domains: readonly VerifiedDomainRecord[];
  readonly id: string;
  readonly secret: string;
}

/**
 * Adds a domain to an organization (REST contract 13.6). It has no effect until it is verified. An
 * organization that owns the domain is not revealed here, because anyone may add any name.
 */
export const addDomain: Command<AddDomain, Facts, DomainDetails> = {
  name: 'add-domain',

  async load(tx, { secret }, { orgId, actor }) {
    const [state, domains, id] = await Promise.all([loadActorState(tx, orgId, actor), readVerifiedDomains(tx, orgId), allocateId(tx)]);
    return { state, domains, id, secret };
  },

  decide({ domain, role }, { state, domains, id, secret }, { actor, now, refuseInvalid }) {
    authorize(state, actor, 'org:admin');
    refuseInvalid(publicMailErrors(domain));
    if (domains.some((known) => known.domain === domain)) throw alreadyAdded();
    if (domains.length >= storedLimits.domains.value)
      throw new OrgError('invalid', `An organization has at most ${storedLimits.domains.value} domains.`);
    const record: VerifiedDomainRecord = { id, domain, role, status: 'pending', dateVerified: null, dateCreated: now };
    return {
      changes: [created('verified-domain', record)],
      audit: [domainEvent('domain.add', record, `added domain ${domain}`)],
      result: { ...record, challenge: challengeFor(domain, secret), dateChecked: null, missingSince: null },
    };
  },

  persistSideEffects: (tx, _decision, { orgId }, { id, secret }) => saveChallenge(tx, orgId, id, secret),

  conflicts: { verified_domains_organization_id_domain_key: alreadyAdded },
};

function alreadyAdded(): OrgError {
  return new OrgError('already-exists', 'The organization already has this domain.');
}
