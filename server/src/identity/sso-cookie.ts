import { HostCookie } from './host-cookie.ts';

/** Logins that one browser may have in progress, for example in several tabs. */
const handlesMax = 5;
/** The lifetime of a flow. */
const maxAgeSeconds = 10 * 60;

/**
 * The cookie with the handles of a browser's logins at identity providers. Only this browser can
 * finish them. Separators are dots, which handles do not contain.
 */
export class SsoCookie {
  readonly #cookie: HostCookie;

  constructor(publicUrl: string) {
    this.#cookie = new HostCookie(publicUrl, 'rollcall_sso');
  }

  /** The handles in a `Cookie` header, the newest last. */
  read(header: string | undefined): readonly string[] {
    return this.#cookie.read(header).split('.').filter(Boolean).slice(-handlesMax);
  }

  /** Returns the `Set-Cookie` that adds a handle, without the oldest one if there are too many. */
  add(header: string | undefined, handle: string): string {
    return this.#serialize([...this.read(header), handle].slice(-handlesMax));
  }

  /** Returns the `Set-Cookie` without a handle that was used. */
  remove(header: string | undefined, handle: string): string {
    return this.#serialize(this.read(header).filter((one) => one !== handle));
  }

  #serialize(handles: readonly string[]): string {
    return this.#cookie.write(handles.join('.'), handles.length === 0 ? 0 : maxAgeSeconds);
  }
}
