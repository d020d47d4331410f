/**
 * The ways in which a call fails. They don't reveal to which address a name resolved.
 * `refused-address`: the policy refuses the URL, or an address of its name. `dns`: the name can't
 * be resolved. `tls`: the TLS handshake failed. `timeout` and `too-large`: a limit. `http`: no
 * connection, or no response that can be used.
 */
export type OutboundFailure = 'refused-address' | 'dns' | 'tls' | 'timeout' | 'too-large' | 'http';

/** The texts for administrators: what failed, and what they can do. */
export const failureTexts: Readonly<Record<OutboundFailure, string>> = {
  'refused-address':
    'This server may not call that URL. Use a public URL that begins with https://, or ask the operator to allow this one with OUTBOUND_ALLOWED.',
  dns: 'The host name can’t be resolved.',
  tls: 'The TLS handshake failed.',
  timeout: 'The server took too long to respond.',
  'too-large': 'The response is too large.',
  http: 'The server can’t be reached.',
};

export class OutboundError extends Error {
  override readonly name = 'OutboundError';
  readonly outcome: OutboundFailure;

  constructor(outcome: OutboundFailure, options?: ErrorOptions) {
    super(`the call to another server failed: ${outcome}`, options);
    this.outcome = outcome;
  }
}
