import { createHmac, randomBytes } from 'node:crypto';
import { deriveKey } from '../../runtime/secrets/derive-key.ts';
import { isSameDigest, type KeyRing } from '../../runtime/secrets/key-ring.ts';
import { HostCookie } from '../host-cookie.ts';
import type { PasswordLogin } from './password-login.ts';

/** An account knows a browser for this many days after the last login. */
const knownDaysMax = 90;
/** The number of accounts that can know one browser. A shared computer has a few users. */
const accountsMax = 5;

/**
 * The cookie that proves an earlier login with this browser. It does not authenticate: guesses from
 * a known browser only have their own count, so that guesses from elsewhere do not lock it out. The
 * cookie contains a mark for each account, signed for that account and its current password. A mark
 * is invalid for another account, and after a change of the password.
 */
export class KnownDevices {
  readonly #cookie: HostCookie;
  readonly #keys: KeyRing;
  readonly #now: () => number;

  constructor(publicUrl: string, keys: KeyRing, now = Date.now) {
    this.#cookie = new HostCookie(publicUrl, 'rollcall_device');
    this.#keys = keys;
    this.#now = now;
  }

  /** The id of the browser that sent this `Cookie` header. Null if the account does not know it. */
  read(header: string | undefined, login: PasswordLogin): string | null {
    return this.#marksIn(header).find((mark) => this.#isOf(mark, login))?.device ?? null;
  }

  /**
   * Returns the `Set-Cookie` that marks the browser as known to the account. Marks of other
   * accounts stay.
   */
  write(header: string | undefined, login: PasswordLogin): string {
    const marks = this.#marksIn(header);
    const device = marks.find((mark) => this.#isOf(mark, login))?.device ?? randomBytes(16).toString('base64url');
    const until = Math.floor(this.#now() / 1_000) + knownDaysMax * 24 * 60 * 60;
    const others = marks.filter((mark) => !this.#isOf(mark, login)).slice(0, accountsMax - 1);
    const value = [{ device, until, signature: signMark(this.#keys.secret, device, until, login) }, ...others].map(formatMark).join('~');
    return this.#cookie.write(value, knownDaysMax * 24 * 60 * 60);
  }

  #marksIn(header: string | undefined): DeviceMark[] {
    const marks = this.#cookie.read(header).split('~', accountsMax).flatMap(parseMark);
    return marks.filter(({ until }) => until * 1_000 > this.#now());
  }

  #isOf({ device, until, signature }: DeviceMark, login: PasswordLogin): boolean {
    return this.#keys.secrets.some((secret) => isSameDigest(signMark(secret, device, until, login), signature));
  }
}

function signMark(secret: string, device: string, until: number, { userId, passwordHash }: PasswordLogin): string {
  return createHmac('sha256', deriveKey(secret, 'known devices'))
    .update(JSON.stringify([userId, passwordHash, device, until]))
    .digest('base64url');
}

interface DeviceMark {
  readonly device: string;
  /** Unix time in seconds. */
  readonly until: number;
  readonly signature: string;
}

function formatMark({ device, until, signature }: DeviceMark): string {
  return `${device}.${until}.${signature}`;
}

/** The id (128 bits), the seconds, and the signature (256 bits). */
const markPattern = /^([\w-]{22})\.([0-9]{1,12})\.([\w-]{43})$/;

function parseMark(text: string): DeviceMark[] {
  const match = markPattern.exec(text);
  return match ? [{ device: match[1]!, until: Number(match[2]), signature: match[3]! }] : [];
}
