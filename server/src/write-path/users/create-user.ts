import { OrgError } from '@rollcall/protocol';
import { translateDatabaseError, violatedUnique } from '../../database/translate-error.ts';
import type { WritePath } from '../run-command.ts';

export interface CreateUser {
  readonly email: string;
  readonly name: string;
  /** Null: they cannot log in by password. */
  readonly passwordHash: string | null;
  readonly isActive: boolean;
}

/**
 * Users belong to no organization, so making one is no command: nobody has seen them yet. Gives the new user's id.
 * @throws OrgError `already-exists` when the address is taken, in any case
 */
export async function createUser({ database }: WritePath, user: CreateUser): Promise<string> {
  try {
    const row = await database.db
      .insertInto('users')
      .values({ email: user.email, name: user.name, password_hash: user.passwordHash, is_active: user.isActive })
      .returning('id')
      .executeTakeFirstOrThrow();
    return row.id;
  } catch (error) {
    if (violatedUnique(error) === 'users_email_key') throw emailTaken();
    throw translateDatabaseError(error);
  }
}

function emailTaken(): OrgError {
  return new OrgError('already-exists', 'A user with this email already exists.');
}
