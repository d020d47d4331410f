import { listedMemberShape, memberDetailsShape, memberShape, membersChangedShape, reinstatedShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { about } from '../../openapi/about.ts';
import { search } from '../about-query.ts';

const keys = ['email', 'id', 'user.id', 'role', 'scope', 'isInvited', 'ssoLinked', 'has2fa', 'hasExternalUsers'];

export const aboutMembers = about('Members', {
  list: {
    id: 'listMembers',
    summary: 'List members and invites',
    description: 'By id. Requests are in a list of their own, and rows of disabled users in none.',
    query: z.object({
      query: search('name and e-mail address', keys),
      expand: z
        .array(z.enum(['externalUsers']))
        .optional()
        .describe('Adds that key.'),
    }),
    isPaged: true,
    answers: { 200: z.array(listedMemberShape) },
  },
  invite: {
    id: 'inviteMember',
    summary: 'Invite somebody',
    description:
      '`orgRole` is `member` when absent, whatever the organization’s default role. `role` and `teams` are the old names of `orgRole` and `teamRoles`. Invites are accepted for 30 days.',
    answers: { 201: memberShape },
  },
  bulk: {
    id: 'changeMembers',
    summary: 'Change or remove up to 100 members',
    description:
      'Runs one command per member, in order. Each is done or refused by itself, and `results` has one row per member: the status that the same call for that member alone would answer, and its error. `set-role` needs `orgRole`, `add-to-team` and `remove-from-team` need `team`. Each repeated member counts once. Once the credential of the call has ended, the other rows are 401. A request that is sent again with its `Idempotency-Key` repeats no command.',
    answers: { 200: membersChangedShape },
  },
  read: {
    id: 'readMember',
    isForUsers: true,
    summary: 'Read a member',
    answers: { 200: memberDetailsShape },
  },
  update: {
    id: 'updateMember',
    isForUsers: true,
    summary: 'Change a member’s role and teams, or invite again',
    description:
      '`teamRoles` replaces all of a member’s teams; when it is absent they stay. `reinvite` sends the invite again, and `regenerate` gives it a new link: neither goes with other changes.',
    answers: { 200: memberDetailsShape },
  },
  reinstate: {
    id: 'reinstateMembers',
    summary: 'Let members back in whom a required second factor locked out',
    description:
      'All of them in one revision, with roles and teams as they were; those of `members`, or every one when it is absent. While `require2FA` is on only those who have a second factor come back, and they do so by themselves.',
    answers: { 200: reinstatedShape },
  },
  resetSecondFactor: {
    id: 'resetSecondFactor',
    summary: 'Reset a member’s lost second factor',
    description:
      'For owners, where `canReset2fa` of the member’s details is true: the user belongs to no other organization. Their recovery codes go too, their sessions end, and they get a mail.',
    isUnrepeatable: true,
    answers: { 204: null },
  },
  remove: {
    id: 'removeMember',
    isForUsers: true,
    summary: 'Remove a member, or leave',
    description: 'Their subscriptions end at once, and pending invites they sent go with them.',
    answers: { 204: null },
  },
});
