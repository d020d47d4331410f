/** The response to a call of a command, as it is sent over HTTP. */
export interface CommandResponse {
  readonly status: number;
  /** Absent for a response without a body. A promise while its queries are running. */
  readonly body?: unknown;
}
