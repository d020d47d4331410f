import { OrgError } from '@rollcall/protocol';
import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import { hashToken } from '../runtime/hash-token.ts';
import type { Log } from '../runtime/log.ts';
import { isMoment } from '../runtime/moments.ts';
import { isStorable } from '../runtime/storable-text.ts';
import { refuse, refuseExpired } from './identity.ts';

/** Whose tokens are taken besides our own, and how they name their users. */
export interface TrustedIssuerSettings {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: string;
  readonly user: UserRule;
}

/** The claim that names the user: by an address that they have verified here, or by their id here. */
export interface UserRule {
  readonly by: 'email' | 'id';
  readonly claim: string;
}

/** What a token says, once it is known to be the issuer's and for us. */
export interface VerifiedToken {
  /** The value of the claim. */
  readonly userName: string;
  /** Names this token, without being it. */
  readonly id: string;
  readonly expiresAt: string;
}

/** Signatures by keys of which we see the public half only: with a shared one we could be made to sign for the issuer. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];
/** Between our clock and the issuer's. */
const clockToleranceSeconds = 5;
/** A key that the issuer gave up is good for no longer than this, as long as the issuer can be reached. */
const keysAgeMsMax = 5 * 60 * 1_000;
/** Whoever waits for keys is a client at the door: who waits longer comes again. */
const fetchMsMax = 3_000;
/** A token may name any key: so often do we look whether it is a new one. */
const unknownKeyMsMin = 5_000;

/**
 * Verifies tokens by the issuer's published keys (RFC 7517, 7519). The keys are fetched when first needed, for a key that
 * is not known yet, and now and then in the background. While the issuer is away those of before go
 * on: its tokens end by themselves soon enough.
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
      cacheMaxAge: Number.POSITIVE_INFINITY,
    });
  }

  /** @throws OrgError `unauthenticated`; `unavailable` when the keys cannot be had */
  async verify(token: string): Promise<VerifiedToken> {
    this.#keepFresh();
    const payload = await this.#verifySignature(token);
    const expiresAtMs = payload.exp! * 1_000;
    if (!isMoment(expiresAtMs)) throw refuse('Invalid token');
    return {
      userName: readUserName(payload, this.settings.user),
      id: `jwt:${hashToken(token)}`,
      expiresAt: new Date(expiresAtMs).toISOString(),
    };
  }

  async #verifySignature(token: string): Promise<JWTPayload> {
    const { issuer, audience } = this.settings;
    try {
      const { payload } = await jwtVerify(token, this.#keys, {
        issuer,
        audience,
        algorithms,
        requiredClaims: ['exp'],
        clockTolerance: clockToleranceSeconds,
      });
      return payload;
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw refuseExpired();
      if (isNoAnswer(error)) throw this.#unavailable(error);
      throw refuse('Invalid token');
    }
  }

  /** In the background: whoever asks meanwhile has the keys of before. */
  #keepFresh(): void {
    if (Date.now() < this.#freshUntil) return;
    this.#freshUntil = Date.now() + keysAgeMsMax;
    // The first ones are fetched by whoever needs them.
    if (this.#keys.jwks() === undefined) return;
    this.#keys.reload().catch((error: unknown) => {
      this.#log.warn({ error: String(error) }, "the trusted issuer's keys could not be fetched; those of before go on");
    });
  }

  #unavailable(cause: unknown): OrgError {
    this.#log.warn({ error: String(cause) }, "the trusted issuer's keys could not be fetched");
    return new OrgError('unavailable', 'The token cannot be judged now. Try again shortly.', { cause });
  }
}

/** What jose throws for a token is of its own classes; for a server that does not answer, or not as it should, of the plain one or none. */
function isNoAnswer(error: unknown): boolean {
  if (!(error instanceof errors.JOSEError)) return true;
  return error.code === 'ERR_JOSE_GENERIC' || error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid;
}

/** An address as OpenID Connect has it counts only when the issuer says that it was verified. Of others there is no such word. */
function readUserName(payload: JWTPayload, { by, claim }: UserRule): string {
  const name = payload[claim];
  if (typeof name !== 'string' || name === '' || !isStorable(name)) throw refuse('Invalid token');
  if (by === 'email' && claim === 'email' && payload.email_verified !== true) throw refuse('Invalid token');
  return name;
}
