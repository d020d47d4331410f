/** Why a database is not used although it responds. */
export type Distrust = 'incomplete' | 'restored' | 'other-installation';

/**
 * The database is not that of this installation, or a restore of it has not ended. Nothing that it
 * contains, or lacks, is served.
 */
export class UntrustedDatabaseError extends Error {
  override readonly name = 'UntrustedDatabaseError';
  readonly distrust: Distrust;

  constructor(distrust: Distrust) {
    super(`The database is not trusted: ${distrust}.`);
    this.distrust = distrust;
  }
}

/** An organization is missing from the database, although it was not removed. */
export class MissingOrganizationError extends Error {
  override readonly name = 'MissingOrganizationError';
  readonly orgId: string;

  constructor(orgId: string) {
    super(`Organization ${orgId} is missing from the database, and its removal is not recorded.`);
    this.orgId = orgId;
  }
}
