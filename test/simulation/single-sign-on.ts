import type { AuthProviderRecord, MemberRecord, OidcConfig, OrgState, VerifiedDomainRecord } from '@rollcall/protocol';
import { updated } from '../../server/src/domain/changes.ts';
import { addMilliseconds } from '../../server/src/domain/date-time.ts';
import { organizationWithProvider } from '../../server/src/domain/single-sign-on/auth-provider.ts';
import { challengeFor } from '../../server/src/domain/single-sign-on/verified-domains.ts';
import { addDomain } from '../../server/src/write-path/commands/single-sign-on/add-domain.ts';
import { markIdentityInvalid } from '../../server/src/write-path/commands/single-sign-on/mark-identity-invalid.ts';
import { removeDomain } from '../../server/src/write-path/commands/single-sign-on/remove-domain.ts';
import { settleDomain } from '../../server/src/write-path/commands/single-sign-on/settle-domain.ts';
import { unlinkIdentity } from '../../server/src/write-path/commands/single-sign-on/unlink-identity.ts';
import { updateAuthProvider } from '../../server/src/write-path/commands/single-sign-on/update-auth-provider.ts';
import type { SeededRandom } from '../support/seeds.ts';
import { type Command, contextOf, nothing, type Write } from './command.ts';
import { createdAt, orgId } from './people.ts';
import { withoutIdentityOf } from './rows.ts';
import type { Version } from './simulated-log.ts';

/** The commands of the identity provider and of the domains, decided by the product. */

const domainNames = ['example.com', 'example.org'];
const dayMs = 24 * 60 * 60 * 1_000;
/** As REST contract 13.6 states it. */
const lapseAfterDays = 7;
const scimTokenName = 'SCIM';

export class SingleSignOn {
  readonly #id: () => string;
  /** Time passes in days between the checks of domains. A failover does not turn it back. */
  #day = 0;

  constructor(id: () => string) {
    this.#id = id;
  }

