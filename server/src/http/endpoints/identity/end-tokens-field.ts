import { booleanField } from '../../requests/fields.ts';

/**
 * A lost session or password may have been used to create tokens. They outlive it unless this is
 * true.
 */
export const endTokensField = booleanField().optional().describe('True also ends all tokens of the user.');
