import type { IncomingMessage } from 'node:http';
import { OrgError } from '@rollcall/protocol';
import type { Request, Response } from 'express';
import { transferLimits } from '../../runtime/limits/rows/transfers.ts';
import type { BufferedBytes, BytesOwner } from '../limits/buffered-bytes.ts';
import { bytesPerStep } from './await-step.ts';
import { bodySteps, type JsonBodyLimits, parseJson } from './parse-json.ts';
import { tooLarge } from './too-large.ts';

/** A parsed body and its bytes. */
export interface RequestBody {
  /** The JSON value, or text. `{}` without a body. */
  readonly value: unknown;
  readonly bytes: Buffer | null;
}

export const emptyBody: RequestBody = { value: {}, bytes: null };

/** The limits of reading one body, and the owner of its memory. */
export interface BodyLimits {
  readonly bytesMax: number;
  readonly buffered: BufferedBytes;
  readonly owner: BytesOwner;
  readonly json?: JsonBodyLimits;
  /** The media types of JSON that are read. Default: `application/json`. */
  readonly types?: readonly string[];
}

export const jsonTypes: readonly string[] = ['application/json'];

/** Bytes that are allocated for a body before any arrive. */
const firstAllocation = 4 * 1024;

const bytesPerPieceMin = 64;

export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** The size that a body's header announces. A chunked body can have any size. */
export function announcedBytes({ headers }: IncomingMessage): number {
  return headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : Number.POSITIVE_INFINITY;
}

/**
 * Refuses compressed bodies, based on the header alone: a few kilobytes can inflate to megabytes.
 * @throws OrgError `unsupported-media-type`
 */
export function assertUncompressed(request: Request): void {
  const encoding = request.headers['content-encoding'];
  if (!hasBody(request) || encoding === undefined || encoding.trim().toLowerCase() === 'identity') return;
  throw new OrgError('unsupported-media-type', `Unsupported content encoding "${encoding}" in request. Send the body uncompressed.`);
}

export function unsupportedType(type: string): OrgError {
  return new OrgError('unsupported-media-type', `Unsupported media type "${type}" in request.`);
}

/**
 * Reads a JSON body. One without a type may be empty: some clients send an empty chunked body.
 * @throws OrgError `invalid`, `too-large`, `unsupported-media-type`, `rate-limited`
 */
export async function readJson(request: Request, response: Response, limits: BodyLimits): Promise<RequestBody> {
  if (!hasBody(request)) return emptyBody;
  const type = request.headers['content-type'];
  if (type !== undefined && !request.is([...(limits.types ?? jsonTypes)])) throw unsupportedType(type);
  assertUtf8(request);
  const bytes = await readBytes(request, response, limits);
  if (bytes.length === 0) return emptyBody;
  if (type === undefined) throw unsupportedType('');
  const value = await (bytes.length > bytesPerStep ? parseLong(bytes, limits) : parseJson(bytes, limits.json));
  return { value, bytes };
}

/**
 * Parses a body in many turns of the event loop. Its bytes count for their owner until then. If
 * bodies arrived faster than they are parsed, they would fill the memory.
 */
async function parseLong(bytes: Buffer, { buffered, owner, json }: BodyLimits): Promise<unknown> {
  const evicted = new AbortController();
  const reservation = buffered.reserve(owner, bytes.length, () => evicted.abort(buffered.refusal(owner)));
  try {
    return await parseJson(bytes, json, { ...bodySteps, signal: evicted.signal });
  } finally {
    reservation.release();
  }
}

/**
 * Reads a body of one type as text.
 * @throws OrgError as `readJson`
 */
export async function readText(request: Request, response: Response, type: string, limits: BodyLimits): Promise<RequestBody> {
  if (hasBody(request) && !request.is(type)) throw unsupportedType(String(request.headers['content-type'] ?? ''));
  assertUtf8(request);
  const bytes = await readBytes(request, response, limits);
  return { value: bytes.toString('utf8'), bytes };
}

/**
 * Reads the fields of an HTML form.
 * @throws OrgError as `readJson`
 */
