import type { ipAllowListPreviewShape, ipAllowListShape, ResponseOf } from './shapes/index.ts';

export type RestIpAllowList = ResponseOf<typeof ipAllowListShape>;
export type IpAllowListPreview = ResponseOf<typeof ipAllowListPreviewShape>;

export interface NewAddressRule {
  /** An address or a network, such as `203.0.113.0/24`. */
  readonly cidr: string;
  readonly description?: string;
  /** ISO 8601. The rule is removed at this time. */
  readonly expiresAt?: string | null;
}

export interface IpAllowListChanges {
  readonly isEnabled?: boolean;
  /** All rules of the list. Absent keeps the rules. */
  readonly rules?: readonly NewAddressRule[];
}
