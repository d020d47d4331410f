/**
 * The ways in which a call fails. They don't reveal to which address a name resolved.
 * `refused-address`: the policy refuses the URL, or an address of its name. `dns`: the name can't
 * be resolved. `tls`: the TLS handshake failed. `timeout` and `too-large`: a limit. `http`: no
 * connection, or no response that can be used.
 */
export type OutboundFailure = 'refused-address' | 'dns' | 'tls' | 'timeout' | 'too-large' | 'http';

export class OutboundError extends Error {
  override readonly name = 'OutboundError';
  readonly outcome: OutboundFailure;

  constructor(outcome: OutboundFailure, options?: ErrorOptions) {
    super(`the call to another server failed: ${outcome}`, options);
    this.outcome = outcome;
  }
}
