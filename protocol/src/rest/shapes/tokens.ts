import * as z from 'zod';
import { collections } from '../../collections.ts';
import { authTokenRecordSchema } from '../../records.ts';
import { scope } from './roles.ts';
import { dateTime, id, named } from './shape.ts';

const shownOnce = z.string().describe('The token string. Only this response contains it.');
const lastUsed = dateTime.nullable().describe('Updated at most once per minute.');

/** REST contract 10.1. */
export const orgTokenShape = named(
  'OrgAuthToken',
  z.object({
    ...authTokenRecordSchema.shape,
    scopes: z.array(scope),
    dateCreated: dateTime,
    dateLastUsed: lastUsed,
    projectLastUsedId: z.null(),
  }),
);
export const newOrgTokenShape = named('NewOrgAuthToken', orgTokenShape.extend({ token: shownOnce }));

/** REST contract 10.2. */
export const userTokenShape = named(
  'UserToken',
  z.object({
    id,
    name: z.string(),
    scopes: z.array(scope),
    application: z.null(),
    state: z.null(),
    tokenLastCharacters: z.string(),
    dateCreated: dateTime,
    dateLastUsed: lastUsed,
    expiresAt: dateTime.nullable(),
  }),
);
export const newUserTokenShape = named('NewUserToken', userTokenShape.extend({ token: shownOnce }));

/** REST contract 10.4. */
export const serviceTokenShape = named(
  'ServiceToken',
  z.object({
    id,
    name: z.string(),
    scopes: z.array(scope),
    collections: z.array(z.enum(collections)).nullable().describe('The collections that subscriptions contain. Null for all.'),
    addresses: z.array(z.string()).nullable().describe('The addresses and networks from which the token is valid. Null for any.'),
    tokenLastCharacters: z.string(),
    dateCreated: dateTime,
    expiresAt: dateTime.nullable(),
    dateLastUsed: lastUsed,
    lastUsedAddress: z.string().nullable().describe('The address of that use.'),
  }),
);
export const mintedServiceTokenShape = named('MintedServiceToken', serviceTokenShape.extend({ token: shownOnce }));

/** The response for a token that the operator creates. */
export const mintedTokenShape = named('MintedToken', z.object({ id, token: shownOnce, scopes: z.array(scope) }));
