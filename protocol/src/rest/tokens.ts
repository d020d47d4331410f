import type { Scope } from '../roles.ts';
import type { newOrgTokenShape, newUserTokenShape, orgTokenShape, ResponseOf, userTokenShape } from './shapes/index.ts';

export type RestOrgToken = ResponseOf<typeof orgTokenShape>;
/** The only response that contains the text of the token. */
export type CreatedOrgToken = ResponseOf<typeof newOrgTokenShape>;
export type UserToken = ResponseOf<typeof userTokenShape>;
/** The only response that contains the text of the token. */
export type CreatedUserToken = ResponseOf<typeof newUserTokenShape>;

export interface NewOrgToken {
  readonly name: string;
  /** Only `org:ci` by default. */
  readonly scopes?: readonly Scope[];
}

export interface NewUserToken {
  readonly name?: string;
  readonly scopes: readonly Scope[];
  /** The id of the only organization that the token is for. Absent for all of the user's. */
  readonly organization?: string;
  /** ISO 8601. Absent for a token that never expires. */
  readonly expiresAt?: string;
}
