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
  field: { readonly [name in 'password' | 'newPassword']?: string },
  known: readonly string[],
): void {
  const server = [productName, new URL(publicUrl).hostname];
  for (const [name, password] of Object.entries(field)) {
    const fault = findPasswordFault(password, [...server, ...known]);
    if (fault !== null) throw invalidFields({ [name]: [fault] });
  }
}
