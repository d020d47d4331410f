import { newOrgTokenShape, orgTokenShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { about } from '../../openapi/about.ts';

export const aboutOrgTokens = about('Organization tokens', {
  list: {
    id: 'listOrgTokens',
    summary: 'List an organization’s tokens',
    description: 'Never with their text. The last used first, then by name.',
    answers: { 200: z.array(orgTokenShape) },
  },
  create: {
    id: 'createOrgToken',
    summary: 'Create a token',
    description: 'Its scopes are `org:ci` when absent, and otherwise each within the creator’s own.',
    isUnrepeatable: true,
    answers: { 201: newOrgTokenShape },
  },
  read: { id: 'readOrgToken', summary: 'Read a token', answers: { 200: orgTokenShape } },
  rename: { id: 'renameOrgToken', summary: 'Rename a token', answers: { 204: null } },
  remove: {
    id: 'removeOrgToken',
    summary: 'Remove a token',
    description: 'What it opened is closed at once.',
    answers: { 204: null },
  },
});
