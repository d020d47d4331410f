import { type CommandOptions, type CommandResult, type OrganizationHandle, OrgError } from '@rollcall/client';

/** Another user changed the same values during the edit. */
export class EditConflict<T> extends Error {
  override readonly name = 'EditConflict';
  /** The current values. */
  readonly theirs: T;

  constructor(theirs: T) {
    super('Someone else changed this.');
    this.theirs = theirs;
  }
}

export interface Edit<T, R> {
  readonly org: OrganizationHandle;
  /** The values when editing began. */
  readonly base: T;
  /** Reads the current values from the local state. */
  read(): T;
  save(options: CommandOptions): Promise<CommandResult<R>>;
}

/**
 * Other changes to the organization can arrive while a save is in flight, each of which needs
 * another attempt.
 */
const attemptsMax = 6;

/**
 * Saves values only if they are still what the user saw. `If-Match` compares the revision of the
 * whole organization, so the save is repeated if something else changed. Waits for the first state:
 * a page that a server rendered shows values before the browser has them.
 * @throws EditConflict if these values changed; OrgError if the server refuses for another reason
 */
export async function saveUnlessChanged<T, R>({ org, base, read, save }: Edit<T, R>): Promise<CommandResult<R>> {
  await org.ready();
  for (let attempt = 1; ; attempt++) {
    const now = read();
    if (JSON.stringify(now) !== JSON.stringify(base)) throw new EditConflict(now);
    const { revision } = org.status;
    try {
      return await save(revision === null ? {} : { ifRevision: revision });
    } catch (error) {
      if (!(error instanceof OrgError) || error.code !== 'revision-conflict' || attempt === attemptsMax) throw error;
      const { orgRevision } = error.body as { orgRevision?: string };
      if (orgRevision !== undefined) await org.waitFor(orgRevision);
    }
  }
}
