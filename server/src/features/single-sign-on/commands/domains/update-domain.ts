import type { OrgState, VerifiedDomainRecord } from '@rollcall/protocol';
import { readStoredDomain } from '../../../../database/security/verified-domains.ts';
import { authorize, notFound } from '../../../../domain/authorize.ts';
import { updated } from '../../../../domain/changes.ts';
import { type DomainDetails, detailsOf, domainEvent, recordOf } from '../../../../domain/organizations/verified-domains.ts';
import type { Command } from '../../../../write-path/command.ts';
import { loadActorState } from '../../../../write-path/load-state.ts';
import { ownedElsewhere } from './apply-domain-check.ts';

export interface UpdateDomain {
  readonly domainId: string;
  /** Null keeps the role. */
  readonly role: VerifiedDomainRecord['role'] | null;
}

interface Facts {
  readonly state: OrgState;
  readonly domain: DomainDetails | null;
}

/** Changes the role of a domain (REST contract 13.6). A verified one stays verified. */
export const updateDomain: Command<UpdateDomain, Facts, DomainDetails> = {
  name: 'update-domain',

  async load(tx, { domainId }, { orgId, actor }) {
    const [state, stored] = await Promise.all([loadActorState(tx, orgId, actor), readStoredDomain(tx, orgId, domainId)]);
    return { state, domain: stored && detailsOf(stored) };
  },

  decide({ role }, { state, domain }, { actor, refuseInvalid }) {
    authorize(state, actor, 'org:admin');
    if (!domain) throw notFound();
    refuseInvalid();
    const after = { ...domain, role: role ?? domain.role };
    const changes = updated('verified-domain', recordOf(domain), recordOf(after));
    const note = `changed the role of domain ${domain.domain} from ${domain.role} to ${after.role}`;
    return { changes, audit: changes.length === 0 ? [] : [domainEvent('domain.edit', after, note)], result: after };
  },

  conflicts: { verified_domains_owned_key: ownedElsewhere },
};
