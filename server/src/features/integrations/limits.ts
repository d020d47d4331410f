import { attemptLimit, hour, minute } from '../../runtime/limits/attempt-limit.ts';
import { type FixedLimits, mebibyte } from '../../runtime/limits/limit.ts';

export const integrationLimits = {
  integrations: {
    value: 20,
    unit: 'integrations',
    scope: 'organization',
    text: 'integrations of one organization; beyond it 400',
    reason: 'Each causes a request per event. An organization uses a few providers.',
  },
  directoryReadingsPerOrganization: attemptLimit('readings', {
    name: 'directory-sync',
    value: 20,
    windowSeconds: hour,
    scope: 'organization',
    text: 'readings of directories that one organization requests; beyond it 429',
    reason:
      'Each reads a whole directory, and all organizations share the readings at once. A person who corrects a directory reads it again some times an hour (REST contract 13.14).',
  }),
  stepsPerUser: attemptLimit('steps', {
    name: 'install-callback',
    value: 20,
    windowSeconds: minute,
    scope: 'server',
    text: 'steps of connections to Slack, GitHub and GitLab, finished by one user; beyond it 429',
    reason: 'Each sends requests to a provider, which all organizations share. A connection has up to three steps (REST contract 13.12).',
  }),
  stepsAtOncePerUser: {
    value: 2,
    unit: 'steps at a time',
    scope: 'server',
    text: 'such steps of one user, per page and instance; beyond it 429',
    reason: 'A person finishes one connection at a time, and two allow for a reload.',
  },
  noticesPerSecond: {
    value: 60,
    unit: 'notices per second',
    scope: 'organization',
    text: 'notices of GitHub or GitLab to one connection, per instance; beyond it 429',
    reason: 'A notice only makes a reading due, so more notices would have no further effect.',
  },
  pressesPerSecond: {
    value: 60,
    unit: 'presses per second',
    scope: 'organization',
    text: 'presses of buttons in one Slack workspace, per instance; beyond it 429',
    reason: 'People of one workspace press fewer, and Slack’s signature is valid for minutes.',
  },
  calledBytes: {
    value: mebibyte,
    unit: 'bytes',
    scope: 'server',
    text: 'the body of a call of GitHub, GitLab or Slack; beyond it 413',
    reason: 'Until its signature is verified, it is held for an anonymous caller.',
  },
  people: {
    value: 100_000,
    unit: 'people',
    scope: 'organization',
    text: 'people of a directory; a larger one is not read',
    reason: 'A stored reading of this size has about 5 MB.',
  },
} as const satisfies FixedLimits;
