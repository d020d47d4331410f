import type {
  AuthProviderRecord,
  LogChange,
  MemberRecord,
  OrganizationRecord,
  OrgRoleId,
  OrgState,
  ProviderConfig,
  TeamRecord,
} from '@rollcall/protocol';
import { saveOrgSecret } from '../../../../database/organizations/org-secrets.ts';
import { deleteRemovedIdentities } from '../../../../database/security/sso-identities.ts';
import {
  type EnforcementFacts,
  enforcementErrors,
  recoveryOwnersChosen,
  withRecoveryOwners,
} from '../../../../domain/access/enforcement.ts';
import { isForScim } from '../../../../domain/access/scim-access.ts';
import type { Actor, UsedCredential } from '../../../../domain/actor.ts';
import { authorize, notFound } from '../../../../domain/authorize.ts';
import { updated } from '../../../../domain/changes.ts';
import type { FieldErrors } from '../../../../domain/field-errors.ts';
import { assignableRoleErrors, retiredRole, rolesForMembers } from '../../../../domain/members/role-assignment.ts';
import type { DelayedMail } from '../../../../mail/enqueue-mail.ts';
import type { KeyRing } from '../../../../runtime/secrets/key-ring.ts';
import type { Command } from '../../../../write-path/command.ts';
import { ssoLinkMail } from '../../../../write-path/commands/members/sso-link-mail.ts';
import { countNotice } from '../../../../write-path/commands/notice-limits.ts';
import type { MintedToken } from '../../../../write-path/commands/tokens/create-org-token.ts';
import {
  type CreatedScimToken,
  createdScimToken,
  deleteScimTokens,
  type NewScimToken,
  prepareScimToken,
  readScimTokens,
  removedScimTokens,
  type ScimToken,
  saveScimToken,
} from '../../../../write-path/commands/tokens/scim-token.ts';
import { loadActorState } from '../../../../write-path/load-state.ts';
import { lockCreator } from '../../../../write-path/users/lock-credentials.ts';
import {
  type ConfiguredProvider,
  providerSecrets,
  readConfiguredProvider,
  saveProviderConfig,
  secretOwnerOf,
} from '../../database/auth-provider-configs.ts';
import { removeFlowsOf } from '../../database/sso-flows.ts';
import {
  type AuthProviderChanges,
  activationErrors,
  authProviderEdited,
  type CheckedConfig,
  changeAuthProvider,
  isSameConfig,
  isSameProvider,
  organizationWithProvider,
  type Release,
  releasedRecords,
  secondFactorDropped,
} from '../../domain/auth-provider.ts';
import { loadEnforcement } from './load-enforcement.ts';
import { loadManaged } from './load-managed.ts';

export interface UpdateAuthProvider {
  /** The provider for which the input was parsed. */
  readonly providerId: string;
  readonly changes: AuthProviderChanges;
  /** The ids of all recovery owners. Null keeps them. */
  readonly recoveryMembers: readonly string[] | null;
  /** Null keeps the configuration. */
  readonly checked: CheckedConfig | null;
  /** Null keeps the secret. */
  readonly clientSecret: string | null;
  /** The server's SECRET. */
  readonly key: KeyRing;
  /** Generates the text of a token for SCIM, which contains the slug of the organization. */
  mint(orgSlug: string): MintedToken;
  /**
   * The session of the caller. It may end while the configuration is checked, which can take as
   * long as the provider's server wants.
   */
  readonly credential: UsedCredential | null;
}

/** Mails to members per second. More mails of one kind at once look like spam to mail servers. */
const linkMailsPerSecond = 10;

interface Facts {
  readonly state: OrgState;
  readonly provider: ConfiguredProvider | null;
  /** Whether the input differs from the stored configuration or secret. */
  readonly isConfigured: boolean;
  readonly release: Release;
  /** The members and teams that the release concerns. */
  readonly members: readonly MemberRecord[];
  readonly teams: readonly TeamRecord[];
  readonly enforcement: EnforcementFacts | null;
  readonly input: UpdateAuthProvider;
  readonly scimTokens: readonly ScimToken[];
  /** Null unless the input may enable SCIM. */
  readonly newScimToken: NewScimToken | null;
}

interface UpdatedAuthProvider {
  readonly provider: AuthProviderRecord;
  /** Set if the command enables SCIM. */
  readonly scim: Pick<CreatedScimToken, 'record' | 'text'> | null;
  /** The tokens that end because the command disables SCIM. */
  readonly endedScimTokens: readonly ScimToken[];
}

