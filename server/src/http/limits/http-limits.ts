/**
 * Limits of a single request and of a single connection. Each endpoint defines what its body may
 * contain.
 */

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
  /**
   * The time for a request's first line and headers. They fit into two packets, so a slower client
   * only occupies a connection.
   */
  headersMs: 10_000,
  /**
   * The time for a whole request, including the body. The largest body, 16 MB, needs 2 Mbit/s to
   * arrive within a minute.
   */
  requestMs: 60_000,
  /**
   * The time for which a connection without a request stays open. It is Node's default: load
   * balancers close theirs earlier, or retry.
   */
  keepAliveMs: 5_000,
  /**
   * The interval of the checks. With Node's default, connections could exceed their limits by 30 s.
   */
  checkIntervalMs: 1_000,
};

/**
 * Bytes of all headers, including the first line. The default of Node and of most load balancers.
 */
export const headerBytesMax = 16 * 1024;

/** Bytes of a JSON body with a credential, unless its route sets another limit. */
export const bodyBytesMax = 64 * 1024;

/** Bytes of a body that lists a member's teams, of which there may be 1,000. */
export const memberBodyBytesMax = 128 * 1024;

/**
 * A caller who sends a larger body to an organization is authorized before it is read. Smaller
 * bodies are parsed faster than the lookup takes.
 */
export const bodyBeforeEntryBytesMax = 16 * 1024;

/**
 * Bytes of the settings of an organization or a project: a dozen texts of up to 64 KiB, in which
 * JSON may escape each character.
 */
export const settingsBytesMax = 1024 * 1024;

/** Bytes of a change over SCIM, which may name 1,000 members with their addresses and URLs. */
export const scimBodyBytesMax = 512 * 1024;

/** Bytes of a change of a group over SCIM: 10,000 operations of about 100 bytes. */
export const scimGroupPatchBytesMax = 1024 * 1024;

/** Parts of a change of a group over SCIM. An operation for one member has ten to twelve. */
export const scimGroupPatchPartsMax = 130_000;

/**
 * Bytes of an unread body that are still received, so that the connection can be reused. A
 * connection with more is closed.
 */
export const discardedBytesMax = 64 * 1024;

/**
 * The time that a connection closed by a refusal stays half open, so that a client that is still
 * sending can read the refusal.
 */
export const lingerMs = 1_000;

/** Open requests of one connection. Clients that pipeline requests have a dozen. */
export const pipelinedMax = 100;

/**
 * Bytes per second that a client must read of a response, on average. A slow mobile connection
 * reads ten times as many.
 */
export const responseBytesPerSecondMin = 8 * 1024;

/**
 * Bytes of a body with the metadata of an identity provider, in which JSON escapes some characters.
 */
export const metadataBodyBytesMax = 512 * 1024;

/** Bytes of an import. A history of 20,000 lines has 3 MB. */
export const importBytesMax = 16 * 1024 * 1024;

/**
 * Bytes of the compressed file of an exported organization: the text of the largest import,
 * compressed to a quarter.
 */
export const archiveBytesMax = 256 * 1024 * 1024;

/**
 * Commas, colons and brackets of a JSON body, unless its route sets another limit. A list of 1,000
 * members with three attributes each has 7,000. The same number of parts is parsed without a pause,
 * which takes up to 8 ms.
 */
export const bodyPartsMax = 12_000;

/**
 * Levels of a JSON body. No body of the contract has more than four. Code that walks a value may
 * recurse, and the stack overflows after some thousands of levels.
 */
export const bodyDepthMax = 64;

/**
 * Seconds for which a write may wait until all instances have applied it. An instance takes
 * milliseconds, or up to a second without Redis.
 */
export const waitSecondsMax = 10;

/** Characters of an `Idempotency-Key`. Longer keys are mistakes: a UUID has 36. */
export const idempotencyKeyLengthMax = 255;
