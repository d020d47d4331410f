import type { FixedLimits, SettableLimits } from '../limit.ts';

/** Limits on security events, which strangers cause. Beyond them, events are counted in one. */
export const eventSettings = {
  securityEventDays: {
    setting: 'SECURITY_EVENT_DAYS',
    default: 90,
    max: 3_650,
    unit: 'days',
    scope: 'server',
    text: 'the time for which security events are stored; older ones are deleted every day',
    reason: 'Most intrusions are noticed within three months, and an agent can copy the events elsewhere for longer.',
  },
} as const satisfies SettableLimits;

export const eventLimits = {
  eventsPerAddress: {
    value: 10,
    unit: 'events per minute',
    scope: 'server',
    text: 'failures of one kind from one address, or of one caller, that an instance stores one by one; the rest of the minute is one event with a count',
    reason: 'Shows what a person did, and that a program guesses.',
  },
  eventsOfStrangers: {
    value: 200,
    unit: 'events per minute',
    scope: 'server',
    text: 'refused requests of all callers without a valid credential that an instance stores one by one, and as many failed logins; the rest of the minute is one event of each name with a count',
    reason:
      'With the events that have a count, an attack from any number of addresses adds at most 850 rows a minute and instance, some 300 MB a day.',
  },
  eventsOfRefusedCallers: {
    value: 200,
    unit: 'events per minute',
    scope: 'server',
    text: 'the same for callers with a valid credential',
    reason: 'Strangers can’t hide what a member attempted.',
  },
  actsPerCaller: {
    value: 300,
    unit: 'events per minute',
    scope: 'server',
    text: 'acts of one name by one caller, except the operator, that an instance stores one by one; the rest of the minute is one event with a count',
    reason: 'An identity provider that creates members is the fastest caller. The audit log has each of its acts.',
  },
  acts: {
    value: 6_000,
    unit: 'events per minute',
    scope: 'server',
    text: 'acts of all callers that an instance stores one by one, and as many of the operator; the rest of the minute is one event of each name with a count',
    reason: 'More logins than an instance can hash passwords for. No failure takes any of it.',
  },
  refusedEventsWaiting: {
    value: 2_000,
    unit: 'events',
    scope: 'server',
    text: 'failures that wait in an instance while the database is slow or unavailable; further ones are only logged',
    reason: 'Some five minutes of an attack, in about 1 MB.',
  },
  eventsWaiting: {
    value: 10_000,
    unit: 'events',
    scope: 'server',
    text: 'events of all kinds that wait in an instance; further ones are only logged',
    reason: 'Acts need the database themselves, so not many happen while it is unavailable. The events take about 5 MB.',
  },
} as const satisfies FixedLimits;
