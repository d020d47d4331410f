import { invalidFields } from '../../domain/field-errors.ts';
import { findPasswordFault } from '../../identity/passwords/password-rules.ts';
import type { Services } from '../services.ts';

/**
 * Refuses a new password that is easy to guess. Call it before the password is hashed.
 * @param known names and addresses of the user
 * @throws OrgError `invalid` with the reason at the field
 */
export function assertGoodPassword(
  { productName, publicUrl }: Pick<Services, 'productName' | 'publicUrl'>,
  field: 'password' | 'newPassword',
  password: string,
  known: readonly string[],
): void {
  const fault = findPasswordFault(password, [productName, new URL(publicUrl).hostname, ...known]);
  if (fault !== null) throw invalidFields({ [field]: [fault] });
}
