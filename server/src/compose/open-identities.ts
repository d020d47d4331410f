import type { Config } from '../config.ts';
import type { Database, Db } from '../database/database.ts';
import type { Authentication } from '../identity/caller.ts';
import { batchHandshakeReads } from '../identity/handshake-reads.ts';
import { type Identity, joinIdentities } from '../identity/identity.ts';
import { authenticateTokens, openOwnIdentity, type VerifyTokens } from '../identity/identity-own.ts';
import { authenticateSessions } from '../identity/sessions.ts';
import { type NamedUser, openJwtIdentity, type ReadNamedUsers, readNamedUsers } from '../identity/tokens/identity-jwt.ts';
import { TrustedIssuer } from '../identity/tokens/trusted-issuer.ts';
import type { RecordUse } from '../identity/use/record-use.ts';
import type { Log } from '../runtime/log.ts';
import type { Counters } from '../runtime/metrics/counters.ts';
import type { DeriveToken } from '../runtime/secrets/derived-tokens.ts';

export interface Identities {
  /** Authenticates requests. */
  readonly direct: Identity;
  /**
   * Authenticates handshakes. Their reads are batched, because thousands of handshakes arrive after
   * a restart.
   */
  readonly batched: Identity;
  /** For handshakes with a session's cookie, batched too. Null if the session doesn't exist. */
  authenticateSession(token: string): Promise<Authentication | null>;
}

export function openIdentities(
  { trustedIssuer, limits, requiresSecondFactor }: Config,
  deriveToken: DeriveToken,
  { lookups, reads }: Database,
  record: RecordUse,
  counters: Counters,
  log: Log,
): Identities {
  const issuer = trustedIssuer && new TrustedIssuer(trustedIssuer, log);
  const verifyBy = (from: Db) => (tokens: readonly string[]) => authenticateTokens(from, tokens, record);
  const readUsersBy = (from: Db) => async (names: readonly string[]) =>
    issuer ? readNamedUsers(from, issuer.settings.user, names, deriveToken) : new Map<string, NamedUser>();
  const batch = <Value>(readMany: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>) => {
    const batches = batchHandshakeReads(counters, readMany);
    return (keys: readonly string[]) => batches.read(keys);
  };
  const open = (verify: VerifyTokens, readUsers: ReadNamedUsers) =>
    joinIdentities(openOwnIdentity(verify), issuer && openJwtIdentity(issuer, readUsers));
  const sessionRules = { record, requiresSecondFactor, idleDaysMax: limits.sessionIdleDays };
  const readSessions = batch((tokens) => authenticateSessions(reads, tokens, sessionRules));
  return {
    direct: open(verifyBy(lookups), readUsersBy(lookups)),
    batched: open(batch(verifyBy(reads)), batch(readUsersBy(reads))),
    authenticateSession: async (token) => (await readSessions([token])).get(token) ?? null,
  };
}
