/**
 * The fields in which records name people. The erasure of a person replaces these fields, by the
 * ids beside them (REST contract 13.17). A path is the names of nested fields, separated by dots.
 */

export interface NamedPerson {
  /** The fields with the id of the person's user. */
  readonly userIds?: readonly string[];
  /** The fields with the id of the person's member. */
  readonly memberIds?: readonly string[];
  /**
   * The address that identifies the person of a record in which all `userIds` are empty, such as
   * an invite.
   */
  readonly addressWithoutUser?: string;
  /** The fields that hold a name of the person. An empty name stays empty. */
  readonly names?: readonly string[];
  /** The fields that hold an address of the person. */
  readonly addresses?: readonly string[];
  /** Other fields about the person, which become null. */
  readonly cleared?: readonly string[];
}

export interface PersonFacts {
  /** Each person whom a record names. */
  readonly people: readonly NamedPerson[];
  /** Texts, and objects of texts, in which the server writes the addresses of people. */
  readonly texts?: readonly string[];
}

/**
 * For kinds whose fields name no person. The names of teams, projects and tokens are not names of
 * people.
 */
export const noPerson: PersonFacts = { people: [] };
