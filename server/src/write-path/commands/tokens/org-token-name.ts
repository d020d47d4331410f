import { OrgError } from '@rollcall/protocol';
import { findNameFault } from '../../../runtime/name-text.ts';

const nameLengthMax = 255;

/** @throws OrgError `invalid` with the text of REST contract 10.1 */
export function refuseTokenName(name: string): void {
  if (name === '') throw new OrgError('invalid', 'The name cannot be blank.');
  if ([...name].length > nameLengthMax) throw new OrgError('invalid', `The name cannot be longer than ${nameLengthMax} characters.`);
  const fault = findNameFault(name);
  if (fault !== null) throw new OrgError('invalid', fault);
}
