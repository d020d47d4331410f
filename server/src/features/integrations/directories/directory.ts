/** The people and groups of an organization at a provider. Nothing is ever written there. */
export interface Directory {
  /**
   * Checks the connection and opens the organization for one reading.
   * @param signal ends the reading: requests in progress are aborted, and no others follow
   * @throws DirectoryError
   */
  open(connection: DirectoryConnection, signal: AbortSignal): Promise<OpenDirectory>;

  /**
   * Verifies and parses a notice. Null if it is not from the provider. A notice names only what
   * changed: the caller reads the current state, so that the order and the loss of notices don't
   * matter.
   * @throws OrgError `invalid` if the provider's notice is not a JSON object
   */
  parseNotice(notice: RawNotice): Promise<Notice | null>;
}

export interface DirectoryConnection {
  /** The provider's id of the organization. */
  readonly externalId: string;
  /** The stored values of the integration, by name. */
  readonly secrets: Readonly<Record<string, string>>;
  /**
   * Stores what `replace` returns for a value in its place, and returns it. Only one caller on all
   * instances replaces a value at a time. `replace` gets the current value, which may differ from
   * that of `secrets`, and returns null to keep it.
   * @throws DirectoryError if another caller does not finish in time, or if the value was removed
   */
  replaceSecret(name: string, replace: (stored: string) => Promise<string | null>): Promise<string>;
}

/** Each method reads all pages. It throws a DirectoryError if any page is missing. */
export interface OpenDirectory {
  /** The current name, because an organization can be renamed. */
  readonly name: string;
  readPeople(): Promise<readonly ExternalPerson[]>;
  readGroups(): Promise<readonly ExternalGroup[]>;
  readGroupMembers(group: ExternalGroup): Promise<readonly ExternalPerson[]>;
}

export interface ExternalPerson {
  readonly id: string;
  /** The login, which can change and be given to another person. */
  readonly name: string;
}

export interface ExternalGroup {
  readonly id: string;
  readonly name: string;
}

export interface RawNotice {
  readonly body: string;
  readonly header: (name: string) => string | undefined;
  /** The integration that the notice was sent to. Absent if all share one address. */
  readonly connection?: DirectoryConnection;
}

export interface Notice {
  /** The provider sends a notice again under the same id. */
  readonly id: string;
  /** The organization to read. Null if the notice is about something that is not read here. */
  readonly externalId: string | null;
}

/**
 * `disconnected`: the provider ended the connection. `throttled`: too many requests.
 * `unavailable`: any other failure, after which the connection may still work.
 */
export type DirectoryFailure = 'disconnected' | 'throttled' | 'unavailable';

export class DirectoryError extends Error {
  override readonly name = 'DirectoryError';
  readonly failure: DirectoryFailure;
  /** The time after which the provider accepts requests again, if it named one. */
  readonly retryAfterSeconds: number | null;

  /** @param message contains no secret; administrators see it */
  constructor(failure: DirectoryFailure, message: string, retryAfterSeconds: number | null = null) {
    super(message);
    this.failure = failure;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
