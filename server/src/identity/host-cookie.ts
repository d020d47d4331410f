import { parseCookie, stringifySetCookie } from 'cookie';

/**
 * A cookie that scripts cannot read, and that browsers do not send with a write from another site's
 * page. With https it is bound to this host (`__Host-`), so a sibling domain cannot set it.
 */
export class HostCookie {
  readonly #name: string;
  readonly #isSecure: boolean;

  constructor(publicUrl: string, name: string) {
    this.#isSecure = publicUrl.startsWith('https:');
    this.#name = this.#isSecure ? `__Host-${name}` : name;
  }

  /** The value in a `Cookie` header. Empty if the header does not contain this cookie. */
  read(header: string | undefined): string {
    return parseCookie(header ?? '')[this.#name] ?? '';
  }

  /** Returns the `Set-Cookie` with this value. */
  write(value: string, maxAgeSeconds: number): string {
    return stringifySetCookie(this.#name, value, {
      httpOnly: true,
      sameSite: 'lax',
      secure: this.#isSecure,
      path: '/',
      maxAge: maxAgeSeconds,
    });
  }
}
