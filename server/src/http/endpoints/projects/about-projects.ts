import {
  listedProjectShape,
  memberShape,
  newProjectShape,
  projectDetailsShape,
  projectKeyShape,
  projectShape,
  reachableProjectShape,
  teamShape,
} from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { about } from '../../openapi/about.ts';
import { search } from '../about-query.ts';

const collapse = z
  .array(z.enum(['organization']))
  .optional()
  .describe('Leaves only id and slug of the organization.');

export const aboutProjects = about('Projects', {
  listReachable: {
    id: 'listReachableProjects',
    summary: 'List the projects of all organizations of the caller',
    query: z.object({ query: search('name and slug', ['id', 'slug', 'dsn']) }),
    isPaged: true,
    answers: { 200: z.array(reachableProjectShape) },
  },
  list: {
    id: 'listProjects',
    summary: 'List the projects of an organization',
    description: 'Those that the caller bookmarked first, then by slug.',
    query: z.object({
      query: search('name and slug', ['id', 'slug', 'team', '!team', 'is_member']),
      all_projects: z.enum(['1']).optional().describe('All of them at once.'),
      options: z.array(z.string()).optional().describe('Names of options that are answered too.'),
    }),
    isPaged: true,
    answers: { 200: z.array(listedProjectShape) },
  },
  create: {
    id: 'createProjectWithTeam',
    isForUsers: true,
    summary: 'Create a project, and a team for it',
    description: 'Whoever makes it is admin of that team.',
    answers: { 201: newProjectShape },
    errors: ['already-exists'],
  },
  read: { id: 'readProject', summary: 'Read a project', query: z.object({ collapse }), answers: { 200: projectDetailsShape } },
  update: {
    id: 'updateProject',
    summary: 'Change a project',
    description: '`project:read` suffices for `isBookmarked` alone. An earlier slug leads to the present one.',
    answers: { 200: projectDetailsShape },
  },
  remove: { id: 'removeProject', summary: 'Remove a project', answers: { 204: null } },
  members: { id: 'listMembersOfProject', summary: 'List who is on a team of a project', answers: { 200: z.array(memberShape) } },
});

export const aboutProjectTeams = about('Projects', {
  list: {
    id: 'listProjectsOfTeam',
    summary: 'List the projects of a team',
    isPaged: true,
    answers: { 200: z.array(projectShape) },
  },
  create: {
    id: 'createProject',
    summary: 'Create a project of a team',
    answers: { 201: projectShape },
    errors: ['already-exists'],
  },
  teams: { id: 'listTeamsOfProject', summary: 'List the teams of a project', isPaged: true, answers: { 200: z.array(teamShape) } },
  assign: { id: 'assignProject', summary: 'Give a team a project', answers: { 201: projectShape } },
  unassign: { id: 'unassignProject', summary: 'Take a project from a team', answers: { 200: projectShape } },
});

export const aboutProjectKeys = about('Project keys', {
  list: {
    id: 'listProjectKeys',
    summary: 'List client keys',
    query: z.object({ status: z.enum(['active', 'inactive']).optional() }),
    isPaged: true,
    answers: { 200: z.array(projectKeyShape) },
  },
  create: { id: 'createProjectKey', summary: 'Create a client key', answers: { 201: projectKeyShape } },
  read: { id: 'readProjectKey', summary: 'Read a client key', answers: { 200: projectKeyShape } },
  update: { id: 'updateProjectKey', summary: 'Change a client key', answers: { 200: projectKeyShape } },
  remove: { id: 'removeProjectKey', summary: 'Remove a client key', answers: { 204: null } },
});
