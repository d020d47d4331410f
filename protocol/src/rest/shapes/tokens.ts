import * as z from 'zod';
import { collections } from '../../collections.ts';
import { operatorScopes } from '../../operator-scopes.ts';
import { authTokenRecordSchema } from '../../records.ts';
import { scope } from './roles.ts';
import { alwaysNull, dateTime, describeFields, id, named } from './shape.ts';

const shownOnce = z.string().describe('The token string. Only this response contains it.');
const lastUsed = dateTime.nullable().describe('Updated at most once per minute.');

/** REST contract 10.1. */
export const orgTokenShape = named(
  'OrgAuthToken',
  'An organization token.',
  z.object({
    ...describeFields(
      { ...authTokenRecordSchema.shape, scopes: z.array(scope), dateCreated: dateTime },
      {
        id: 'Id of the token.',
        name: 'Name of the token.',
        scopes: 'The scopes of the token.',
        tokenLastCharacters: 'The last four characters of the token string.',
        dateCreated: 'When the token was created.',
      },
    ),
    dateLastUsed: lastUsed,
    projectLastUsedId: alwaysNull,
  }),
);
export const newOrgTokenShape = named(
  'NewOrgAuthToken',
  'A new organization token with its token string.',
  orgTokenShape.extend({ token: shownOnce }),
);

/** REST contract 10.2. */
export const userTokenShape = named(
  'UserToken',
  'A token of a user.',
  z.object({
    id: id.describe('Id of the token.'),
    name: z.string().describe('Name of the token, which can be empty.'),
    scopes: z.array(scope).describe('The scopes of the token.'),
    application: alwaysNull,
    state: alwaysNull,
    tokenLastCharacters: z.string().describe('The last four characters of the token string.'),
    dateCreated: dateTime.describe('When the token was created.'),
    dateLastUsed: lastUsed,
    expiresAt: dateTime.nullable().describe('When the token expires. Null if it does not expire.'),
  }),
);
export const newUserTokenShape = named(
  'NewUserToken',
  'A new token of a user with its token string.',
  userTokenShape.extend({ token: shownOnce }),
);

/** REST contract 10.4. */
export const serviceTokenShape = named(
  'ServiceToken',
  'A token for a back end that reads all organizations.',
  z.object({
    id: id.describe('Id of the token.'),
    name: z.string().describe('Name of the token.'),
    scopes: z.array(scope).describe('The scopes of the token.'),
    collections: z.array(z.enum(collections)).nullable().describe('The collections that subscriptions contain. Null for all.'),
    addresses: z.array(z.string()).nullable().describe('The addresses and networks from which the token is valid. Null for any.'),
    tokenLastCharacters: z.string().describe('The last four characters of the token string.'),
    dateCreated: dateTime.describe('When the token was created.'),
    expiresAt: dateTime.nullable().describe('When the token expires. Null if it does not expire.'),
    dateLastUsed: lastUsed,
    lastUsedAddress: z.string().nullable().describe('IP address of the last use. Null if the token was never used.'),
  }),
);
export const mintedServiceTokenShape = named(
  'MintedServiceToken',
  'A new service token with its token string.',
  serviceTokenShape.extend({ token: shownOnce }),
);

/** REST contract, the operator API. */
export const operatorTokenShape = named(
  'OperatorToken',
  'A token of the operator.',
  z.object({
    id: id.describe('Id of the token.'),
    name: z.string().describe('Name of the operator who uses the token. Audit logs show it.'),
    scopes: z.array(z.enum(operatorScopes)).describe('The scopes of the token. Each includes those after it.'),
    tokenLastCharacters: z.string().describe('The last four characters of the token string.'),
    createdBy: z.string().describe('Name of the operator who created the token.'),
    dateCreated: dateTime.describe('When the token was created.'),
    expiresAt: dateTime.describe('When the token expires.'),
    dateLastUsed: lastUsed,
  }),
);
export const mintedOperatorTokenShape = named(
  'MintedOperatorToken',
  'A new token of the operator with its token string.',
  operatorTokenShape.extend({ token: shownOnce }),
);

/** The response for a token that the operator creates. */
export const mintedTokenShape = named(
  'MintedToken',
  'A token that the operator created.',
  z.object({ id: id.describe('Id of the token.'), token: shownOnce, scopes: z.array(scope).describe('The scopes of the token.') }),
);
