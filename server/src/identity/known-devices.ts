import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { parseCookie, stringifySetCookie } from 'cookie';
import { deriveKey } from '../runtime/derive-key.ts';
import type { PasswordLogin } from './password-login.ts';

/** A browser is known to an account for so long after its last login. */
const knownDaysMax = 90;
/** Accounts that one browser is known to: a shared computer has a few. */
const accountsMax = 5;

/**
 * The cookie by which a browser shows that somebody logged in with it before. It lets nobody in: guesses from a known
 * browser are counted by themselves, so that guesses from elsewhere do not lock it out. Each mark in the cookie is signed
 * for one account and its present password, so it is worth nothing for another account or after a new password.
 */
export class KnownDevices {
  readonly #isSecure: boolean;
  readonly #key: Buffer;
  readonly #now: () => number;

  constructor(publicUrl: string, secret: string, now = Date.now) {
    this.#isSecure = publicUrl.startsWith('https:');
    this.#key = deriveKey(secret, 'known devices');
    this.#now = now;
  }

  get name(): string {
    return this.#isSecure ? '__Host-rollcall_device' : 'rollcall_device';
  }

  /** The id of the browser that sent this `Cookie` header, if it is known to the account. Null otherwise. */
  read(header: string | undefined, login: PasswordLogin): string | null {
    return this.#marksIn(header).find((mark) => this.#isOf(mark, login))?.device ?? null;
  }

  /** `Set-Cookie` that makes the browser known to the account, and keeps the other accounts that it was known to. */
  write(header: string | undefined, login: PasswordLogin): string {
    const marks = this.#marksIn(header);
    const device = marks.find((mark) => this.#isOf(mark, login))?.device ?? randomBytes(16).toString('base64url');
    const until = Math.floor(this.#now() / 1_000) + knownDaysMax * 24 * 60 * 60;
    const others = marks.filter((mark) => !this.#isOf(mark, login)).slice(0, accountsMax - 1);
    const value = [{ device, until, signature: this.#sign(device, until, login) }, ...others].map(formatMark).join('~');
    return stringifySetCookie(this.name, value, {
      httpOnly: true,
      sameSite: 'lax',
      secure: this.#isSecure,
      path: '/',
      maxAge: knownDaysMax * 24 * 60 * 60,
    });
  }

  #marksIn(header: string | undefined): DeviceMark[] {
    const marks = (parseCookie(header ?? '')[this.name] ?? '').split('~', accountsMax).flatMap(parseMark);
    return marks.filter(({ until }) => until * 1_000 > this.#now());
  }

  #isOf({ device, until, signature }: DeviceMark, login: PasswordLogin): boolean {
    return timingSafeEqual(Buffer.from(signature), Buffer.from(this.#sign(device, until, login)));
  }

  #sign(device: string, until: number, { userId, passwordHash }: PasswordLogin): string {
    return createHmac('sha256', this.#key)
      .update(JSON.stringify([userId, passwordHash, device, until]))
      .digest('base64url');
  }
}

interface DeviceMark {
  readonly device: string;
  /** In seconds, as Unix counts them. */
  readonly until: number;
  readonly signature: string;
}

function formatMark({ device, until, signature }: DeviceMark): string {
  return `${device}.${until}.${signature}`;
}

/** 128 bits, seconds, and 256 bits. */
const markPattern = /^([\w-]{22})\.([0-9]{1,12})\.([\w-]{43})$/;

function parseMark(text: string): DeviceMark[] {
  const match = markPattern.exec(text);
  return match ? [{ device: match[1]!, until: Number(match[2]), signature: match[3]! }] : [];
}
