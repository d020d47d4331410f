import { type CommandOptions, type CommandResult, type OrganizationHandle, OrgError } from '@rollcall/client';

/** Somebody else changed the same while it was edited. */
export class EditConflict<T> extends Error {
  override readonly name = 'EditConflict';
  /** What it is now. */
  readonly theirs: T;

  constructor(theirs: T) {
    super('Somebody else changed this in the meantime.');
    this.theirs = theirs;
  }
}

export interface Edit<T, R> {
  readonly org: OrganizationHandle;
  /** What the editing began from. */
  readonly base: T;
  /** What the copy holds now. */
  read(): T;
  save(options: CommandOptions): Promise<CommandResult<R>>;
}

/** An organization that is busy elsewhere moves on now and then while a save is on its way. */
const attemptsMax = 6;

/**
 * Saves only over what the editor saw. `If-Match` speaks of the whole organization: where that moved on but this did not, the
 * save is repeated at the revision of now.
 * @throws EditConflict when this changed; OrgError for other refusals
 */
export async function saveUnlessChanged<T, R>({ org, base, read, save }: Edit<T, R>): Promise<CommandResult<R>> {
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
