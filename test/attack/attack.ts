import type { TokenBucket } from './token-bucket.ts';

/** The attacker's knowledge of the server. */
export interface Target {
  readonly port: number;
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
}

export interface SamlTarget {
  readonly orgId: string;
  /** The origin of the server's pages. */
  readonly origin: string;
}

export interface Attack {
  readonly name: string;
  readonly says: string;
  /** Runs until the bucket ends it. */
  run(target: Target, bucket: TokenBucket): Promise<void>;
}

/** The attacker's own address; loopback has many. */
export const attackerAddress = '127.0.0.2';
