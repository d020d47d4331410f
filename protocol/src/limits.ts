/**
 * Limits of the REST API that forms also apply. The server compares with the same values. Lengths
 * are numbers of characters.
 */
export const apiLimits = {
  /** Slugs of organizations and teams. */
  slugLengthMax: 50,
  /**
   * The slug that the server generates from the name of an organization or a team is cut at this
   * length. A given slug never is (REST contract 17.14).
   */
  generatedSlugLengthMax: 30,
  /** Names of organizations, teams and client keys. */
  nameLengthMax: 64,
  projectSlugLengthMax: 100,
  /** The name of a new project. A later one may be longer (REST contract 9.4). */
  newProjectNameLengthMax: 50,
  platformLengthMax: 64,
  /** Names of all kinds of tokens. */
  tokenNameLengthMax: 255,
  /** NIST SP 800-63B requires at least 8 characters. */
  passwordLengthMin: 8,
  /**
   * Sentry's own limit. Its pages upload squares of up to 1,024 pixels; a photograph of that size
   * has one to two million bytes as PNG.
   */
  imageBytesMax: 5_000_000,
  /** Rules of an IP allow list. */
  addressRulesMax: 200,
  /** The description of a rule of an IP allow list. */
  addressRuleTextMax: 100,
  /** The URL of a webhook. Some servers cut longer ones. */
  webhookUrlMax: 2_048,
  /** The description of a webhook. */
  webhookTextMax: 200,
  recoveryOwnersMax: 3,
  /** Single sign-on can be required within this time of the caller's own login by it. */
  requiringLoginHoursMax: 24,
  /** The time in which a deletion of an organization can be canceled. */
  removalDelayHours: 24,
} as const;
