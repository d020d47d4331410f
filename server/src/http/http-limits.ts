/** What one request, and one connection, may take of us. What a body may hold is each endpoint's own to say. */

/** Limits of the HTTP server itself. It looks for connections that are over their time every `lookMs`. */
export interface HttpTimes {
  readonly headersMs: number;
  readonly requestMs: number;
  readonly keepAliveMs: number;
  readonly lookMs: number;
}

export const httpTimes: HttpTimes = {
  /** Of a request's first line and headers. They fit two packets: whoever takes longer holds connections, and sends nothing. */
  headersMs: 10_000,
  /** Of a whole request, body included: 16 MB, the largest, in a minute need 2 Mbit/s. */
  requestMs: 60_000,
  /** A connection without a request. Node's own default; balancers close theirs, or try again. */
  keepAliveMs: 5_000,
  /** Node's own default would let a connection live 30 s longer than it may. */
  lookMs: 1_000,
};

/** Bytes of all headers, first line included. Node's own default, and that of most balancers. */
export const headerBytesMax = 16 * 1024;

/** Bytes of a JSON body with a credential, where its route states no other number. */
export const bodyBytesMax = 64 * 1024;

/** Bytes of a body that names a member's teams, of which there may be 1,000. */
export const memberBodyBytesMax = 128 * 1024;

/** Whoever sends more into an organization is let in first: smaller bodies are parsed faster than that is looked up. */
export const bodyBeforeEntryBytesMax = 16 * 1024;

/** Bytes of the settings of an organization or a project: a dozen texts of up to 64 KiB, of which JSON may escape each character. */
export const settingsBytesMax = 1024 * 1024;

/** Bytes that are still taken of a body that is not read, so that the connection can be kept. Beyond, it is closed. */
export const discardedBytesMax = 64 * 1024;

/** How long a connection that is closed by a refusal stays half open, for the client to read the refusal while it still sends. */
export const lingerMs = 1_000;

/** Unanswered requests of one connection. Clients that send requests ahead have a dozen. */
export const pipelinedMax = 100;

/** Bytes per second that a client must read of a response, on average. A telephone's slow connection has ten times as many. */
export const responseBytesPerSecondMin = 8 * 1024;

/** Bytes of an import. A history of 20,000 lines has 3 MB. */
export const importBytesMax = 16 * 1024 * 1024;

/** Levels of a JSON body. None of the contract has more than four; what walks one may recurse, and the stack ends at some thousands. */
export const bodyDepthMax = 64;

/** Characters of an `Idempotency-Key`. Longer keys are a mistake; a UUID has 36. */
export const idempotencyKeyLengthMax = 255;
