import {
  decisionShape,
  listedOrganizationShape,
  organizationDetailsShape,
  organizationShape,
  ownedOrganizationShape,
} from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { about } from '../../openapi/about.ts';
import { isDetailed, search } from '../about-query.ts';

const detailsQuery = z.object({
  detailed: isDetailed.describe('`0` leaves out teams and projects.'),
  include_feature_flags: z.string().optional().describe('Anything but `0` adds `features` and `extraOptions`.'),
});

export const aboutOrganizations = about('Organizations', {
  list: {
    id: 'listOrganizations',
    summary: 'List the organizations of the caller',
    description: 'The newest first. A token that is bound to an organization, or is one’s own, sees that one only.',
    query: z.object({
      owner: z.enum(['1']).optional().describe('Only those the caller owns, by name and all at once, each with `singleOwner`.'),
      query: search('name and slug, and a member’s whole e-mail address', ['slug', 'email', 'id', 'status', 'member_id', 'platform']),
      sortBy: z.enum(['members', 'projects']).optional().describe('The largest first, instead of the newest.'),
    }),
    isPaged: true,
    answers: { 200: z.union([z.array(listedOrganizationShape), z.array(ownedOrganizationShape)]) },
  },
  create: {
    id: 'createOrganization',
    isForUsers: true,
    summary: 'Create an organization',
    description:
      'Whoever makes it is its owner. In single-organization mode nobody may: 401. Where the server has terms, `agreeTerms: true` is required too.',
    isCommand: true,
    answers: { 201: organizationShape },
    errors: ['already-exists'],
  },
  read: { id: 'readOrganization', summary: 'Read an organization', query: detailsQuery, answers: { 200: organizationDetailsShape } },
  update: {
    id: 'updateOrganization',
    summary: 'Change an organization’s flags and settings',
    description: 'What is absent stays as it is. `defaultRole` and `cancelDeletion` are for owners, and ignored from others.',
    query: detailsQuery,
    answers: { 200: organizationDetailsShape },
    errors: ['already-exists'],
  },
  remove: {
    id: 'removeOrganization',
    isForUsers: true,
    summary: 'Have an organization removed',
    description: 'It is pending deletion from then on, and can be restored by `cancelDeletion`.',
    query: detailsQuery,
    answers: { 202: organizationDetailsShape },
  },
  can: {
    id: 'readDecision',
    summary: 'Ask whether somebody may do something',
    description: 'Judged by the state of now, as far as the caller may see it. Sentry’s API has no such thing.',
    query: z.object({
      userId: z.string().optional().describe('Who is asked about: exactly one of `userId`, `memberId` and `email`.'),
      memberId: z.string().optional(),
      email: z.string().optional(),
      scope: z.array(z.string()).describe('One of these suffices.'),
      teamId: z.string().optional().describe('On what: at most one of `teamId`, `team`, `projectId` and `project`.'),
      team: z.string().optional().describe('A slug.'),
      projectId: z.string().optional(),
      project: z.string().optional().describe('A slug.'),
    }),
    answers: { 200: decisionShape },
  },
});
