import { parseCookie, stringifySetCookie } from 'cookie';
import { sessionDaysMax } from './sessions.ts';

/**
 * The cookie that holds a session's token. Scripts cannot read it, and pages of other sites cannot have it sent along
 * with a write. With https it is bound to our host (`__Host-`): a sibling domain can then not plant one.
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

  /** `Set-Cookie` for a new session. */
  write(token: string): string {
    return this.#serialize(token, sessionDaysMax * 24 * 60 * 60);
  }

  /** `Set-Cookie` that removes it. */
  clear(): string {
    return this.#serialize('', 0);
  }

  #serialize(value: string, maxAge: number): string {
    return stringifySetCookie(this.name, value, { httpOnly: true, sameSite: 'lax', secure: this.#isSecure, path: '/', maxAge });
  }
}
