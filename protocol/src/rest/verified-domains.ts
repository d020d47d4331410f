import type { checkedDomainShape, ResponseOf, verifiedDomainShape } from './shapes/index.ts';

export type RestVerifiedDomain = ResponseOf<typeof verifiedDomainShape>;
export type CheckedDomain = ResponseOf<typeof checkedDomainShape>;
export type DomainRole = RestVerifiedDomain['role'];

export interface NewDomain {
  /** A name such as `example.com`. */
  readonly domain: string;
  readonly role: DomainRole;
}
