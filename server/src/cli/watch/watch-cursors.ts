import { CliError } from '../cli-error.ts';

const everything = 'floor';

/** The values of --after: a cursor for each organization. */
export class WatchCursors {
  readonly #byOrganization = new Map<string, string>();
  #forOthers: string | null = null;

  /**
   * @param orgs null if they are not known yet
   * @throws CliError if a cursor has no organization
   */
  constructor(given: readonly string[], orgs: readonly string[] | null) {
    for (const value of given) {
      // Cursors are base64url without padding.
      const [org, cursor] = value.split('=', 2) as [string, string?];
      if (cursor !== undefined) this.#byOrganization.set(org, cursor);
      else if (value === everything || orgs?.length === 1) this.#forOthers = value;
      else throw new CliError(`--after ${value} names no organization. Use --after <org>=<cursor> if you watch several`);
    }
    if (orgs) this.assertNamed(orgs);
  }

  /** @throws CliError if there is a cursor of an organization that is not watched */
  assertNamed(orgs: readonly string[]): void {
    for (const org of this.#byOrganization.keys())
      if (!orgs.includes(org)) throw new CliError(`--after ${org}=… names an organization that is not watched`);
  }

  /** Null: only changes from now on. */
  of(org: string): string | null {
    return this.#byOrganization.get(org) ?? this.#forOthers;
  }
}
