import assert from 'node:assert/strict';
import type { AuthProviderRecord, MemberRecord, OidcConfig, OrganizationRecord, OrgState } from '@rollcall/protocol';
import type { EnforcementFacts } from '../../../../../../server/src/domain/access/enforcement.ts';
import type { Actor } from '../../../../../../server/src/domain/actor.ts';
import { updateAuthProvider } from '../../../../../../server/src/features/single-sign-on/commands/provider/update-auth-provider.ts';
import type { AuthProviderChanges } from '../../../../../../server/src/features/single-sign-on/domain/auth-provider.ts';
import { KeyRing } from '../../../../../../server/src/runtime/secrets/key-ring.ts';
import type { ScimToken } from '../../../../../../server/src/write-path/commands/tokens/scim-token.ts';
import { actorFor, aMember, anAuthProvider, anOidcConfig, anOrganization, aState, now } from '../../../../../support/builders.ts';
import { commandContext } from '../../../../../support/command-context.ts';

const owner = aMember({ orgRole: 'owner', isRecoveryOwner: true }, { has2fa: true });
const manager = aMember({ orgRole: 'manager' });
const linked = aMember();
const config = anOidcConfig();

interface Given {
  readonly provider?: Partial<AuthProviderRecord>;
  readonly organization?: Partial<OrganizationRecord>;
  readonly actor?: Actor;
  readonly newConfig?: OidcConfig | null;
  /** Null keeps the stored one. */
  readonly clientSecret?: string | null;
  readonly members?: readonly MemberRecord[];
  readonly providerId?: string;
  readonly scimTokens?: readonly ScimToken[];
  readonly endsScim?: boolean;
  readonly recoveryMembers?: readonly string[];
  readonly enforcement?: EnforcementFacts;
}

function decide(changes: AuthProviderChanges, { newConfig = null, actor = actorFor(owner), members = [], ...given }: Given = {}) {
  const record = anAuthProvider({ key: 'oidc', protocol: 'oidc', lastTestedAt: now, ...given.provider });
  const state: OrgState = aState(anOrganization({ id: '1', ...given.organization }), { members: [owner, manager, linked] });
  state.put('auth-provider', record);
  const providerId = given.providerId ?? record.id;
  const checked = newConfig && { config: newConfig, certificates: [] };
  const minted = { text: 'sntrys_text', hash: 'hash', lastCharacters: 'text' };
  const { recoveryMembers = null, enforcement = null, clientSecret = 'a new secret' } = given;
  const input = { providerId, changes, recoveryMembers, checked, clientSecret, key: new KeyRing(''), mint: () => minted, credential: null };
  const provider = { orgId: '1', record, config, secrets: new Map(), spCertificate: null, nextSpCertificate: null };
  const isReplaced = newConfig !== null && newConfig.client_id !== config.client_id;
  const release = { replacement: isReplaced ? ('replaced' as const) : null, endsScim: given.endsScim ?? false };
  const newScimToken = { id: '70', minted, ownerAddresses: ['owner@example.com'] };
  const ofScim = { scimTokens: given.scimTokens ?? [], newScimToken };
  const facts = { state, provider, isConfigured: newConfig !== null, release, members, teams: [], enforcement, input, ...ofScim };
  return updateAuthProvider.decide(input, facts, commandContext({ orgId: '1', actor, now }));
}

