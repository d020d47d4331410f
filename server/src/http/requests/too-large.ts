import { OrgError } from '@rollcall/protocol';

export function tooLarge(): OrgError {
  return new OrgError('too-large', 'Request body is too large.');
}
