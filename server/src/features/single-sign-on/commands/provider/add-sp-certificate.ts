import { type AuthProviderRecord, OrgError, type OrgState } from '@rollcall/protocol';
import { authorize, notFound } from '../../../../domain/authorize.ts';
import type { KeyRing } from '../../../../runtime/secrets/key-ring.ts';
import type { Command } from '../../../../write-path/command.ts';
import { loadActorState } from '../../../../write-path/load-state.ts';
import { type ConfiguredProvider, readConfiguredProvider, saveNextSpCertificate } from '../../database/auth-provider-configs.ts';
import { spCertificateEdited } from '../../domain/auth-provider.ts';

export interface AddSpCertificate {
  /** A new key of this server towards the provider, with its certificate. */
  readonly next: { readonly key: string; readonly certificate: string };
  /** The server's SECRET. */
  readonly key: KeyRing;
}

interface Facts {
  readonly state: OrgState;
  readonly provider: ConfiguredProvider | null;
  readonly input: AddSpCertificate;
}

/**
 * Adds a second key of this server towards a SAML provider (REST contract 13.4). It decrypts at
 * once, and signs from `activate-sp-certificate` on.
 */
export const addSpCertificate: Command<AddSpCertificate, Facts, AuthProviderRecord> = {
  name: 'add-sp-certificate',

  async load(tx, input, { orgId, actor }) {
    const [state, provider] = await Promise.all([loadActorState(tx, orgId, actor), readConfiguredProvider(tx, input.key, orgId)]);
    return { state, provider, input };
  },

  decide(_input, { state, provider }, { actor }) {
    authorize(state, actor, 'org:admin');
    if (!provider || provider.spCertificate === null) throw notFound();
    if (provider.nextSpCertificate !== null) throw nextSpCertificateExists();
    return { changes: [], audit: spCertificateEdited(provider.record, 'created'), result: provider.record };
  },

  async persistSideEffects(tx, { result: { id } }, { orgId }, { input }) {
    await saveNextSpCertificate(tx, input.key, { orgId, providerId: id, next: input.next });
  },
};

export function nextSpCertificateExists(): OrgError {
  return new OrgError('already-exists', 'The provider already has a second certificate. Activate that one first.');
}
