import { createHash } from 'node:crypto';
import { canonicalJson, OrgError } from '@rollcall/protocol';
import type { Request } from 'express';
import type { Caller } from '../identity/caller.ts';
import { authorityOf, type IdempotencyKey } from '../write-path/idempotency.ts';
import { addressOf } from './caller-address.ts';
import { idempotencyKeyLengthMax } from './http-limits.ts';
import type { ApiRequest, ResolvedOrg, WriteContext } from './route.ts';

/** A request as endpoints get it. A class: an object literal with getters would leave all that they reach to a full collection (docs/adr/0029). */
export class ParsedRequest implements ApiRequest {
  readonly callerIfAny: Caller | null;
  readonly ipAddress: string | null;
  readonly userAgent: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly url: URL;
  readonly writeContext: WriteContext;
  readonly #org: ResolvedOrg | null;

  /**
   * @param caller null for the operator and for whoever has no credential
   * @throws OrgError `invalid` for what cannot be read
   */
  constructor(request: Request, caller: Caller | null, org: ResolvedOrg | null) {
    this.callerIfAny = caller;
    this.#org = org;
    this.url = urlOf(request);
    this.query = this.url.searchParams;
    this.writeContext = readWriteContext(request, caller);
    this.ipAddress = this.writeContext.ipAddress;
    this.userAgent = request.get('User-Agent') ?? '';
    this.params = request.params as Record<string, string>;
    this.body = request.body ?? {};
  }

  get caller(): Caller {
    if (!this.callerIfAny) throw credentialsMissing();
    return this.callerIfAny;
  }

  get org(): ResolvedOrg {
    if (!this.#org) throw new Error(`${this.url.pathname} names no organization.`);
    return this.#org;
  }
}

export function credentialsMissing(): OrgError {
  return new OrgError('unauthenticated', 'Authentication credentials were not provided.');
}

/** @throws OrgError `invalid` for the whole URL that a proxy would send, when it is none */
function urlOf({ originalUrl }: Request): URL {
  const base = 'http://localhost';
  if (!URL.canParse(originalUrl, base)) throw new OrgError('invalid', 'Bad request.');
  return new URL(originalUrl, base);
}

/** @param caller null for the operator and for a caller without credentials */
function readWriteContext(request: Request, caller: Caller | null): WriteContext {
  return {
    requestId: String(request.id),
    ipAddress: addressOf(request),
    idempotencyKey: readIdempotencyKey(request, caller),
    ifMatch: request.get('If-Match') ?? null,
  };
}

function readIdempotencyKey(request: Request, caller: Caller | null): IdempotencyKey | null {
  const key = request.get('Idempotency-Key')?.trim();
  if (!key) return null;
  if (key.length > idempotencyKeyLengthMax)
    throw new OrgError('invalid', `An Idempotency-Key has at most ${idempotencyKeyLengthMax} characters.`);
  const fingerprint = createHash('sha256')
    .update(canonicalJson([authorityOf(caller?.actor ?? null), request.method, request.originalUrl, request.body ?? null]))
    .digest('hex');
  return { key, fingerprint };
}
