import type { MemberRecord, OrgState, TeamRecord } from '@rollcall/protocol';
import { deleteExternalIds } from '../../../../database/members/scim-external-ids.ts';
import { removeOrgSecrets } from '../../../../database/organizations/org-secrets.ts';
import { readPasswordlessUsers } from '../../../../database/security/sso-identities.ts';
import { authorize, notFound } from '../../../../domain/authorize.ts';
import { removed, updated } from '../../../../domain/changes.ts';
import type { MailToSend } from '../../../../mail/enqueue-mail.ts';
import type { Command } from '../../../../write-path/command.ts';
import { deleteScimTokens, readScimTokens, removedScimTokens, type ScimToken } from '../../../../write-path/commands/tokens/scim-token.ts';
import { loadActorState } from '../../../../write-path/load-state.ts';
import { type MintedEmailToken, mintEmailTokens, saveEmailTokens } from '../../../../write-path/users/emails/email-tokens.ts';
import { secretOwnerOf } from '../../database/auth-provider-configs.ts';
import { authProviderEdited, organizationWithProvider, type Release, releasedRecords } from '../../domain/auth-provider.ts';
import { loadManaged } from './load-managed.ts';

interface Facts {
  readonly state: OrgState;
  /** The members with a linked identity, or managed by the provider over SCIM. */
  readonly members: readonly MemberRecord[];
  readonly teams: readonly TeamRecord[];
  readonly scimTokens: readonly ScimToken[];
  /** Links to set a password, with the addresses that they are sent to. */
  readonly resets: readonly (MintedEmailToken & { readonly email: string })[];
}

const release: Release = { replacement: 'removed', endsScim: true };

/**
 * Removes an organization's identity provider, drafts included, with its configuration, secrets and
 * identities, and the tokens and external ids of SCIM. Users without a password are mailed a link
 * to set one, if they verified their address.
 */
export const removeAuthProvider: Command<Readonly<Record<string, never>>, Facts, { readonly providerId: string }> = {
  name: 'remove-auth-provider',
  endsAccess: () => true,

  async load(tx, _input, { orgId, actor, deriveToken }) {
    const state = await loadActorState(tx, orgId, actor);
    const users = state.authProvider ? await readPasswordlessUsers(tx, orgId, state.authProvider.id) : [];
    const tokens = await mintEmailTokens(
      tx,
      deriveToken,
      users.map(({ userId, emailId }) => ({ userId, emailId, purpose: 'password-reset' as const })),
    );
    return {
      state,
      ...(await loadManaged(tx, orgId, release)),
      scimTokens: await readScimTokens(tx, orgId),
      resets: tokens.map((token, index) => ({ ...token, email: users[index]!.email })),
    };
  },

  decide(_input, { state, members, teams, scimTokens, resets }, { actor }) {
    authorize(state, actor, 'org:admin');
    const { authProvider: provider, organization } = state;
    if (!provider) throw notFound();
    const tokens = removedScimTokens(scimTokens);
    return {
      changes: [
        removed('auth-provider', provider),
        ...updated('organization', organization!, organizationWithProvider(organization!, null)),
        ...releasedRecords(release, members, teams),
        ...tokens.changes,
      ],
      audit: [...authProviderEdited(provider, null, false), ...tokens.audit],
      mails: resets.map(({ tokenId, nonce, email }): MailToSend => {
        return { template: 'password-reset', to: email, params: { reset: { tokenId, nonce } } };
      }),
      result: { providerId: provider.id },
    };
  },

  async persistSideEffects(tx, { result: { providerId } }, { orgId, deriveToken }, { resets, scimTokens }) {
    await removeOrgSecrets(tx, secretOwnerOf(orgId, providerId));
    await saveEmailTokens(tx, deriveToken, resets);
    await deleteScimTokens(tx, orgId, scimTokens);
    await deleteExternalIds(tx, orgId);
  },
};