/** Changes an organization's identity provider and its configuration (REST contract 13.4). */
export const updateAuthProvider: Command<UpdateAuthProvider, Facts, UpdatedAuthProvider> = {
  name: 'update-auth-provider',
  endsAccess: ({ checked, changes: { isActive, scimEnabled, requireLink } }) =>
    checked !== null || isActive === false || scimEnabled === false || requireLink === true,

  async load(tx, input, context) {
    const { orgId, actor } = context;
    const [state, provider] = await Promise.all([loadActorState(tx, orgId, actor), readConfiguredProvider(tx, input.key, orgId)]);
    await lockCreator(tx, actor, input.credential);
    const isConfigured = provider !== null && differs(provider, input);
    const release = releaseBy(provider, input);
    return {
      state,
      provider,
      isConfigured,
      input,
      release,
      ...(await loadManaged(tx, orgId, release)),
      enforcement: await loadEnforcement(tx, state, input, context),
      scimTokens: await readScimTokens(tx, orgId),
      newScimToken: input.changes.scimEnabled || input.changes.isActive ? await prepareScimToken(tx, state, input.mint) : null,
    };
  },

  decide({ providerId, changes, checked, clientSecret, recoveryMembers }, facts, context) {
    const { state, provider, isConfigured, release, members, teams, enforcement, scimTokens, newScimToken } = facts;
    const { actor, now, retiredRoles, refuseInvalid } = context;
    authorize(state, actor, 'org:admin');
    const before = state.authProvider;
    if (!before || !provider || before.id !== providerId) throw notFound();
    const configChange = isConfigured
      ? { before: provider.config, ...(checked ?? { config: provider.config, certificates: before.certificates }) }
      : null;
    const after = changeAuthProvider(before, changes, configChange);
    refuseInvalid(
      defaultRoleErrors(changes.defaultRole, state, actor, retiredRoles),
      activationErrors(before, after),
      checked?.config.protocol === 'oidc' && clientSecret === null ? keptSecretErrors(provider.config, checked.config) : {},
      enforcement ? enforcementErrors({ state, actor, after, recoveryMembers, facts: enforcement, now }) : {},
    );
    const organization = state.organization!;
    const organizationAfter = organizationWithProvider(organization, after);
    const scim = !isForScim(before) && isForScim(after) ? createdScimToken(newScimToken!, state, context) : null;
    const endedScimTokens = release.endsScim ? scimTokens : [];
    const ended = removedScimTokens(endedScimTokens);
    const recovery = enforcement?.members ?? [];
    const logged: LogChange[] = [
      ...updated('auth-provider', before, after),
      ...updated('organization', organization, organizationAfter),
      ...withRecoveryOwners(releasedRecords(release, members, teams), recovery, recoveryMembers),
      ...(scim ?? ended).changes,
    ];
    const audit = [
      ...authProviderEdited(before, after, isConfigured, release.replacement !== null),
      ...recoveryOwnersChosen(recovery, recoveryMembers),
      ...secondFactorDropped(organization, organizationAfter),
      ...(scim ?? ended).audit,
    ];
    const mails = [...(scim?.mails ?? []), ...linkMails(organizationAfter, after, enforcement?.unlinked ?? [])];
    return { changes: logged, audit, mails, result: { provider: after, scim, endedScimTokens } };
  },

  async persistSideEffects(tx, { mails = [], result }, context, { provider, isConfigured, release, input, newScimToken }) {
    if (result.scim) await saveScimToken(tx, context, result.scim.record, newScimToken!);
    await deleteScimTokens(tx, context.orgId, result.endedScimTokens);
    if (mails.some(({ template }) => template === 'sso-link')) await countNotice(tx, context, 'sso-link');
    if (!isConfigured) return;
    const { orgId } = context;
    const { id } = result.provider;
    const { checked, clientSecret, key } = input;
    if (release.replacement) await deleteRemovedIdentities(tx, orgId, id);
    if (checked) await saveProviderConfig(tx, { orgId, providerId: id, config: checked.config, spCertificate: provider!.spCertificate });
    if (clientSecret !== null) await saveOrgSecret(tx, key, secretOwnerOf(orgId, id), providerSecrets.clientSecret, clientSecret);
    // A login in progress was begun, and perhaps verified, with the earlier configuration. The
    // configuration is locked first, so that no response to it is stored after this.
    await removeFlowsOf(tx, orgId, id);
  },
};

/**
 * The errors of a configuration that keeps the stored secret. It is used for the same client only.
 * Otherwise an administrator could send a secret that they don't know to their own server.
 */
export function keptSecretErrors(stored: ProviderConfig | null, config: ProviderConfig): FieldErrors {
  if (stored !== null && isSameProvider(stored, config)) return {};
  return { config: ['client_secret: Enter the client secret, also after a change of the issuer or the client ID.'] };
}

/** The mails to members who must link an identity now. */
function linkMails(organization: OrganizationRecord, provider: AuthProviderRecord, unlinked: readonly MemberRecord[]): DelayedMail[] {
  const mails = unlinked.flatMap((member) => ssoLinkMail(organization, provider, member) ?? []);
  // The mails begin after a second, because the instances first end connections.
  return mails.map((mail, index) => ({ ...mail, afterSeconds: 1 + Math.floor(index / linkMailsPerSecond) }));
}

function releaseBy(provider: ConfiguredProvider | null, { checked, changes: { scimEnabled, isActive } }: UpdateAuthProvider): Release {
  const isReplaced = provider !== null && checked !== null && !isSameProvider(provider.config, checked.config);
  const endsScim = provider !== null && isForScim(provider.record) && (scimEnabled === false || isActive === false);
  return { replacement: isReplaced ? 'replaced' : null, endsScim };
}

function differs({ config, secrets }: ConfiguredProvider, { checked, clientSecret }: UpdateAuthProvider): boolean {
  if (checked !== null && !isSameConfig(config, checked.config)) return true;
  return clientSecret !== null && clientSecret !== secrets.get(providerSecrets.clientSecret);
}

/** The errors of a new default role. A login never makes an owner. */
function defaultRoleErrors(role: OrgRoleId | undefined, state: OrgState, actor: Actor, retiredRoles: ReadonlySet<OrgRoleId>): FieldErrors {
  if (role === undefined || role === state.authProvider?.defaultRole) return {};
  if (role === 'owner') return { default_role: ['"owner" is not a valid choice.'] };
  if (retiredRoles.has(role)) return { default_role: [retiredRole(role)] };
  const errors = assignableRoleErrors({ key: 'role', value: role }, rolesForMembers(state, actor));
  return errors.role ? { default_role: errors.role } : {};
}
