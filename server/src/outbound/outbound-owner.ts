/** The caller of a foreign server, and the purpose. Each pair has connections of its own. */
export interface OutboundOwner {
  /** The organization, the user who acts for none yet, or the server itself. */
  readonly caller: string;
  /**
   * The purpose of a call. A test that an administrator repeats delays no login, although both may
   * call the same host.
   */
  readonly purpose: 'login' | 'set-up' | 'test' | 'delivery' | 'directory' | 'password';
}
