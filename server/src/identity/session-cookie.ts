import { parseCookie, stringifySetCookie } from 'cookie';
import { sessionDaysMax } from './sessions.ts';

/**
 * The cookie with a session's token. Scripts cannot read it, and browsers do not send it with a
 * write from another site's page. With https it is bound to this host (`__Host-`), so a sibling
 * domain cannot set it.
 */
export class SessionCookie {
  readonly #isSecure: boolean;

  constructor(publicUrl: string) {
    this.#isSecure = publicUrl.startsWith('https:');
  }

  get name(): string {
    return this.#isSecure ? '__Host-rollcall_session' : 'rollcall_session';
  }

  /** The token in a `Cookie` header, or null. */
  read(header: string | undefined): string | null {
    return parseCookie(header ?? '')[this.name] || null;
  }

  /** Returns the `Set-Cookie` of a new session. */
  write(token: string): string {
    return this.#serialize(token, sessionDaysMax * 24 * 60 * 60);
  }

  /** Returns the `Set-Cookie` that removes the cookie. */
  clear(): string {
    return this.#serialize('', 0);
  }

  #serialize(value: string, maxAge: number): string {
    return stringifySetCookie(this.name, value, { httpOnly: true, sameSite: 'lax', secure: this.#isSecure, path: '/', maxAge });
  }
}
