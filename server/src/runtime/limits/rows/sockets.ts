import { ratesMax, type SettableLimits } from '../limit.ts';

/** Limits on sockets and their subscriptions. */
export const socketSettings = {
  pendingSockets: {
    setting: 'LIMIT_PENDING_SOCKETS',
    default: 4_000,
    max: ratesMax,
    unit: 'connections at a time',
    scope: 'server',
    text: 'sockets that have not authenticated yet, per instance',
    reason: 'Authentication takes some 1 ms of CPU. Until then, a connection takes some 10 KB.',
  },
  pendingSocketsPerAddress: {
    setting: 'LIMIT_PENDING_SOCKETS_PER_ADDRESS',
    default: 2_000,
    max: ratesMax,
    unit: 'connections at a time',
    scope: 'server',
    text: 'the same, from one address',
    reason: 'Half of the total, so that one address never keeps the others out.',
  },
  socketConnectMs: {
    setting: 'LIMIT_SOCKET_CONNECT_MS',
    default: 5_000,
    max: 60_000,
    unit: 'milliseconds',
    scope: 'server',
    text: 'time from a socket’s connection until its client authenticates',
    reason: 'It takes one round trip.',
  },
  socketsPerCaller: {
    setting: 'LIMIT_SOCKETS_PER_CALLER',
    default: 10_000,
    max: ratesMax,
    unit: 'sockets at a time',
    scope: 'server',
    text: 'open sockets of one user, one organization’s tokens or one service token, per instance; beyond it `overloaded`',
    reason: 'Far more than a person’s browsers and programs open.',
  },
  socketMessages: {
    setting: 'LIMIT_SOCKET_MESSAGES',
    default: 50,
    max: ratesMax,
    unit: 'messages per second',
    scope: 'server',
    text: 'messages on one socket, on average',
    reason: 'An active client sends one every few seconds.',
  },
  socketSubscribes: {
    setting: 'LIMIT_SOCKET_SUBSCRIBES',
    default: 5,
    max: ratesMax,
    unit: 'subscriptions per second',
    scope: 'server',
    text: 'subscriptions that one socket begins, on average',
    reason: 'Each may need a whole snapshot.',
  },
} as const satisfies SettableLimits;
