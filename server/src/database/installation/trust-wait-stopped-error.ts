/** The start was aborted while it waited for a database that is not trusted. */
export class TrustWaitStoppedError extends Error {
  override readonly name = 'TrustWaitStoppedError';

  constructor(cause: unknown) {
    super('The start was interrupted while it waited for a database that is not used. Nothing was changed.', { cause });
  }
}
