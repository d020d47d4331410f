import {
  type AuthProviderRecord,
  canonicalJson,
  type Json,
  type LogChange,
  type MemberRecord,
  type OrganizationRecord,
  type OrgRoleId,
  type OrgSso,
  type ProviderChoice,
  type ProviderConfig,
  type TeamRecord,
} from '@rollcall/protocol';
import type { AuditEvent } from '../../../domain/audit/audit.ts';
import { organizationEdited } from '../../../domain/audit/audit-organization-edit.ts';
import { updated } from '../../../domain/changes.ts';
import type { FieldErrors } from '../../../domain/field-errors.ts';

/** An organization's identity provider and its configuration (REST contract 13.4). */

/** Seven days, as in Sentry. */
const sessionHoursDefault = 168;

/** A checked configuration, without its secret. */
export interface CheckedConfig {
  readonly config: ProviderConfig;
  /** The facts about SAML's certificates that the record shows. */
  readonly certificates: AuthProviderRecord['certificates'];
}

/** A new draft. It logs no one in until it is tested and activated. */
export function newAuthProvider(
  id: string,
  choice: ProviderChoice,
  { config, certificates }: CheckedConfig,
  now: string,
): AuthProviderRecord {
  return {
    id,
    ...choice,
    name: nameOf(choice, config),
    status: 'draft',
    requireLink: false,
    defaultRole: 'member',
    jit: 'off',
    scimEnabled: false,
    sessionHours: sessionHoursDefault,
    generation: 1,
    issuer: issuerOf(config),
    certificates,
    lastTestedAt: null,
    dateCreated: now,
  };
}

/** The keys that stand for no product. */
const genericKeys: ReadonlySet<string> = new Set(['oidc', 'saml2']);

/**
 * The name of a provider for its people: of the product, or otherwise the host of its login page,
 * because the name of a protocol means nothing to them.
 */
function nameOf({ key, name }: Pick<AuthProviderRecord, 'key' | 'name'>, config: ProviderConfig): string {
  const url = config.protocol === 'saml' ? config.sso_url : config.issuer;
  return genericKeys.has(key) && URL.canParse(url) ? new URL(url).hostname : name;
}

function issuerOf(config: ProviderConfig): string {
  return config.protocol === 'saml' ? config.entity_id : config.issuer;
}

/**
 * Whether the subjects of the configurations have the same meaning: they are those of the same
 * provider, and SAML reads them from the same attribute. Otherwise the subject of one person may be
 * that of another person.
 */
export function isSameProvider(before: ProviderConfig, after: ProviderConfig): boolean {
  if (issuerOf(before) !== issuerOf(after)) return false;
  if (before.protocol === 'saml' && after.protocol === 'saml') return before.attributes.identifier === after.attributes.identifier;
  return before.protocol === 'saml' || after.protocol === 'saml' || before.client_id === after.client_id;
}

/** Absent values stay as they are. */
export interface AuthProviderChanges {
  readonly defaultRole?: OrgRoleId;
  readonly jit?: AuthProviderRecord['jit'];
  readonly sessionHours?: number;
  readonly scimEnabled?: boolean;
  readonly isActive?: boolean;
  readonly requireLink?: boolean;
}

/** The configuration before and after a change that differ, in the configuration or its secret. */
export interface ConfigChange extends CheckedConfig {
  readonly before: ProviderConfig;
}

/**
 * The provider after the changes. A changed configuration has to be tested again, and a change to
 * another provider invalidates all identities. A provider that isn't active can't be required. A
 * deactivation changes the generation, so that earlier logins don't become valid again later.
 */
export function changeAuthProvider(
  before: AuthProviderRecord,
  { isActive, ...changes }: AuthProviderChanges,
  configChange: ConfigChange | null,
): AuthProviderRecord {
  const configured = configChange === null ? before : configureAuthProvider(before, configChange);
  const changed = { ...configured, ...changes };
  if (isActive === undefined) return changed;
  if (isActive) return { ...changed, status: 'active' };
  const generation = changed.generation + (before.status === 'active' ? 1 : 0);
  return { ...changed, status: 'draft', requireLink: false, generation };
}

function configureAuthProvider(provider: AuthProviderRecord, { before, config, certificates }: ConfigChange): AuthProviderRecord {
  const generation = isSameProvider(before, config) ? provider.generation : provider.generation + 1;
  return { ...provider, name: nameOf(provider, config), generation, issuer: issuerOf(config), certificates, lastTestedAt: null };
}

/** A provider that has not been tested could lock members out. */
export function activationErrors(before: AuthProviderRecord, after: AuthProviderRecord): FieldErrors {
  const isUntested = before.status === 'draft' && after.status === 'active' && after.lastTestedAt === null;
  return isUntested ? { active: ['Test the provider with its current configuration first.'] } : {};
}

/** The organization's fields that follow from its provider. Null is an organization without one. */
export function organizationWithProvider(organization: OrganizationRecord, provider: AuthProviderRecord | null): OrganizationRecord {
  const isActive = provider?.status === 'active';
  const sso: OrgSso = { hasAuthProvider: isActive, requiresSso: isActive && provider.requireLink };
  // The provider decides about second factors.
  return { ...organization, ...sso, require2FA: organization.require2FA && !isActive };
}

