import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Attack } from '../attack.ts';
import { json, type Sent, send } from '../client.ts';

/** Attacks with ordinary requests that are too many or too expensive. */

const login = '/api/0/auth/login/';
const inflatesToMegabyte = gzipSync(JSON.stringify({ username: 'x'.repeat(1024 * 1024), password: 'x' }));
const megabyte = JSON.stringify({ name: 'x', options: Array.from({ length: 50_000 }, (_, index) => ({ [`key-${index}`]: index })) });
const compressedMegabyte = gzipSync(megabyte);

function repeats(name: string, says: string, make: (target: Parameters<Attack['run']>[0], number: number) => Sent): Attack {
  return {
    name,
    says,
    async run(target, bucket) {
      for (let number = 0; ; number++) {
        const sent = make(target, number);
        await bucket.take(200 + Buffer.byteLength(sent.body ?? ''));
        await send(target, sent);
      }
    },
  };
}

const compressed = { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' };
const pick = <Value>(values: readonly Value[], number: number): Value => values[number % values.length]!;

export const requests: readonly Attack[] = [
  repeats('gzip-logins', 'logins with 1 KB of gzip that inflates to a megabyte', () => ({
    method: 'POST',
    path: login,
    headers: compressed,
    body: inflatesToMegabyte,
  })),
  repeats('gzip-without-rights', 'a compressed megabyte for an organization in which the caller has no rights', ({ slug, account }) => ({
    method: 'PUT',
    path: `/api/0/organizations/${slug}/`,
    headers: { ...compressed, Authorization: `Bearer ${account.token}` },
    body: compressedMegabyte,
  })),
  repeats('bodies-without-rights', 'a megabyte of JSON for an organization in which the caller has no rights', ({ slug, account }) => ({
    method: 'PUT',
    path: `/api/0/organizations/${slug}/`,
    headers: {
      'Content-Type': 'application/json',
      Authorization: `Bearer ${account.token}`,
      'Idempotency-Key': randomBytes(8).toString('hex'),
    },
    body: megabyte,
  })),
  repeats('wrong-passwords', 'logins with wrong passwords, for one address and for many', ({ victimEmail }, number) => ({
    method: 'POST',
    path: login,
    ...json({ username: number % 2 === 0 ? victimEmail : `somebody-${number}@example.com`, password: randomBytes(8).toString('hex') }),
  })),
  repeats('right-passwords', 'logins of one account, each a session', ({ account }) => ({
    method: 'POST',
    path: login,
    ...json({ username: account.email, password: account.password }),
  })),
  repeats('one-invite', 'the same invite accepted by new accounts, at once', ({ invite }, number) => ({
    method: 'POST',
    path: '/api/0/accept-invite/',
    ...json({ member: invite.id, token: invite.token, name: `Guest ${number}`, password: 'correct horse battery staple' }),
  })),
  repeats('password-resets', 'requests for other passwords', ({ victimEmail }, number) => ({
    method: 'POST',
    path: '/api/0/auth/password-reset/',
    ...json({ email: number % 2 === 0 ? victimEmail : `somebody-${number}@example.com` }),
  })),
  repeats('token-guesses', 'requests with made-up tokens', ({ slug }) => ({
    method: 'GET',
    path: `/api/0/organizations/${slug}/`,
    headers: { Authorization: `Bearer sntryu_${randomBytes(32).toString('hex')}` },
  })),
  repeats('hostile-addresses', 'URLs of 4 KB that are slow to search for secrets', (_, number) => ({
    method: 'GET',
    path: `/unknown://${pick([':', '-eyJ', '?'], number).repeat(4_096).slice(0, 4_096)}`,
  })),
  repeats('accept-guesses', 'pages of invitations with made-up tokens', (_, number) => ({
    method: 'POST',
    path: '/accept/invitation/',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: `invite=${number}.${randomBytes(32).toString('hex')}`,
  })),
  repeats('session-deletes', 'deleting sessions and tokens that do not exist', ({ account }, number) => ({
    method: 'DELETE',
    path: pick([`/api/0/auth/sessions/${1_000_000 + number}/`, `/api/0/api-tokens/?tokenId=${1_000_000 + number}`], number),
    headers: { Authorization: `Bearer ${account.token}` },
  })),
  repeats('anonymous-reads', 'documents, pages, unknown paths and OPTIONS, for anyone', ({ imagePath, slug }, number) => ({
    method: number % 7 === 6 ? 'OPTIONS' : 'GET',
    path: pick(
      [
        '/api/0/openapi.json',
        '/api/docs',
        `/unknown-${number}/`,
        `/api/0/unknown-${number}`,
        imagePath,
        '/',
        `/api/0/organizations/${slug}/members/`,
        '/metrics',
        '/healthz',
      ],
      number,
    ),
  })),
];
