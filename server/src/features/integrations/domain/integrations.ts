import {
  definitionOf,
  type ExternalUserRecord,
  type IntegrationProvider,
  type IntegrationRecord,
  isDirectoryProvider,
  type MemberRecord,
  orgRoles,
  type Scope,
} from '@rollcall/protocol';
import { type Actor, isSelf } from '../../../domain/actor.ts';
import type { AuditEvent } from '../../../domain/audit/audit.ts';

/** The scopes with which integrations are managed (REST contract 13.12). */
export const managesIntegrations = ['org:integrations', 'org:admin'] as const;

/**
 * A provider gets the events that these scopes show. All callers who manage integrations hold them,
 * so none of them can send out what they may not see.
 */
export const integrationScopes: readonly Scope[] = orgRoles.admin.scopes;

/** Whether members whose people leave the provider's organization are removed here. */
export function removesMembers({ provider, config }: Pick<IntegrationRecord, 'provider' | 'config'>): boolean {
  return isDirectoryProvider(provider) && config.removeMembers === true;
}

export function integrationEvent(event: AuditEvent['event'], integration: IntegrationRecord, note: string): AuditEvent {
  const { id, provider, name } = integration;
  return { event, targetObject: id, targetUser: null, note, data: { id, provider, name } };
}

/**
 * The event of a mapping of a person. The person's account at the provider is a field beside the id
 * of the user, and not part of the note, so that the erasure of the user finds it.
 * @param member null if the mapping has lost its member
 */
export function mappingEvent(
  integration: IntegrationRecord,
  member: MemberRecord | null,
  { externalName }: ExternalUserRecord,
  verb: 'mapped' | 'removed the mapping of',
): AuditEvent {
  const person = `${verb} a person of ${definitionOf(integration.provider).name}`;
  if (!member?.user) return integrationEvent('integration.edit', integration, person);
  const event = integrationEvent('integration.edit', integration, `${person} to ${member.email}`);
  return { ...event, targetUser: { id: member.user.id, name: member.name }, data: { ...event.data, externalName } };
}

interface NamedIntegration {
  /** Null keeps the value of the mapping. */
  readonly integrationId: string | null;
  readonly provider: IntegrationProvider | null;
}

/** Whether a mapping names an integration that is missing, or one of another provider. */
export function isUnknownIntegration({ integrationId, provider }: NamedIntegration, found: IntegrationRecord | null): boolean {
  if (!found) return integrationId !== null;
  return provider !== null && provider !== found.provider;
}

/** Whether the actor is this member, in a session. Members manage their own mappings. */
export function isOwnSession(actor: Actor, member: MemberRecord): boolean {
  return isSelf(actor, member) && actor.kind === 'user' && actor.tokenScopes === null;
}