/**
 * The effects on members and teams when a provider is removed, replaced or no longer manages them.
 */
export interface Release {
  /** Another provider, or none. Null if the provider stays the same. */
  readonly replacement: 'replaced' | 'removed' | null;
  /** Whether the provider no longer manages members and teams. */
  readonly endsScim: boolean;
}

/** The flags of the members who are concerned. */
export function concernedFlags({ replacement, endsScim }: Release): (keyof MemberRecord['flags'])[] {
  return [
    ...(replacement === null ? [] : (['sso:linked', 'sso:invalid'] as const)),
    ...(endsScim ? (['idp:provisioned', 'idp:role-restricted'] as const) : []),
  ];
}

/**
 * The members and teams that the provider no longer manages, without its marks. Otherwise no one
 * could change them after SCIM has ended.
 */
export function releasedRecords(
  { replacement, endsScim }: Release,
  members: readonly MemberRecord[],
  teams: readonly TeamRecord[],
): LogChange[] {
  const ofMember = ({ flags }: MemberRecord): MemberRecord['flags'] => ({
    ...flags,
    ...(replacement === 'replaced' && flags['sso:linked'] && { 'sso:invalid': true }),
    ...(replacement === 'removed' && unlinked),
    ...(endsScim && { 'idp:provisioned': false, 'idp:role-restricted': false }),
  });
  return [
    ...members.flatMap((member) => updated('member', member, { ...member, flags: ofMember(member) })),
    ...teams.flatMap((team) => updated('team', team, { ...team, flags: { ...team.flags, 'idp:provisioned': false } })),
  ];
}

const unlinked = { 'sso:linked': false, 'sso:invalid': false };

export function unlinkedMember(member: MemberRecord): MemberRecord {
  return { ...member, flags: { ...member.flags, ...unlinked } };
}

/**
 * The events of a change. They never contain the configuration.
 * @param isReplaced whether the configuration is of another provider
 */
export function authProviderEdited(
  before: AuthProviderRecord | null,
  after: AuthProviderRecord | null,
  isConfigured: boolean,
  isReplaced = false,
): AuditEvent[] {
  const wasActive = before?.status === 'active';
  const isActive = after?.status === 'active';
  const { name } = (after ?? before)!;
  if (!before) return [providerEvent('sso.edit', after!, `added ${name} as a draft of single sign-on`, {})];
  if (!after) return [providerEvent(wasActive ? 'sso.disable' : 'sso.edit', before, `removed ${name} from single sign-on`, {})];
  const events: AuditEvent[] = [];
  if (!wasActive && isActive) events.push(providerEvent('sso.enable', after, `enabled single sign-on with ${name}`, {}));
  if (wasActive && !isActive) events.push(providerEvent('sso.disable', after, `disabled single sign-on with ${name}`, {}));
  const data = describeChanges(before, after, isConfigured, isReplaced);
  const parts = Object.entries(data).map(([key, words]) => `${key} ${words}`);
  if (parts.length > 0) events.push(providerEvent('sso.edit', after, `edited single sign-on: ${parts.join(', ')}`, data));
  return events;
}

/** The event of a change of this server's own certificates. */
export function spCertificateEdited(provider: AuthProviderRecord, change: 'created' | 'activated'): AuditEvent[] {
  const note = `${change} the second certificate of this server for ${provider.name}`;
  return [providerEvent('sso.edit', provider, note, { sp_certificate: change })];
}

function providerEvent(
  event: AuditEvent['event'],
  { id, key }: AuthProviderRecord,
  note: string,
  data: Readonly<Record<string, string>>,
): AuditEvent {
  return { event, targetObject: id, targetUser: null, note, data: { id, provider: key, ...data } };
}

const namedFields = {
  defaultRole: 'default_role',
  jit: 'jit',
  sessionHours: 'session_hours',
  scimEnabled: 'scim_enabled',
  requireLink: 'require_link',
} as const satisfies Partial<Record<keyof AuthProviderRecord, string>>;

function describeChanges(
  before: AuthProviderRecord,
  after: AuthProviderRecord,
  isConfigured: boolean,
  isReplaced: boolean,
): Readonly<Record<string, string>> {
  const words: Record<string, string> = isConfigured ? { config: 'changed' } : {};
  if (isReplaced) words.identities = 'made invalid';
  for (const [field, name] of Object.entries(namedFields) as [keyof typeof namedFields, string][]) {
    if (before[field] !== after[field]) words[name] = `from ${before[field]} to ${after[field]}`;
  }
  return words;
}

/** The event of a second factor that is no longer required, because the provider is active now. */
export function secondFactorDropped(before: OrganizationRecord, after: OrganizationRecord): AuditEvent[] {
  return organizationEdited(before, after).map((event) => {
    const require_2fa = `${event.data.require_2fa} when enabling SSO`;
    return { ...event, note: `edited the organization setting: require_2fa ${require_2fa}`, data: { ...event.data, require_2fa } };
  });
}

export function isSameConfig(before: ProviderConfig, after: ProviderConfig): boolean {
  return canonicalJson(before as unknown as Json) === canonicalJson(after as unknown as Json);
}
