import type { OutletEvent } from '../../../domain/outlet-events.ts';

/**
 * Sentences about events for messages to people. They contain only what the event shows, so they
 * have no address where addresses are hidden.
 */

interface Fields {
  readonly name?: string;
  readonly slug?: string;
  readonly email?: string | null;
  readonly domain?: string;
  readonly event?: string;
  readonly orgRole?: string;
  readonly inviteStatus?: string;
  readonly inviterName?: string | null;
}

export function describeEvent({ type, data }: OutletEvent): string {
  const before = data.before as Fields | null;
  const after = data.after as Fields | null;
  const subject = after ?? before;
  switch (type) {
    case 'organization.updated':
      return `${data.organization.slug} was edited`;
    case 'flag.changed':
      return `${String(data.flag)} was switched ${data.after === true ? 'on' : 'off'}`;
    case 'setting.changed':
      return `${String(data.setting)} was changed`;
    case 'member.added':
      return `${nameOf(subject)} joined as ${subject?.orgRole}`;
    case 'member.roleChanged':
      return `${nameOf(subject)} is now ${after?.orgRole}, and was ${before?.orgRole}`;
    case 'invite.created':
      return describeInvite(subject);
    case 'invite.accepted':
      return `${nameOf(subject)} accepted an invitation`;
    case 'invite.removed':
      return subject?.inviteStatus === 'approved'
        ? `the invitation of ${nameOf(subject)} was removed`
        : `the request of ${nameOf(subject)} was removed`;
    case 'invite.updated':
      return before?.inviteStatus !== 'approved' && after?.inviteStatus === 'approved'
        ? `the request of ${nameOf(subject)} was approved`
        : `the invitation of ${nameOf(subject)} was edited`;
    default:
      return describeByName(type, subject);
  }
}

function describeInvite(invite: Fields | null): string {
  if (invite?.inviteStatus === 'requested_to_join') return `${nameOf(invite)} requests to join as ${invite.orgRole}`;
  if (invite?.inviteStatus === 'requested_to_be_invited') {
    return `${invite.inviterName || 'A member'} requests an invitation for ${nameOf(invite)} as ${invite.orgRole}`;
  }
  return `${nameOf(invite)} was invited as ${invite?.orgRole}`;
}

/** `projectKey.created` is "project key x was created". */
function describeByName(type: string, subject: Fields | null): string {
  const [kind = type, change = 'changed'] = type.split('.');
  const words = (text: string) => text.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  const name = subject?.slug ?? subject?.name ?? subject?.domain ?? subject?.event ?? '';
  return `${words(kind)}${name === '' ? '' : ` ${name}`}: ${words(change)}`;
}

/** An invite has no name, and its address may be hidden. */
function nameOf(member: Fields | null): string {
  return member?.name || member?.email || 'a person';
}
