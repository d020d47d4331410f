import type { SamlIdp } from '../support/saml/saml-idp.ts';
import type { TokenBucket } from './token-bucket.ts';

/** The attacker's knowledge of the server. */
export interface Target {
  /** The ports of the instances, which the attacker uses in turn. */
  readonly ports: readonly number[];
  /** The slug of an organization in which the attacker has no rights. */
  readonly slug: string;
  /** The path of a large image that anyone may read. */
  readonly imagePath: string;
  /** An invite that was mailed to the attacker. */
  readonly invite: { readonly id: string; readonly token: string };
  /**
   * The attacker's own account: an API token without any organization, an address and a password.
   */
  readonly account: { readonly token: string; readonly email: string; readonly password: string };
  /** An address whose owner uses the server at the same time. */
  readonly victimEmail: string;
  /** An organization of the attacker, whose SAML provider is the attacker as well. */
  readonly saml: SamlTarget;
  /** Organizations of the attacker, whose OpenID Connect providers are the attacker as well. */
  readonly oidc: OidcTarget;
  /** Organizations of the attacker, whose webhooks have a receiver that never responds. */
  readonly webhooks: readonly WebhookTarget[];
  /** Acts of the operator at the request of users. */
  readonly operator: OperatorTarget;
}

export interface SamlTarget {
  readonly orgId: string;
  readonly slug: string;
  /** A session of the owner. */
  readonly cookie: string;
  /** The origin of the server's pages. */
  readonly origin: string;
  /** The entity ID of the server for this organization. */
  readonly entityId: string;
  readonly idp: SamlIdp;
  readonly scim: { readonly token: string; readonly groupId: string; readonly userIds: readonly string[] };
}

export interface OidcTarget {
  /** Where the attacker serves the providers. */
  readonly address: string;
  readonly port: number;
  readonly organizations: readonly { readonly id: string; readonly slug: string; readonly cookie: string }[];
}

export interface WebhookTarget {
  readonly cookie: string;
  readonly path: string;
}

export interface OperatorTarget {
  readonly token: string;
  /** A user of many organizations. */
  readonly manyOrgsUserId: string;
  /** An organization with a long history. */
  readonly historyOrgId: string;
}

export interface Attack {
  readonly name: string;
  readonly says: string;
  /**
   * The most requests per second. Absent unless the caller needs rights that limit them, or each
   * request is far larger than others.
   */
  readonly requestsPerSecondMax?: number;
  /** Runs until the bucket ends it. */
  run(target: Target, bucket: TokenBucket): Promise<void>;
}

/** The attacker's own address; loopback has many. */
export const attackerAddress = '127.0.0.2';
