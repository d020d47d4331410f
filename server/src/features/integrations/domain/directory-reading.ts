/** The last successful reading of a directory, as it is stored. */
export interface DirectoryReading {
  /** The organization's current name at the provider. */
  readonly name: string;
  readonly people: readonly ExternalActor[];
  readonly groups: readonly ExternalActor[];
  /** Changes of followed teams and of members that wait for a person's confirmation. */
  readonly needsConfirmation: readonly DangerousSync[];
  /** People who left before this reading, and whose members’ removal waits for a confirmation. */
  readonly departed?: readonly ExternalActor[];
}

/** A person or a group at a provider. */
export interface ExternalActor {
  readonly id: string;
  readonly name: string;
}

/** A change of a followed team, or of the members, that is not made without a confirmation. */
export interface DangerousSync {
  /** Null for mapped members who would be removed from the organization. */
  readonly teamId: string | null;
  /** The members that would join, that would leave, and that are on the team or mapped now. */
  readonly added: number;
  readonly removed: number;
  readonly current: number;
}
