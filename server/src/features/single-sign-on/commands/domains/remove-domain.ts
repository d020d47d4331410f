import type { OrgState, VerifiedDomainRecord } from '@rollcall/protocol';
import { readStoredDomain } from '../../../../database/security/verified-domains.ts';
import { authorize, notFound } from '../../../../domain/authorize.ts';
import { removed } from '../../../../domain/changes.ts';
import { domainEvent } from '../../../../domain/organizations/verified-domains.ts';
import type { Command } from '../../../../write-path/command.ts';
import { loadActorState } from '../../../../write-path/load-state.ts';

interface Facts {
  readonly state: OrgState;
  readonly domain: VerifiedDomainRecord | null;
}

/** Removes a domain (REST contract 13.6). Members who joined because of it stay. */
export const removeDomain: Command<{ readonly domainId: string }, Facts, null> = {
  name: 'remove-domain',

  async load(tx, { domainId }, { orgId, actor }) {
    const [state, stored] = await Promise.all([loadActorState(tx, orgId, actor), readStoredDomain(tx, orgId, domainId)]);
    return { state, domain: stored?.record ?? null };
  },

  decide(_input, { state, domain }, { actor }) {
    authorize(state, actor, 'org:admin');
    if (!domain) throw notFound();
    const audit = [domainEvent('domain.remove', domain, `removed domain ${domain.domain}`)];
    return { changes: [removed('verified-domain', domain)], audit, result: null };
  },
};