  readonly commands: readonly Command[] = [
    { name: 'enforce-sso', decide: ({ state }, random) => enforce(state, random.chance(0.5)) },
    { name: 'update-auth-provider', decide: (head, random) => this.#update(head, { jit: random.pick(['off', 'domains', 'domains']) }) },
    { name: 'update-auth-provider', decide: (head, random) => this.#update(head, { scimEnabled: random.chance(0.7) }) },
    { name: 'update-auth-provider', decide: (head, random) => this.#activate(head, random.chance(0.7)) },
    { name: 'update-auth-provider', decide: (head) => this.#replace(head) },
    { name: 'unlink-identity', decide: endIdentity },
    { name: 'add-domain', decide: (head, random) => this.#addDomain(head, random) },
    { name: 'settle-domain', decide: (head, random) => this.#settleDomain(head, random) },
    { name: 'settle-domain', decide: (head, random) => this.#settleDomain(head, random) },
    { name: 'settle-domain', decide: (head, random) => this.#settleDomain(head, random) },
    { name: 'remove-domain', decide: removeAnyDomain },
  ];

  #update({ state }: Version, changes: Parameters<typeof updateAuthProvider.decide>[0]['changes'], issuer: string | null = null): Write {
    const before = state.authProvider!;
    const input = {
      providerId: before.id,
      changes,
      recoveryMembers: null,
      checked: issuer === null ? null : { config: configOf(issuer), certificates: [] },
      clientSecret: null,
      key: '',
      mint: () => minted,
    };
    const scimTokens = scimTokensOf(state);
    const decision = updateAuthProvider.decide(
      input,
      {
        state,
        provider: { orgId, record: before, config: configOf(before.issuer!), secrets: new Map(), spCertificate: null },
        isConfigured: issuer !== null,
        replacement: issuer === null ? null : 'replaced',
        members: issuer === null ? [] : membersOf(state).filter(({ flags }) => flags['sso:linked'] || flags['sso:invalid']),
        teams: [],
        enforcement: null,
        input,
        scimTokens,
        newScimToken: { id: this.#id(), minted, ownerAddresses: [] },
      },
      contextOf(),
    );
    const { provider, endedScimTokens } = decision.result;
    const remaining = isScimOn(provider) ? 0 : scimTokens.length - endedScimTokens.length;
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

  #addDomain({ state }: Version, random: SeededRandom): Write {
    const input = { domain: random.pick(domainNames), role: random.pick(['owned', 'owned', 'affiliated'] as const), secret: 'secret' };
    const { changes, result } = addDomain.decide(
      input,
      { state, domains: domainsOf(state), id: this.#id(), secret: 'secret' },
      this.#now(),
    );
    return {
      changes,
      rows: (rows) => ({ ...rows, domains: new Map(rows.domains).set(result.id, { missingSince: null, isProven: false }) }),
    };
  }

  /** Some days after the last check. DNS has the record, has none, or does not respond. */
  #settleDomain({ state, rows: { domains } }: Version, random: SeededRandom): Write {
    const found = domainsOf(state);
    if (found.length === 0) return nothing;
    this.#day += random.int(6);
    const record = random.pick(found);
    const { missingSince, isProven } = domains.get(record.id)!;
    const challenge = challengeFor(record.domain, 'secret');
    const txtRecords = random.pick([[challenge.value], [challenge.value], [], [], [], null]);
    const domain = { ...record, challenge, dateChecked: null, missingSince: missingSince === null ? null : timeOfDay(missingSince) };
    const { changes } = settleDomain.decide({ domainId: record.id, txtRecords }, { state, domain, ownerAddresses: [] }, this.#now());
    if (txtRecords === null) return { changes };
    const missing = txtRecords.length > 0 || !isProven ? null : (missingSince ?? this.#day);
    const row = {
      missingSince: missing,
      isProven: txtRecords.length > 0 || (isProven && missing !== null && this.#day - missing < lapseAfterDays),
    };
    return { changes, rows: (rows) => ({ ...rows, domains: new Map(rows.domains).set(record.id, row) }) };
  }

  #now() {
    return contextOf({ kind: 'operator' }, timeOfDay(this.#day));
  }
}

const minted = { text: 'a token', hash: 'its hash', lastCharacters: 'abcd' };

function configOf(issuer: string): OidcConfig {
  return { protocol: 'oidc', issuer, client_id: 'rollcall', scopes: 'openid', auth_method: 'client_secret_post', domains: [] };
}

function timeOfDay(day: number): string {
  return addMilliseconds(createdAt, day * dayMs);
}

function membersOf(state: OrgState): MemberRecord[] {
  return [...state.recordsOf('member').values()] as unknown as MemberRecord[];
}

function domainsOf(state: OrgState): VerifiedDomainRecord[] {
  return [...state.recordsOf('verified-domain').values()] as unknown as VerifiedDomainRecord[];
}

function scimTokensOf(state: OrgState): Parameters<typeof updateAuthProvider.decide>[1]['scimTokens'] {
  const tokens = [...state.recordsOf('auth-token').values()].filter(({ name }) => name === scimTokenName);
  return tokens.map((record) => ({ record: record as never, expiresAt: null }));
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

function endIdentity({ state, rows: { identities } }: Version, random: SeededRandom): Write {
  const linked = [...identities].filter(([, { memberId }]) => memberId !== null);
  if (linked.length === 0) return nothing;
  const [subject, row] = random.pick(linked);
  const memberId = row.memberId!;
  const target = state.member(memberId)!;
  const identity = { id: '1', subject, email: null, dateLinked: createdAt, lastLogin: null };
  const facts = { state, target, identity, sessions: [] };
  const input = { member: memberId };
  if (random.chance(0.3)) return { changes: markIdentityInvalid.decide(input, facts, contextOf()).changes };
  const { changes } = unlinkIdentity.decide(input, facts, contextOf());
  return { changes, rows: (rows) => withoutIdentityOf(rows, memberId) };
}

function removeAnyDomain({ state }: Version, random: SeededRandom): Write {
  const found = domainsOf(state);
  // Without a domain, logins create no members.
  if (found.length === 0 || random.chance(0.5)) return nothing;
  const domain = random.pick(found);
  return { changes: removeDomain.decide({ domainId: domain.id }, { state, domain }, contextOf()).changes };
}
