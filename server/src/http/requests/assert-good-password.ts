import { invalidFields } from '../../domain/field-errors.ts';
import { findPasswordFault } from '../../identity/passwords/password-rules.ts';
import type { Services } from '../services.ts';

const breached = 'This password is in a published list of stolen passwords. Choose another one.';

/**
 * Refuses a new password that is easy to guess, or known from a breach. Call it before the password
 * is hashed.
 * @param known names and addresses of the user
 * @throws OrgError `invalid` with the reason at the field
 */
export async function assertGoodPassword(
  { productName, publicUrl, passwords }: Pick<Services, 'productName' | 'publicUrl' | 'passwords'>,
  field: 'password' | 'newPassword',
  password: string,
  known: readonly string[],
): Promise<void> {
  const fault = findPasswordFault(password, [productName, new URL(publicUrl).hostname, ...known]);
  if (fault !== null) throw invalidFields({ [field]: [fault] });
  if (await passwords.breached.has(password)) throw invalidFields({ [field]: [breached] });
}
