import type { FixedLimits } from '../limit.ts';

/** Limits on what one request may contain, and on what its response contains. */
export const fieldLimits = {
  projectSettingsLength: {
    value: 128 * 1024,
    unit: 'characters',
    scope: 'server',
    text: 'all settings of a project together, as JSON; beyond it 400',
    reason: 'Replicas hold all settings, and receive 250 records at a time. A project with many rules has some ten thousand characters.',
  },
  teamsPerMember: {
    value: 1_000,
    unit: 'teams',
    scope: 'organization',
    text: 'teams of one member, in one request; beyond it 400',
    reason: 'No organization has that many teams, and a member is on a few.',
  },
  bulkRows: {
    value: 100,
    unit: 'members',
    scope: 'server',
    text: 'members in one request to `members-bulk`; beyond it 400',
    reason: 'Each row is a command of about 5 to 10 ms, so a request takes up to a second.',
  },
  reinstatedMembers: {
    value: 10_000,
    unit: 'members',
    scope: 'server',
    text: 'ids in one request to reinstate members; beyond it 400',
    reason: 'A body of 64 KiB has fewer ids of five digits or more.',
  },
  teamEntries: {
    value: 100_000,
    unit: 'entries',
    scope: 'server',
    text: 'a list of several teams with their projects: each project of each team, and each team of those projects; beyond it 400',
    reason:
      'An entry takes some 100 bytes, so they are up to 10 MB and take the event loop some 50 ms. If 100 teams share 100 projects, they would be a million.',
  },
  pageItems: {
    value: 100,
    unit: 'items',
    scope: 'server',
    text: 'items in a page of a list (`per_page`); beyond it 400',
    reason: 'The contract sets this number (REST contract 1.2).',
  },
  pageEvents: {
    value: 500,
    unit: 'events',
    scope: 'server',
    text: 'events in a page of the changes API; beyond it 400',
    reason: 'A program that catches up reads many pages, and each takes memory until its client has read it.',
  },
  jsonTextLength: {
    value: 64 * 1024,
    unit: 'characters',
    scope: 'server',
    text: 'a setting of an organization or a project that is JSON, or a list of rules; beyond it 400',
    reason: 'Every replica of the organization stores it. Rules for scrubbing personal data take a few kilobytes.',
  },
  fieldNamesLength: {
    value: 4_000,
    unit: 'characters',
    scope: 'server',
    text: 'all names together in a list of sensitive or safe fields; beyond it 400',
    reason: 'Sentry’s limit.',
  },
  settingNames: {
    value: 200,
    unit: 'names',
    scope: 'server',
    text: 'tags, domains or sources in a setting of a project; beyond it 400',
    reason: 'A project has some dozens at most, and every replica of the organization stores them.',
  },
  credentialIdBytes: {
    value: 1_023,
    unit: 'bytes',
    scope: 'server',
    text: 'the id that an authenticator gives a passkey; beyond it 400',
    reason: 'The longest that WebAuthn Level 3 allows (section 4, “Credential ID”).',
  },
  queryValues: {
    value: 100,
    unit: 'values',
    scope: 'server',
    text: 'values of a list in a parameter of the changes API; beyond it 400',
    reason: 'There are fewer kinds of records.',
  },
} as const satisfies FixedLimits;
