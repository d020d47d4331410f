import type { OrgState } from '@rollcall/protocol';
import { authorize } from '../../../../domain/authorize.ts';
import type { Command } from '../../../../write-path/command.ts';
import { loadOwnerAddresses } from '../../../../write-path/commands/mail-recipients.ts';
import { loadActorState } from '../../../../write-path/load-state.ts';
import { certificateWarningOf } from '../../domain/certificate-warning.ts';

export interface WarnOfCertificateEnd {
  /** ISO 8601 */
  readonly at: string;
}

interface Facts {
  readonly state: OrgState;
  /** Warnings that were mailed before. */
  readonly sent: readonly { readonly fingerprint: string; readonly days: number }[];
  readonly ownerAddresses: readonly string[];
}

interface Warned {
  readonly providerId: string;
  readonly fingerprint: string;
  readonly days: number;
}

/**
 * Mails the owners before the last certificate of the active identity provider ends (REST contract
 * 13.4). If several instances run it at once, the later ones find the warning sent.
 */
export const warnOfCertificateEnd: Command<WarnOfCertificateEnd, Facts, Warned | null> = {
  name: 'warn-of-certificate-end',

  async load(tx, _input, { orgId, actor }) {
    const [state, sent, ownerAddresses] = await Promise.all([
      loadActorState(tx, orgId, actor),
      tx.selectFrom('certificate_warnings').select(['fingerprint', 'days']).where('organization_id', '=', orgId).execute(),
      loadOwnerAddresses(tx, orgId),
    ]);
    return { state, sent, ownerAddresses };
  },

  decide({ at }, { state, sent, ownerAddresses }, { actor }) {
    authorize(state, actor, 'org:admin');
    const provider = state.authProvider;
    const warning = certificateWarningOf(provider, at);
    const wasSent = sent.some(({ fingerprint, days }) => fingerprint === warning?.fingerprint && days === warning.days);
    if (!provider || !warning || wasSent) return { changes: [], result: null };
    const { name: orgName, slug: orgSlug } = state.organization!;
    const params = { orgName, orgSlug, providerName: provider.name, endsAt: warning.notAfter };
    return {
      changes: [],
      mails: ownerAddresses.map((to) => ({ template: 'certificate-end', params, to })),
      result: { providerId: provider.id, fingerprint: warning.fingerprint, days: warning.days },
    };
  },

  async persistSideEffects(tx, { result: warned }, { orgId }) {
    if (warned === null) return;
    const { providerId, fingerprint, days } = warned;
    const values = { organization_id: orgId, provider_id: providerId, fingerprint, days };
    await tx.insertInto('certificate_warnings').values(values).execute();
  },
};