export async function readForm(request: Request, response: Response, limits: BodyLimits): Promise<URLSearchParams> {
  assertUncompressed(request);
  const { value } = await readText(request, response, 'application/x-www-form-urlencoded', limits);
  const text = String(value);
  if (text.split('&', transferLimits.formFields.value + 1).length > transferLimits.formFields.value)
    throw new OrgError('invalid', 'The form has too many fields.');
  return new URLSearchParams(text);
}

/**
 * A body of one type in pieces, for a route that reads more than fits into memory.
 * @throws OrgError `unsupported-media-type`, `too-large`. The iteration throws `too-large` and
 * `invalid`
 */
export function streamBody(request: Request, response: Response, type: string, bytesMax: number): RequestBody {
  if (!hasBody(request) || !request.is(type)) throw unsupportedType(String(request.headers['content-type'] ?? ''));
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw tooLarge();
  if (request.headers.expect !== undefined) response.writeContinue();
  async function* pieces(): AsyncGenerator<Buffer> {
    let length = 0;
    try {
      // A refusal in between must still be sent, so the connection stays open.
      for await (const piece of request.iterator({ destroyOnReturn: false })) {
        length += piece.length;
        if (length > bytesMax) throw tooLarge();
        yield piece;
      }
    } catch (error) {
      throw error instanceof OrgError ? error : endedEarly();
    }
    if (!request.complete) throw endedEarly();
  }
  return { value: pieces(), bytes: null };
}

/**
 * Reads the bytes of a body of any type, because a signature covers them.
 * @throws OrgError `invalid`, `too-large`, `rate-limited`
 */
export function readRaw(request: Request, response: Response, limits: BodyLimits): Promise<Buffer> {
  return hasBody(request) ? readBytes(request, response, limits) : Promise.resolve(Buffer.alloc(0));
}

/** RFC 8259 allows no other encoding. */
function assertUtf8({ headers }: Request): void {
  const [, charset] = /;\s*charset="?([^\s;"]*)/i.exec(headers['content-type'] ?? '') ?? [];
  if (charset === undefined || /^(utf-?8|us-ascii)$/i.test(charset)) return;
  throw new OrgError('unsupported-media-type', `unsupported charset "${charset.toUpperCase()}"`);
}

function readBytes(request: Request, response: Response, { bytesMax, buffered, owner }: BodyLimits): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) return Promise.reject(tooLarge());
  if (hasEnded(request)) return Promise.reject(endedEarly());
  if (request.headers.expect !== undefined) response.writeContinue();
  return new Promise((resolve, reject) => {
    let bytes = Buffer.allocUnsafe(Math.min(firstAllocation, bytesMax));
    let length = 0;
    let pieces = 0;
    const reservation = buffered.reserve(owner, bytes.length, () => fail(buffered.refusal(owner)));
    const stop = () => {
      reservation.release();
      request.off('data', take).off('end', finish).off('close', abandon).off('error', abandon);
    };
    const fail = (error: OrgError) => {
      stop();
      // Node reads nothing beyond what it has buffered. The response then closes the connection.
      request.pause();
      reject(error);
    };
    const abandon = () => fail(endedEarly());
    const finish = () => {
      stop();
      resolve(bytes.subarray(0, length));
    };
    const take = (piece: Buffer) => {
      pieces++;
      if (length + piece.length > bytesMax) return fail(tooLarge());
      if (pieces > transferLimits.bodyPieces.value + length / bytesPerPieceMin)
        return fail(new OrgError('invalid', 'The request body arrived in too many small pieces.'));
      if (length + piece.length > bytes.length) {
        const larger = Buffer.allocUnsafe(Math.min(bytesMax, Math.max(bytes.length * 2, length + piece.length)));
        bytes.copy(larger, 0, 0, length);
        reservation.grow(larger.length - bytes.length);
        bytes = larger;
      }
      // Copies the piece: however small, it would keep a buffer of 64 KiB in memory.
      length += piece.copy(bytes, length);
    };
    request.on('data', take).on('end', finish).on('close', abandon).on('error', abandon);
  });
}

function hasEnded(request: Request): boolean {
  return request.destroyed || request.readableEnded;
}

/**
 * An incomplete body must not be treated as empty. It would have another meaning, and its
 * Idempotency-Key would store that response for a retry.
 */
function endedEarly(): OrgError {
  return new OrgError('invalid', 'The connection ended before the request body was complete.');
}
