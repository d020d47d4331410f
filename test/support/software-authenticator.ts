import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** Errors of an authenticator or a browser, for the tests of refusals. */
export interface Deviations {
  readonly origin?: string;
  readonly rpId?: string;
  readonly isUserVerified?: boolean;
  readonly counter?: number;
  /** Null for a response without one. */
  readonly userHandle?: string | null;
  readonly crossOrigin?: boolean;
  readonly type?: string;
  readonly format?: string;
  readonly statement?: Readonly<Record<string, unknown>>;
}

interface CreationOptions {
  readonly challenge: string;
  readonly rp: { readonly id: string };
  readonly user: { readonly id: string };
}

interface RequestOptions {
  readonly challenge: string;
  readonly rpId: string;
}

/**
 * A passkey in software: the bytes that a browser and its authenticator would make (WebAuthn
 * sections 6.1 and 6.5), signed with ES256.
 */
export class SoftwareAuthenticator {
  readonly id: string;
  readonly #origin: string;
  readonly #privateKey: KeyObject;
  readonly #publicKey: KeyObject;
  #userHandle = randomBytes(64).toString('base64url');
  /** Zero for an authenticator that doesn't count, like those that synchronize. */
  counter: number;

  constructor(url: string, counter = 0, idBytes = 32) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#origin = new URL(url).origin;
    this.#privateKey = privateKey;
    this.#publicKey = publicKey;
    this.counter = counter;
    this.id = randomBytes(idBytes).toString('base64url');
  }

  /** Returns the result of `navigator.credentials.create`. */
  create({ challenge, rp, user }: CreationOptions, deviations: Deviations = {}) {
    this.#userHandle = user.id;
    const id = Buffer.from(this.id, 'base64url');
    const credential = Buffer.concat([Buffer.alloc(16), uint16(id.length), id, this.#coseKey()]);
    const authData = Buffer.concat([this.#authenticatorData(rp.id, 0x40, deviations), credential]);
    const { format = 'none', statement = {} } = deviations;
    const attestationObject = cbor(
      new Map<string, unknown>([
        ['fmt', format],
        ['attStmt', new Map(Object.entries(statement))],
        ['authData', authData],
      ]),
    );
    return {
      ...{ id: this.id, rawId: this.id, type: 'public-key', clientExtensionResults: {}, authenticatorAttachment: 'platform' },
      response: {
        clientDataJSON: this.#clientData('webauthn.create', challenge, deviations),
        attestationObject: attestationObject.toString('base64url'),
        transports: ['internal', 'hybrid'],
      },
    };
  }

  /** Returns the result of `navigator.credentials.get`. */
  get({ challenge, rpId }: RequestOptions, deviations: Deviations = {}) {
    if (this.counter > 0) this.counter++;
    const clientDataJSON = this.#clientData('webauthn.get', challenge, deviations);
    const authenticatorData = this.#authenticatorData(rpId, 0, deviations);
    const signed = Buffer.concat([authenticatorData, sha256(Buffer.from(clientDataJSON, 'base64url'))]);
    return {
      ...{ id: this.id, rawId: this.id, type: 'public-key', clientExtensionResults: {}, authenticatorAttachment: 'platform' },
      response: {
        clientDataJSON,
        authenticatorData: authenticatorData.toString('base64url'),
        signature: sign('sha256', signed, this.#privateKey).toString('base64url'),
        ...(deviations.userHandle !== null && { userHandle: deviations.userHandle ?? this.#userHandle }),
      },
    };
  }

  #clientData(expected: string, challenge: string, { origin = this.#origin, crossOrigin = false, type = expected }: Deviations): string {
    return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin })).toString('base64url');
  }

  #authenticatorData(expectedId: string, extraFlags: number, { rpId = expectedId, isUserVerified = true, counter }: Deviations): Buffer {
    const flags = 0x01 | (isUserVerified ? 0x04 : 0) | extraFlags;
    const count = Buffer.alloc(4);
    count.writeUInt32BE(counter ?? this.counter);
    return Buffer.concat([sha256(Buffer.from(rpId)), Buffer.of(flags), count]);
  }

  /** RFC 9053 section 7.1.1: EC2, ES256, P-256. */
  #coseKey(): Buffer {
    const { x, y } = this.#publicKey.export({ format: 'jwk' });
    return cbor(
      new Map<number, unknown>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, Buffer.from(x!, 'base64url')],
        [-3, Buffer.from(y!, 'base64url')],
      ]),
    );
  }
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

/** The subset of CBOR that attestations have (RFC 8949). */
function cbor(value: unknown): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map(cbor)]);
  if (value instanceof Map) return Buffer.concat([head(5, value.size), ...[...value].flatMap(([key, of]) => [cbor(key), cbor(of)])]);
  throw new Error(`CBOR of ${typeof value} is not needed.`);
}

function head(major: number, length: number): Buffer {
  if (length < 24) return Buffer.of((major << 5) | length);
  return length < 256 ? Buffer.of((major << 5) | 24, length) : Buffer.concat([Buffer.of((major << 5) | 25), uint16(length)]);
}
