/**
 * The security events of a server, each with its description. The page of them in the manual has
 * the same table, which a test compares.
 */
export const securityEvents = {
  login:
    'A login, or the refusal of one. The kind is `password`, `password-again`, `second-factor`, `passkey`, `passkey-again`, `provider` or `jwt`; a JWT is recorded only if it is refused.',
  refusal: 'A request or a connection that was refused with 401 or 403. The kind is the code of the error.',
  limit: 'A request or a connection that was refused with 429, because a limit was reached. The kind is the code of the error.',
  'account.create': 'A person registered.',
  'password.reset': 'A link to reset a password was requested (`requested`), or used (`completed`).',
  'password.change': 'A user changed their password.',
  'factor.change': 'A second factor was added, removed or reset, or its recovery codes were renewed. The kind names the change.',
  'address.change': 'An address of an account was added, verified, removed or made the primary one. The kind names the change.',
  'session.end': 'Sessions ended: one (`one`), the caller’s (`own`), all of a user (`all`), or those of everyone (`everyone`).',
  'token.create': 'A token was made. The kind is `personal`, `organization`, `service`, `operator` or `scim`.',
  'token.revoke': 'A token was revoked. The kinds are those of `token.create`.',
  'token.new-network':
    'A token was used from a network that no stored event has for it: /24 for IPv4, /48 for IPv6. The target is the network.',
  'organization.change': 'A change of an organization, as in its audit log. The kind is the name of the audit event.',
  transfer: 'Data left or entered the server: an export was requested (`export`) or read (`download`), or an archive imported (`import`).',
  erasure: 'The erasure of a user was accepted.',
  'operator.act': 'The operator changed something. The kind is the operation of the operator API, or the command.',
} as const;

export type SecurityEventName = keyof typeof securityEvents;

export const securityEventNames = Object.keys(securityEvents) as readonly SecurityEventName[];

export const securityEventOutcomes = ['success', 'failure'] as const;
export type SecurityEventOutcome = (typeof securityEventOutcomes)[number];