describe('update-auth-provider', () => {
  it('[13.4] refuses everyone but owners, and tokens without org:admin', () => {
    for (const actor of [actorFor(manager), actorFor(linked), actorFor(owner, ['org:write'])]) {
      assert.throws(() => decide({ jit: 'domains' }, { actor }), { code: 'forbidden' });
    }
  });

  it('[13.4] refuses a change that was parsed for a provider that has been replaced', () => {
    assert.throws(() => decide({ jit: 'domains' }, { providerId: '7' }), { code: 'not-found' });
  });

  it('[W3] changes nothing if all values are equal', () => {
    const { changes, audit } = decide(
      { jit: 'off', sessionHours: 168, scimEnabled: false, defaultRole: 'member', isActive: true },
      { organization: { hasAuthProvider: true } },
    );
    assert.deepEqual([changes, audit], [[], []]);
  });

  it('[13.5] changes a member once who becomes a recovery owner while the identity becomes invalid', () => {
    const own = aMember({ orgRole: 'owner', flags: { ...owner.flags, 'sso:linked': true } }, { has2fa: true });
    const users = new Map([[own.user!.id, { ...own.user!, hasPassword: true }]]);
    const { changes } = decide(
      {},
      {
        newConfig: { ...config, client_id: 'another' },
        members: [own],
        recoveryMembers: [own.id],
        enforcement: { members: [own], users, ownLogin: null, unlinked: [] },
      },
    );
    const ofOwn = changes.filter(({ id }) => id === own.id);
    assert.deepEqual(
      ofOwn.map(({ after }) => after),
      [{ ...own, isRecoveryOwner: true, flags: { ...own.flags, 'sso:invalid': true } }],
    );
  });

  it('[S-55] keeps the stored secret for the client that is stored under the lock only', () => {
    const keep = (newConfig: OidcConfig) => decide({}, { newConfig, clientSecret: null });
    assert.doesNotThrow(() => keep({ ...config, scopes: 'openid email' }));
    const fields = { config: ['client_secret: Enter the client secret, also after a change of the issuer or the client ID.'] };
    for (const other of [{ client_id: 'another' }, { issuer: 'https://evil.example.com' }]) {
      assert.throws(() => keep({ ...config, ...other }), { code: 'invalid', body: fields });
    }
  });

  it('[13.4] activates the provider only after a test, and drops the required second factor in the same revision', () => {
    const draft = { status: 'draft', lastTestedAt: null } as const;
    assert.throws(() => decide({ isActive: true }, { provider: draft }), { code: 'invalid' });
    const { changes, audit } = decide({ isActive: true }, { provider: { status: 'draft' }, organization: { require2FA: true } });
    assert.deepEqual(
      changes.map(({ kind }) => kind),
      ['auth-provider', 'organization'],
    );
    const { hasAuthProvider, requiresSso, require2FA } = changes[1]!.after as unknown as OrganizationRecord;
    assert.deepEqual([hasAuthProvider, requiresSso, require2FA], [true, false, false]);
    assert.deepEqual(
      audit?.map(({ event }) => event),
      ['sso.enable', 'org.edit'],
    );
    assert.deepEqual(audit?.[1]?.data, { require_2fa: 'to False when enabling SSO' });
  });

  it('[13.4] refuses to configure and activate at once, because the test was of the earlier configuration', () => {
    const given = { provider: { status: 'draft' }, newConfig: { ...config, scopes: 'openid email' } } as const;
    assert.throws(() => decide({ isActive: true }, given), { code: 'invalid' });
  });

  it('[13.4] no longer requires single sign-on when it is deactivated', () => {
    const given = { provider: { requireLink: true }, organization: { hasAuthProvider: true, requiresSso: true } } as const;
    const { changes, audit } = decide({ isActive: false }, given);
    const [provider, organization] = changes.map(({ after }) => after as unknown as AuthProviderRecord & OrganizationRecord);
    assert.deepEqual([provider!.status, provider!.requireLink], ['draft', false]);
    assert.equal(provider!.generation, 2, 'the logins of the time before would be valid again after an activation');
    assert.deepEqual(audit?.[1]?.data.identities, undefined, 'the identities stay valid');
    assert.deepEqual([organization!.hasAuthProvider, organization!.requiresSso], [false, false]);
    assert.deepEqual(
      audit?.map(({ event }) => event),
      ['sso.disable', 'sso.edit'],
    );
  });

  it('[13.4] [S-42] begins a generation with each deactivation, and with no other change of the status', () => {
    const generationAfter = (isActive: boolean, status: 'draft' | 'active') =>
      decide({ isActive, jit: 'domains' }, { provider: { status, generation: 5 } }).result.provider.generation;
    assert.deepEqual([generationAfter(false, 'active'), generationAfter(false, 'draft')], [6, 5]);
    assert.deepEqual([generationAfter(true, 'active'), generationAfter(true, 'draft')], [5, 5]);
  });

  it('[13.4] invalidates linked identities only if the new configuration names another client', () => {
    const members = [{ ...linked, flags: { ...linked.flags, 'sso:linked': true } }];
    const same = decide({}, { newConfig: { ...config, scopes: 'openid email' }, organization: { hasAuthProvider: true } });
    assert.deepEqual((same.changes[0]!.after as unknown as AuthProviderRecord).generation, 1);
    const other = decide({}, { newConfig: { ...config, client_id: 'another' }, members, organization: { hasAuthProvider: true } });
    const [provider, member] = other.changes.map(({ after }) => after as unknown as AuthProviderRecord & MemberRecord);
    assert.deepEqual([provider!.generation, provider!.lastTestedAt], [2, null]);
    assert.deepEqual([member!.flags['sso:linked'], member!.flags['sso:invalid']], [true, true]);
    assert.deepEqual(other.audit?.[0]?.data, { id: provider!.id, provider: 'oidc', config: 'changed', identities: 'made invalid' });
  });

  it('[12.3] creates a token when the provider begins to use SCIM, and ends its tokens when it no longer does', () => {
    const kinds = ({ changes }: ReturnType<typeof decide>) => changes.map(({ kind, after }) => `${kind} ${after ? 'put' : 'gone'}`);
    const organization = { hasAuthProvider: true };
    const begun = decide({ scimEnabled: true }, { organization });
    assert.deepEqual(kinds(begun), ['auth-provider put', 'auth-token put']);
    assert.deepEqual([begun.result.scim?.text, begun.mails?.length], ['sntrys_text', 1]);
    const { record } = begun.result.scim!;
    assert.deepEqual([record.name, record.scopes], ['SCIM', ['member:admin', 'team:admin']]);

    const scimTokens = [{ record, expiresAt: null }];
    const ended = decide({ scimEnabled: false }, { organization, provider: { scimEnabled: true }, scimTokens, endsScim: true });
    assert.deepEqual(kinds(ended), ['auth-provider put', 'auth-token gone']);
    assert.deepEqual(ended.result.endedScimTokens, scimTokens);
    const kept = decide({ scimEnabled: true }, { organization, provider: { scimEnabled: true }, scimTokens });
    assert.deepEqual([kept.changes, kept.result.scim], [[], null]);
    const draft = decide({ scimEnabled: true }, { provider: { status: 'draft' } });
    assert.deepEqual([kinds(draft), draft.result.scim], [['auth-provider put'], null]);
  });

  it('[12.3] clears the flags of the members that SCIM managed in the revision that ends it', () => {
    const managed = { ...linked, flags: { ...linked.flags, 'sso:linked': true, 'idp:provisioned': true, 'idp:role-restricted': true } };
    const given = { organization: { hasAuthProvider: true }, provider: { scimEnabled: true }, members: [managed], endsScim: true };
    const { changes } = decide({ scimEnabled: false }, given);
    assert.deepEqual(
      changes.filter(({ kind }) => kind === 'member').map(({ after }) => (after as unknown as MemberRecord).flags),
      [{ ...linked.flags, 'sso:linked': true }],
    );
  });

  it('[S-05] refuses owner as the default role, and roles above the caller’s', () => {
    assert.throws(() => decide({ defaultRole: 'owner' }), { body: { default_role: ['"owner" is not a valid choice.'] } });
    assert.deepEqual(decide({ defaultRole: 'manager' }).result.provider.defaultRole, 'manager');
  });
});
