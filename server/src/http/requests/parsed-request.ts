import { createHash } from 'node:crypto';
import { canonicalJson, OrgError } from '@rollcall/protocol';
import type { Request, Response } from 'express';
import { invalidFields } from '../../domain/field-errors.ts';
import type { Caller } from '../../identity/caller.ts';
import type { NamedOrganization } from '../../identity/identity.ts';
import { transferLimits } from '../../runtime/limits/rows/transfers.ts';
import { findUnstorable } from '../../runtime/text/storable-text.ts';
import { authorityOf, type IdempotencyKey } from '../../write-path/idempotency.ts';
import type { RunLookup } from '../limits/caller-reads.ts';
import type { ApiRequest, WriteContext } from '../route.ts';
import { awaitStep, bytesPerStep } from './await-step.ts';
import { addressOf } from './caller-address.ts';
import { messages } from './fields.ts';
import type { RequestBody } from './request-body.ts';
import type { WantedReceipt } from './wanted-receipt.ts';

/** A parsed request as endpoints receive it, with its caller and its organization. */
export class ParsedRequest implements ApiRequest {
  readonly callerIfAny: Caller | null;
  readonly ipAddress: string | null;
  readonly userAgent: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly url: URL;
  readonly writeContext: WriteContext;
  readonly cookie: string | undefined;
  readonly serverRevision: number;
  readonly lastEventId: string | null;
  readonly inSlot: RunLookup;
  readonly #org: NamedOrganization | null;
  readonly #response: Response;

  /**
   * @param caller null for the operator and for a caller without credentials
   * @throws OrgError `invalid` for a request that cannot be parsed
   */
  constructor(
    request: Request,
    { value }: RequestBody,
    caller: Caller | null,
    org: NamedOrganization | null,
    idempotencyKey: IdempotencyKey | null = null,
    receipt: WantedReceipt | null = null,
    serverRevision = 0,
    inSlot: RunLookup = (read) => read(),
  ) {
    this.inSlot = inSlot;
    this.serverRevision = serverRevision;
    this.lastEventId = request.get('Last-Event-ID') || null;
    this.callerIfAny = caller;
    this.#org = org;
    this.#response = request.res!;
    this.cookie = request.headers.cookie;
    this.url = urlOf(request);
    this.query = this.url.searchParams;
    assertStorableQuery(this.query);
    this.ipAddress = addressOf(request);
    const ifMatch = request.get('If-Match') ?? null;
    this.writeContext = { requestId: request.id, ipAddress: this.ipAddress, idempotencyKey, ifMatch, receipt };
    this.userAgent = request.get('User-Agent') ?? '';
    this.params = request.params as Record<string, string>;
    this.body = value;
  }

  get caller(): Caller {
    if (!this.callerIfAny) throw credentialsMissing();
    return this.callerIfAny;
  }

  whenClosed(): AbortSignal {
    return whenClosed(this.#response);
  }

  get org(): NamedOrganization {
    if (!this.#org) throw new Error(`The path ${this.url.pathname} has no organization.`);
    return this.#org;
  }
}

/** Aborts when the response's connection closes. */
export function whenClosed(response: Response): AbortSignal {
  const closing = new AbortController();
  if (response.closed) closing.abort();
  else response.on('close', () => closing.abort());
  return closing.signal;
}

export function credentialsMissing(): OrgError {
  return new OrgError('unauthenticated', 'Authentication credentials were not provided.');
}

/** @throws OrgError `invalid` for an absolute URL, as proxies send, that is not valid */
export function urlOf({ originalUrl }: Request): URL {
  const base = 'http://localhost';
  if (!URL.canParse(originalUrl, base)) throw new OrgError('invalid', 'Bad request.');
  return new URL(originalUrl, base);
}

/**
 * Refuses values with characters that PostgreSQL does not accept even in a query. A search with
 * such characters finds nothing instead (REST contract 1.3), which its parser ensures.
 * @throws OrgError `invalid` naming the parameter
 */
function assertStorableQuery(query: URLSearchParams): void {
  for (const [name, value] of query) {
    const unstorable = name === 'query' ? null : findUnstorable(value);
    if (unstorable !== null) throw invalidFields({ [name]: [messages.unstorable(unstorable)] });
  }
}

/**
 * The fingerprint is a digest of the body's bytes. A retry sends the same bytes, so normalizing
 * them is not worthwhile. Other requests are handled between the pieces of a long body.
 * @param caller null for the operator and for a caller without credentials
 * @throws OrgError `invalid`
 */
export async function readIdempotencyKey(request: Request, { bytes }: RequestBody, caller: Caller | null): Promise<IdempotencyKey | null> {
  const key = request.get('Idempotency-Key')?.trim();
  if (!key) return null;
  if (key.length > transferLimits.idempotencyKeyLength.value)
    throw new OrgError('invalid', `The Idempotency-Key must have at most ${transferLimits.idempotencyKeyLength.value} characters.`);
  const hash = createHash('sha256').update(
    canonicalJson([authorityOf(caller?.actor ?? null), request.method, request.originalUrl, request.get('Content-Type') ?? null]),
  );
  for (let at = 0; bytes !== null && at < bytes.length; at += bytesPerStep) {
    if (at > 0) await awaitStep();
    hash.update(bytes.subarray(at, at + bytesPerStep));
  }
  return { key, fingerprint: hash.digest('hex') };
}
