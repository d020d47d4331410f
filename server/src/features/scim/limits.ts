import { type FixedLimits, kibibyte, mebibyte } from '../../runtime/limits/limit.ts';

export const scimLimits = {
  bodyBytes: {
    value: 512 * kibibyte,
    unit: 'bytes',
    scope: 'server',
    text: 'a body over SCIM; beyond it 413',
    reason: 'It may name 1,000 members with their addresses and URLs.',
  },
  groupPatchBytes: {
    value: mebibyte,
    unit: 'bytes',
    scope: 'server',
    text: 'the change of a group; beyond it 413',
    reason: '10,000 operations of about 100 bytes.',
  },
  groupPatchParts: {
    value: 130_000,
    unit: 'commas, colons and brackets',
    scope: 'server',
    text: 'parts of the change of a group; beyond it 400',
    reason: 'An operation for one member has ten to twelve.',
  },
  groupOperations: {
    value: 10_000,
    unit: 'operations',
    scope: 'server',
    text: 'operations in the change of a group; beyond it 400',
    reason: 'authentik sends one for each member.',
  },
  operations: {
    value: 100,
    unit: 'operations',
    scope: 'server',
    text: 'operations in the change of a user; beyond it 400',
    reason: 'A user has a handful of attributes.',
  },
  membersPerRequest: {
    value: 1_000,
    unit: 'members',
    scope: 'server',
    text: 'members in one request whose operations name several; beyond it 400',
    reason: 'Entra ID sends 40.',
  },
  pageItems: {
    value: 100,
    unit: 'items',
    scope: 'server',
    text: 'users or groups in a page; a request for more gets this many',
    reason: 'As in the other lists.',
  },
  pageMembers: {
    value: 20_000,
    unit: 'members',
    scope: 'server',
    text: 'members in all groups of a page; the page has fewer groups then',
    reason:
      'Each takes some 60 bytes of JSON, so a page has up to 1.2 MB and takes a few milliseconds of the event loop. 100 groups with all members would be 60 MB.',
  },
  groupMembers: {
    value: 10_000,
    unit: 'members',
    scope: 'server',
    text: 'members that a group shows',
    reason: 'Half of a page.',
  },
  externalIdLength: {
    value: 255,
    unit: 'characters',
    scope: 'server',
    text: 'an `externalId`; beyond it 400',
    reason: 'The length that OpenID Connect allows for `sub`.',
  },
  filterCharacters: {
    value: 1_000,
    unit: 'characters',
    scope: 'server',
    text: 'a filter, or the path of an operation; beyond it 400',
    reason: 'The grammar of filters takes long to parse.',
  },
  filterTerms: {
    value: 5,
    unit: 'terms',
    scope: 'server',
    text: 'terms of a filter; beyond it 400',
    reason: 'A user has four attributes that a filter may name.',
  },
} as const satisfies FixedLimits;
