import { type AuthProviderRecord, OrgError, type OrgState, type ProviderChoice } from '@rollcall/protocol';
import { saveOrgSecret } from '../../../../database/organizations/org-secrets.ts';
import { authorize } from '../../../../domain/authorize.ts';
import { created } from '../../../../domain/changes.ts';
import type { KeyRing } from '../../../../runtime/secrets/key-ring.ts';
import type { Command } from '../../../../write-path/command.ts';
import { allocateId, loadActorState } from '../../../../write-path/load-state.ts';
import { providerSecrets, saveProviderConfig, secretOwnerOf } from '../../database/auth-provider-configs.ts';
import { authProviderEdited, type CheckedConfig, newAuthProvider } from '../../domain/auth-provider.ts';

export interface CreateAuthProvider {
  readonly choice: ProviderChoice;
  readonly checked: CheckedConfig;
  /** Null for SAML. */
  readonly clientSecret: string | null;
  /** The key and certificate that this server uses with the provider. Null for OIDC. */
  readonly spCertificate: { readonly key: string; readonly certificate: string } | null;
  /** The server's SECRET. */
  readonly key: KeyRing;
}

interface Facts {
  readonly state: OrgState;
  readonly newId: string;
  readonly input: CreateAuthProvider;
}

/** Adds an identity provider as a draft (REST contract 13.4). */
export const createAuthProvider: Command<CreateAuthProvider, Facts, AuthProviderRecord> = {
  name: 'create-auth-provider',

  async load(tx, input, { orgId, actor }) {
    const [state, newId] = await Promise.all([loadActorState(tx, orgId, actor), allocateId(tx)]);
    return { state, newId, input };
  },

  decide({ choice, checked }, { state, newId }, { actor, now }) {
    authorize(state, actor, 'org:admin');
    if (state.authProvider) throw providerExists();
    const provider = newAuthProvider(newId, choice, checked, now);
    return { changes: [created('auth-provider', provider)], audit: authProviderEdited(null, provider, true), result: provider };
  },

  async persistSideEffects(tx, { result: { id } }, { orgId }, { input }) {
    const { checked, spCertificate, clientSecret, key } = input;
    const owner = secretOwnerOf(orgId, id);
    await saveProviderConfig(tx, { orgId, providerId: id, config: checked.config, spCertificate: spCertificate?.certificate ?? null });
    if (spCertificate) await saveOrgSecret(tx, key, owner, providerSecrets.spKey, spCertificate.key);
    if (clientSecret !== null) await saveOrgSecret(tx, key, owner, providerSecrets.clientSecret, clientSecret);
  },

  conflicts: { auth_providers_organization_id_key: providerExists },
};

export function providerExists(): OrgError {
  return new OrgError('already-exists', 'This organization already has an identity provider.');
}
