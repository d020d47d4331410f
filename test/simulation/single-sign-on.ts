import type { AuthProviderRecord, AuthTokenRecord, OrgState, TeamRecord } from '@rollcall/protocol';
import { updated } from '../../server/src/domain/changes.ts';
import { markIdentityInvalid } from '../../server/src/features/single-sign-on/commands/login/mark-identity-invalid.ts';
import { unlinkIdentity } from '../../server/src/features/single-sign-on/commands/login/unlink-identity.ts';
import { updateAuthProvider } from '../../server/src/features/single-sign-on/commands/provider/update-auth-provider.ts';
import { concernedFlags, organizationWithProvider, type Release } from '../../server/src/features/single-sign-on/domain/auth-provider.ts';
import { KeyRing } from '../../server/src/runtime/secrets/key-ring.ts';
import { anOidcConfig } from '../support/builders.ts';
import type { SeededRandom } from '../support/seeds.ts';
import { type Command, contextOf, nothing, type Write } from './command.ts';
import { createdAt, orgId, scimToken } from './people.ts';
import { membersOf, recordsOf } from './records.ts';
import { withoutIdentityOf } from './rows.ts';
import type { Version } from './simulated-log.ts';

/** The commands of the identity provider and of linked identities, decided by the product. */

export class SingleSignOn {
  readonly #id: () => string;

  constructor(id: () => string) {
    this.#id = id;
  }

  readonly commands: readonly Command[] = [
    { name: 'enforce-sso', decide: ({ state }, random) => enforce(state, random.chance(0.5)) },
    { name: 'update-auth-provider', decide: (head, random) => this.#update(head, { jit: random.pick(['off', 'domains', 'domains']) }) },
    { name: 'update-auth-provider', decide: (head, random) => this.#update(head, { scimEnabled: random.chance(0.7) }) },
    { name: 'update-auth-provider', decide: (head, random) => this.#activate(head, random.chance(0.7)) },
    { name: 'update-auth-provider', decide: (head) => this.#replace(head) },
    { name: 'change-auth-provider', decide: ({ state }, random) => changeAlone(state, random.pick(['draft', 'active', 'active'])) },
    { name: 'unlink-identity', decide: endIdentity },
  ];

  /** Another provider replaces the current one, and single sign-on is required. */
  readonly replacement: readonly Command[] = [
    { name: 'enforce-sso', decide: ({ state }) => enforce(state, true) },
    { name: 'update-auth-provider', decide: (head) => this.#replace(head) },
  ];

  #update({ state }: Version, changes: Parameters<typeof updateAuthProvider.decide>[0]['changes'], issuer: string | null = null): Write {
    const before = state.authProvider!;
    const input = {
      providerId: before.id,
      changes,
      recoveryMembers: null,
      checked: issuer === null ? null : { config: anOidcConfig({ issuer }), certificates: [] },
      clientSecret: issuer && 'the secret of the other client',
      key: new KeyRing(''),
      mint: () => minted,
      credential: null,
    };
    const scimTokens = scimTokensOf(state);
    const endsScim = isScimOn(before) && (changes.scimEnabled === false || changes.isActive === false);
    const release: Release = { replacement: issuer === null ? null : 'replaced', endsScim };
    const decision = updateAuthProvider.decide(
      input,
      {
        state,
        provider: {
          orgId,
          record: before,
          config: anOidcConfig({ issuer: before.issuer! }),
          secrets: new Map(),
          spCertificate: null,
          nextSpCertificate: null,
        },
        isConfigured: issuer !== null,
        release,
        members: membersOf(state).filter(({ flags }) => concernedFlags(release).some((flag) => flags[flag])),
        teams: release.endsScim ? recordsOf<TeamRecord>('team', state) : [],
        enforcement: null,
        input,
        scimTokens,
        newScimToken: { id: this.#id(), minted, ownerAddresses: [] },
      },
      contextOf(),
    );
    const { provider, endedScimTokens } = decision.result;
    const isEnded = isScimOn(before) && !isScimOn(provider);
    const remaining = isEnded ? scimTokens.length - endedScimTokens.length : 0;
    const detail = `${remaining} tokens for SCIM remain after it was switched off`;
    return { changes: decision.changes, violation: remaining === 0 ? null : { invariant: 'provisioning exact', detail } };
  }

  /** A replaced provider counts as tested, because tests change nothing that a viewer sees. */
  #activate(head: Version, isActive: boolean): Write {
    const before = head.state.authProvider!;
    if (!isActive || before.lastTestedAt !== null) return this.#update(head, { isActive });
    return { changes: updated('auth-provider', before, { ...before, lastTestedAt: createdAt }) };
  }

  /** The identities of the earlier provider become invalid, and the bindings of sessions too. */
  #replace(head: Version): Write {
    return this.#update(head, {}, `https://idp-${head.state.authProvider!.generation + 1}.example.com`);
  }
}

const minted = { text: 'a token', hash: 'its hash', lastCharacters: 'abcd' };

function scimTokensOf(state: OrgState): Parameters<typeof updateAuthProvider.decide>[1]['scimTokens'] {
  const tokens = recordsOf<AuthTokenRecord>('auth-token', state).filter(({ name }) => name === scimToken.name);
  return tokens.map((record) => ({ record, expiresAt: null }));
}

/** Stated again here, so that it does not depend on the product. */
export function isScimOn({ status, scimEnabled }: AuthProviderRecord): boolean {
  return status === 'active' && scimEnabled;
}

/** The provider and the organization change in the same revision. */
function enforce(state: OrgState, isRequired: boolean): Write {
  const before = state.authProvider!;
  const after = { ...before, requireLink: isRequired && before.status === 'active' };
  const organization = state.organization!;
  return {
    changes: [
      ...updated('auth-provider', before, after),
      ...updated('organization', organization, organizationWithProvider(organization, after)),
    ],
  };
}

/**
 * No command of the product changes the provider without the organization or its members. But
 * access depends on the provider alone, too.
 */
function changeAlone(state: OrgState, status: AuthProviderRecord['status']): Write {
  const before = state.authProvider!;
  return { changes: updated('auth-provider', before, { ...before, status }) };
}

function endIdentity({ state, rows: { identities } }: Version, random: SeededRandom): Write {
  const linked = [...identities].filter(([, { memberId }]) => memberId !== null);
  if (linked.length === 0) return nothing;
  const [subject, row] = random.pick(linked);
  const memberId = row.memberId!;
  const target = state.member(memberId)!;
  const identity = { id: '1', subject, email: null, isEmailVerified: false, dateLinked: createdAt, lastLogin: null };
  const facts = { state, target, identity, sessions: [] };
  const input = { member: memberId };
  if (random.chance(0.3)) return { changes: markIdentityInvalid.decide(input, facts, contextOf()).changes };
  const { changes } = unlinkIdentity.decide(input, facts, contextOf());
  return { changes, rows: (rows) => withoutIdentityOf(rows, memberId) };
}
