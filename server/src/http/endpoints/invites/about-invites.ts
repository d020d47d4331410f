import { inviteShape, memberShape, memberWithTeamsShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { about } from '../../openapi/about.ts';

const tag = 'Invites and requests';

export const aboutInviteRequests = about(tag, {
  list: {
    id: 'listInviteRequests',
    summary: 'List requests to be invited, and to join',
    description: 'Without requests to join where `allowJoinRequests` is off.',
    isPaged: true,
    answers: { 200: z.array(memberWithTeamsShape) },
  },
  create: {
    id: 'requestInvite',
    summary: 'Ask that somebody be invited',
    answers: { 201: memberShape },
  },
  read: { id: 'readInviteRequest', isForUsers: true, summary: 'Read a request', answers: { 200: memberWithTeamsShape } },
  update: {
    id: 'updateInviteRequest',
    isForUsers: true,
    summary: 'Change or approve a request',
    description: 'With `approve: true` it becomes an invite, which is sent.',
    answers: { 200: memberWithTeamsShape },
  },
  remove: { id: 'removeInviteRequest', isForUsers: true, summary: 'Turn a request down', answers: { 204: null } },
});

export const aboutJoinRequests = about(tag, {
  create: {
    id: 'requestToJoin',
    summary: 'Ask to be let in',
    description: 'Answers the same whether or not the address is a member’s, invited, or asked before.',
    isCommand: false,
    answers: { 204: null },
  },
});

const acceptanceOf = (suffix: string, place: string) =>
  about(tag, {
    show: {
      id: `readInvite${suffix}`,
      summary: `Read an invite by its token${place}`,
      description: 'What is missing before it can be accepted.',
      answers: { 200: inviteShape },
    },
    accept: {
      id: `acceptInvite${suffix}`,
      isForUsers: true,
      summary: `Accept an invite${place}`,
      description: 'For whoever is logged in, whatever their e-mail address. 400 when they are a member already; the invite is then gone.',
      isCommand: true,
      answers: { 204: null },
    },
  });

/** The same invite can be named with its organization, and without. */
export const aboutAcceptance = { withOrganization: acceptanceOf('InOrganization', ', in its organization'), alone: acceptanceOf('', '') };
