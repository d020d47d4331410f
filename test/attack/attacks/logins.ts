import { gzipSync } from 'node:zlib';
import type { Attack, Target } from '../attack.ts';
import { formType, send } from '../client.ts';

/** Attacks on the pages of logins, which work without JavaScript. */

const megabyte = `email=${'x'.repeat(1024 * 1024)}`;
const compressedMegabyte = gzipSync(megabyte);
/** The bytes of a request without its body. */
export const headBytes = 300;

const startPath = ({ saml }: Target) => `/auth/sso/${saml.orgId}/start/`;
export const beginLogin = (target: Target) => ({ method: 'POST', path: startPath(target), headers: { Origin: target.saml.origin } });

export const logins: readonly Attack[] = [
  {
    name: 'login-starts',
    says: 'starts of logins at an identity provider',
    async run(target, bucket) {
      for (;;) {
        await bucket.take(headBytes);
        await send(target, beginLogin(target));
      }
    },
  },
  {
    name: 'forms',
    says: 'forms of a megabyte, plain and compressed',
    async run(target, bucket) {
      for (let number = 0; ; number++) {
        const body = number % 2 === 0 ? compressedMegabyte : megabyte;
        const encoding: Record<string, string> = number % 2 === 0 ? { 'Content-Encoding': 'gzip' } : {};
        await bucket.take(headBytes + body.length);
        const path = number % 4 < 2 ? '/login/' : startPath(target);
        await send(target, { method: 'POST', path, headers: { ...formType, ...encoding }, body });
      }
    },
  },
];
