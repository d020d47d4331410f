/** The last successful reading of a directory, as it is stored. */
export interface DirectoryReading {
  /** The organization's present name at the provider. */
  readonly name: string;
  readonly people: readonly ExternalActor[];
  readonly groups: readonly ExternalActor[];
  /** Changes of followed teams that wait for a person's confirmation. */
  readonly needsConfirmation: readonly DangerousSync[];
}

/** A person or a group at a provider. */
export interface ExternalActor {
  readonly id: string;
  readonly name: string;
}

/** A change of a followed team that is not made without a confirmation. */
export interface DangerousSync {
  readonly teamId: string;
  /** The members that would join, that would leave, and that are on the team now. */
  readonly added: number;
  readonly removed: number;
  readonly current: number;
}
