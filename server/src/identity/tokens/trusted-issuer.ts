import { OrgError } from '@rollcall/protocol';
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyResult, jwtVerify } from 'jose';
import type { Log } from '../../runtime/log.ts';
import { hashToken } from '../../runtime/secrets/hash-token.ts';
import { isExternalId } from '../../runtime/text/external-id.ts';
import { isStorable } from '../../runtime/text/storable-text.ts';
import { isStorableTime } from '../../runtime/text/storable-time.ts';
import { RefusedTokenError, refuseDisabled, UnknownUserError } from '../identity.ts';
import { applyTokenRules, clockToleranceSeconds, type TokenLimits, type TokenRules } from './token-rules.ts';

/**
 * An issuer whose tokens this server accepts besides its own, and the claim that names their users.
 */
export interface TrustedIssuerSettings {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: string;
  readonly user: UserRule;
  readonly rules: TokenRules;
}

/**
 * The claim that names the user: by an address that they verified here, by their id here, or by
 * their external id.
 */
export interface UserRule {
  readonly by: 'email' | 'id' | 'external';
  readonly claim: string;
}

/** The content of a token that was verified to come from the issuer, for this audience. */
export interface VerifiedToken {
  readonly userName: string;
  /** Identifies the token without revealing it. */
  readonly id: string;
  readonly expiresAt: string;
  readonly limits: TokenLimits;
}

/**
 * Algorithms with asymmetric keys only. With a shared key, this server could be tricked into
 * signing for the issuer.
 */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];
/** A key that the issuer revoked is accepted for at most this time, if the issuer is reachable. */
const keysAgeMsMax = 5 * 60 * 1_000;
/**
 * While the issuer is unreachable, its keys are accepted for at most this time after they were
 * fetched. An outage is over by then, and a key that the issuer revoked in it ends.
 */
const unreachableMsMax = 24 * 60 * 60 * 1_000;
/** A connecting client waits for the keys. After this time it is refused, and retries. */
const fetchMsMax = 3_000;
/** A token may name any key. This is the shortest time between two look-ups of unknown keys. */
const unknownKeyMsMin = 5_000;

/**
 * Verifies tokens with the issuer's published keys (RFC 7517, 7519). Keys are fetched when first
 * needed, for an unknown key, and periodically in the background. While the issuer is unreachable,
 * the previous keys stay in use for a day.
 */
export class TrustedIssuer {
  readonly settings: TrustedIssuerSettings;
  readonly #log: Log;
  readonly #keys: ReturnType<typeof createRemoteJWKSet>;
  #freshUntil = 0;

  constructor(settings: TrustedIssuerSettings, log: Log) {
    this.settings = settings;
    this.#log = log;
    this.#keys = createRemoteJWKSet(new URL(settings.jwksUrl), {
      timeoutDuration: fetchMsMax,
      cooldownDuration: unknownKeyMsMin,
      cacheMaxAge: unreachableMsMax,
    });
  }

  /** @throws RefusedTokenError, or OrgError `unavailable` if the keys cannot be fetched */
  async verify(token: string): Promise<VerifiedToken> {
    try {
      return await this.#verify(token);
    } catch (error) {
      if (error instanceof RefusedTokenError) this.#logRefusal(error.reason);
      throw error;
    }
  }

  /**
   * The refusal of a verified token whose user is disabled or erased. Only the log names the claim.
   */
  refuseUser(): OrgError {
    this.#logRefusal(`The claim ${this.settings.user.claim} names no active user.`);
    return refuseDisabled();
  }

  /** The refusal of a verified token whose user never existed here. */
  refuseUnknownUser(): OrgError {
    this.#logRefusal(`The claim ${this.settings.user.claim} names no user.`);
    return new UnknownUserError();
  }

  #logRefusal(reason: string): void {
    this.#log.debug({ reason }, 'refused a token of the trusted issuer');
  }

  async #verify(token: string): Promise<VerifiedToken> {
    this.#keepFresh();
    const { payload, protectedHeader } = await this.#verifySignature(token);
    const limits = applyTokenRules(this.settings.rules, protectedHeader.typ, payload, Date.now());
    if (!isStorableTime(limits.endsAt)) throw new RefusedTokenError('The claim exp is not a valid time.');
    return {
      userName: readUserName(payload, this.settings.user),
      id: `jwt:${hashToken(token)}`,
      expiresAt: new Date(limits.endsAt).toISOString(),
      limits,
    };
  }

  async #verifySignature(token: string): Promise<JWTVerifyResult> {
    const { issuer, audience } = this.settings;
    try {
      return await jwtVerify(token, this.#keys, {
        issuer,
        audience,
        algorithms,
        requiredClaims: ['exp'],
        clockTolerance: clockToleranceSeconds,
      });
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw new RefusedTokenError('The claim exp is in the past.', { isExpired: true });
      if (isFetchFailure(error)) throw this.#unavailable(error);
      throw new RefusedTokenError(describeRefusal(error));
    }
  }

  /** Fetches the keys in the background. Concurrent callers use the previous keys. */
  #keepFresh(): void {
    if (Date.now() < this.#freshUntil) return;
    this.#freshUntil = Date.now() + keysAgeMsMax;
    // The first keys are fetched by the first call that needs them.
    if (this.#keys.jwks() === undefined) return;
    this.#keys.reload().catch((error: unknown) => {
      this.#log.warn(
        { error: String(error) },
        'could not fetch the keys of the trusted issuer; the previous keys stay in use for a day after they were fetched',
      );
    });
  }

  #unavailable(cause: unknown): OrgError {
    this.#log.warn({ error: String(cause) }, 'could not fetch the keys of the trusted issuer; its tokens get status 503');
    return new OrgError('unavailable', 'The token cannot be verified at the moment. Try again shortly.', { cause });
  }
}

/**
 * Whether the issuer failed to respond properly. jose throws its own error classes for an invalid
 * token. For a failed request it throws its base class, or another error.
 */
function isFetchFailure(error: unknown): boolean {
  if (!(error instanceof errors.JOSEError)) return true;
  return error.code === 'ERR_JOSE_GENERIC' || error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid;
}

/** The claims are only checked in a token with a valid signature. */
function describeRefusal(error: unknown): string {
  if (error instanceof errors.JWTClaimValidationFailed)
    return `The claim ${error.claim} is ${error.reason === 'missing' ? 'missing' : 'not accepted'}.`;
  if (error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid) return 'The token is not a valid JWT.';
  return "The signature cannot be verified with the issuer's keys.";
}

/**
 * The `email` claim of OpenID Connect counts only if the issuer states that the address is
 * verified. For other claims there is no such statement.
 */
function readUserName(payload: JWTPayload, { by, claim }: UserRule): string {
  const name = payload[claim];
  if (typeof name !== 'string' || name === '' || !isStorable(name)) throw new RefusedTokenError(`The claim ${claim} names no user.`);
  if (by === 'external' && !isExternalId(name)) throw new RefusedTokenError(`The claim ${claim} is not an external id.`);
  if (by === 'email' && claim === 'email' && payload.email_verified !== true)
    throw new RefusedTokenError('The claim email_verified is not true.');
  return name;
}
