import {
  accessRequestShape,
  detailedTeamShape,
  membershipShape,
  teamDetailsShape,
  teamMemberShape,
  teamShape,
} from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { about } from '../../openapi/about.ts';
import { collapse, isDetailed, search } from '../about-query.ts';

export const aboutTeams = about('Teams', {
  list: {
    id: 'listTeams',
    summary: 'List teams',
    description: 'By slug.',
    query: z.object({
      query: search('name and slug', ['slug', 'id', 'hasExternalTeams']),
      detailed: isDetailed.describe('`0` leaves out `projects` and `externalTeams`.'),
    }),
    isPaged: true,
    answers: { 200: z.array(detailedTeamShape) },
  },
  create: {
    id: 'createTeam',
    summary: 'Create a team',
    description: 'With a slug, or a name that a slug is made of. Whoever makes it joins it.',
    answers: { 201: teamShape },
    errors: ['already-exists'],
  },
  read: {
    id: 'readTeam',
    summary: 'Read a team',
    query: z.object({
      expand: z
        .array(z.enum(['projects', 'externalTeams']))
        .optional()
        .describe('Adds these keys.'),
      collapse,
    }),
    answers: { 200: teamDetailsShape },
  },
  update: { id: 'updateTeam', summary: 'Change a team’s slug or name', answers: { 200: teamShape }, errors: ['already-exists'] },
  remove: { id: 'removeTeam', summary: 'Remove a team', answers: { 204: null } },
  members: {
    id: 'listMembersOfTeam',
    summary: 'List who is on a team',
    description: 'By e-mail address.',
    isPaged: true,
    answers: { 200: z.array(teamMemberShape) },
  },
  own: {
    id: 'listOwnTeams',
    summary: 'List the caller’s own teams',
    answers: { 200: z.array(detailedTeamShape) },
  },
});

export const aboutTeamMembers = about('Teams', {
  read: { id: 'readTeamMembership', isForUsers: true, summary: 'Read a member’s place on a team', answers: { 200: membershipShape } },
  join: {
    id: 'joinTeam',
    isForUsers: true,
    summary: 'Put a member on a team, or ask for a place',
    description: '202: whoever asks may not do so by themselves, and a request is open now. 204: they were on it already.',
    answers: { 201: teamShape, 202: null, 204: null },
  },
  update: { id: 'changeTeamRole', isForUsers: true, summary: 'Change a member’s role on a team', answers: { 200: membershipShape } },
  leave: { id: 'leaveTeam', isForUsers: true, summary: 'Take a member off a team, or leave it', answers: { 200: teamShape } },
});

export const aboutAccessRequests = about('Teams', {
  list: {
    id: 'listAccessRequests',
    summary: 'List open requests for a place on a team',
    description: 'Those that the caller may decide on.',
    answers: { 200: z.array(accessRequestShape) },
  },
  decide: { id: 'decideAccessRequest', summary: 'Approve or turn down a request', answers: { 204: null } },
});
