import type { Services } from '../../http/services.ts';

export interface RetentionServices extends Services {
  /** Makes the removal of old data due now: of one organization, or of all. */
  requestRetention(orgId: string | null): Promise<void>;
}
