import { apiLimits, OrgError } from '@rollcall/protocol';
import { findNameFault } from '../../../runtime/text/name-text.ts';

/** @throws OrgError `invalid` with the text of REST contract 10.1 */
export function refuseTokenName(name: string): void {
  if (name === '') throw new OrgError('invalid', 'The name cannot be blank.');
  if ([...name].length > apiLimits.tokenNameLengthMax)
    throw new OrgError('invalid', `The name cannot be longer than ${apiLimits.tokenNameLengthMax} characters.`);
  const fault = findNameFault(name);
  if (fault !== null) throw new OrgError('invalid', fault);
}
