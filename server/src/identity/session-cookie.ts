import { HostCookie } from './host-cookie.ts';

/** The cookie with a session's token. */
export class SessionCookie {
  readonly #cookie: HostCookie;
  readonly #daysMax: number;

  /** @param daysMax the lifetime of a session */
  constructor(publicUrl: string, daysMax: number) {
    this.#daysMax = daysMax;
    this.#cookie = new HostCookie(publicUrl, 'rollcall_session');
  }

  /** The token in a `Cookie` header, or null. */
  read(header: string | undefined): string | null {
    return this.#cookie.read(header) || null;
  }

  /** Returns the `Set-Cookie` of a new session. */
  write(token: string): string {
    return this.#cookie.write(token, this.#daysMax * 24 * 60 * 60);
  }

  /** Returns the `Set-Cookie` that removes the cookie. */
  clear(): string {
    return this.#cookie.write('', 0);
  }
}
