import { transferLimits } from '../../runtime/limits/rows/transfers.ts';

/**
 * Time limits of the HTTP server. It checks for connections over their limit every
 * `checkIntervalMs`.
 */
export interface HttpTimes {
  readonly headersMs: number;
  readonly requestMs: number;
  readonly keepAliveMs: number;
  readonly checkIntervalMs: number;
}

export const httpTimes: HttpTimes = {
  headersMs: transferLimits.headersMs.value,
  requestMs: transferLimits.requestMs.value,
  keepAliveMs: transferLimits.keepAliveMs.value,
  /**
   * The interval of the checks. With Node's default, connections could exceed their limits by 30 s.
   */
  checkIntervalMs: 1_000,
};
