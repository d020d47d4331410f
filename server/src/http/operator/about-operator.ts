import {
  importShape,
  instancesShape,
  memberShape,
  mintedAuthenticatorShape,
  mintedTokenShape,
  organizationShape,
  serverHealthShape,
  stateShape,
  userShape,
} from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { about } from '../openapi/about.ts';

const tag = 'Operator';

export const aboutHealth = about(tag, {
  read: { id: 'readHealth', summary: 'Read what this server is doing', answers: { 200: serverHealthShape } },
});

export const aboutInstances = about(tag, {
  list: {
    id: 'listInstances',
    summary: 'List the instances, with how each of them is and was',
    description:
      'All that share one Redis, whichever answers; those that are gone vanish within 10 s. `seconds` is how far back, 900 when absent.',
    answers: { 200: instancesShape },
  },
});

export const aboutUsers = about(tag, {
  list: {
    id: 'listUsers',
    summary: 'List users',
    query: z.object({ email: z.string().optional().describe('A whole address, any of the user’s.') }),
    isPaged: true,
    answers: { 200: z.array(userShape) },
  },
  create: {
    id: 'createUser',
    summary: 'Create a user',
    description: 'Without `password` they cannot log in by one.',
    answers: { 201: userShape },
    errors: ['already-exists'],
  },
  update: {
    id: 'updateUser',
    summary: 'Change a user',
    description:
      '`isActive: false` ends their sessions, tokens and sockets everywhere. With `endTokens` a new password ends the tokens too.',
    isCommand: true,
    answers: { 200: userShape },
  },
  createToken: {
    id: 'createTokenOfUser',
    summary: 'Create a token of a user',
    description: '`organization` binds it to that one.',
    answers: { 201: mintedTokenShape },
  },
  revokeToken: { id: 'revokeTokenOfUser', summary: 'Revoke a token of a user', isCommand: true, answers: { 204: null } },
  enrol: {
    id: 'enrolAuthenticator',
    summary: 'Enrol a second factor or recovery codes for a user',
    isCommand: true,
    isUnrepeatable: true,
    answers: { 201: mintedAuthenticatorShape },
  },
});

export const aboutOperatorOrganizations = about(tag, {
  create: {
    id: 'createOrganizationFor',
    summary: 'Create an organization for a user',
    isCommand: true,
    answers: { 201: organizationShape },
    errors: ['already-exists'],
  },
  remove: { id: 'removeOrganizationAsOperator', summary: 'Have an organization removed', answers: { 202: organizationShape } },
  addMember: {
    id: 'addMember',
    summary: 'Make a user a member',
    description: 'At once, without an invite.',
    answers: { 201: memberShape },
    errors: ['already-exists'],
  },
  createToken: {
    id: 'createTokenOfOrganization',
    summary: 'Create a token of an organization',
    isUnrepeatable: true,
    answers: { 201: mintedTokenShape },
  },
  state: {
    id: 'readState',
    summary: 'Read all that a role sees',
    description: 'From the database, as a subscriber with that role holds it. `audience` is `owner` when absent.',
    answers: { 200: stateShape },
  },
});

export const aboutImport = about(tag, {
  import: {
    id: 'importHistory',
    summary: 'Import a history',
    description: 'One JSON object a line. A bad line is skipped and never stops the rest.',
    bodyType: 'application/x-ndjson',
    answers: { 200: importShape },
  },
});
