import { HostCookie } from '../../../identity/host-cookie.ts';

/** Logins that one browser may have in progress, for example in several tabs. */
const flowsMax = 5;
/** Browsers store 4,096 bytes per cookie, with its name. */
const charsMax = 3_900;
/** The lifetime of a flow. */
const maxAgeSeconds = 10 * 60;

/**
 * The cookie with the sealed flows of a browser's logins at identity providers. Only this browser
 * can finish them. Separators are dots, which sealed texts do not contain.
 */
export class SsoCookie {
  readonly #cookie: HostCookie;

  constructor(publicUrl: string) {
    this.#cookie = new HostCookie(publicUrl, 'rollcall_sso_flows');
  }

  /** The sealed flows in a `Cookie` header, the newest last. */
  read(header: string | undefined): readonly string[] {
    return this.#cookie.read(header).split('.').filter(Boolean).slice(-flowsMax);
  }

  /** Returns the `Set-Cookie` that adds a flow, without the oldest ones if there are too many. */
  add(header: string | undefined, sealed: string): string {
    const flows = [...this.read(header), sealed].slice(-flowsMax);
    while (flows.length > 1 && flows.join('.').length > charsMax) flows.shift();
    return this.#serialize(flows);
  }

  /** Returns the `Set-Cookie` without a flow that was used. */
  remove(header: string | undefined, sealed: string): string {
    return this.#serialize(this.read(header).filter((one) => one !== sealed));
  }

  #serialize(flows: readonly string[]): string {
    return this.#cookie.write(flows.join('.'), flows.length === 0 ? 0 : maxAgeSeconds);
  }
}
