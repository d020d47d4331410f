import type { AuthProviderRecord, OrgState } from '@rollcall/protocol';
import { authorize, notFound } from '../../../../domain/authorize.ts';
import type { KeyRing } from '../../../../runtime/secrets/key-ring.ts';
import type { Command } from '../../../../write-path/command.ts';
import { loadActorState } from '../../../../write-path/load-state.ts';
import { activateNextSpCertificate, type ConfiguredProvider, readConfiguredProvider } from '../../database/auth-provider-configs.ts';
import { spCertificateEdited } from '../../domain/auth-provider.ts';

export interface ActivateSpCertificate {
  /** The server's SECRET. */
  readonly key: KeyRing;
}

interface Facts {
  readonly state: OrgState;
  readonly provider: ConfiguredProvider | null;
  readonly input: ActivateSpCertificate;
}

/**
 * Replaces the key of this server towards a SAML provider by the second one, and deletes the first
 * (REST contract 13.4).
 */
export const activateSpCertificate: Command<ActivateSpCertificate, Facts, AuthProviderRecord> = {
  name: 'activate-sp-certificate',

  async load(tx, input, { orgId, actor }) {
    const [state, provider] = await Promise.all([loadActorState(tx, orgId, actor), readConfiguredProvider(tx, input.key, orgId)]);
    return { state, provider, input };
  },

  decide(_input, { state, provider }, { actor }) {
    authorize(state, actor, 'org:admin');
    if (!provider || provider.nextSpCertificate === null) throw notFound();
    return { changes: [], audit: spCertificateEdited(provider.record, 'activated'), result: provider.record };
  },

  async persistSideEffects(tx, _decision, _context, { provider, input }) {
    await activateNextSpCertificate(tx, input.key, provider!);
  },
};
