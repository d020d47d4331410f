import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { OrgError, type OrgRecord, type RestoredKind, recordKinds, restoredKinds } from '@rollcall/protocol';
import * as z from 'zod';
import { storedLimits } from '../../../runtime/limits/rows/stored.ts';
import { isStorable } from '../../../runtime/text/storable-text.ts';
import { webhookLimits } from '../../webhooks/limits.ts';
import type { ParsedArchive } from '../domain/parsed-archive.ts';
import { archiveLimits } from '../limits.ts';
import { archiveFormat } from './archive-format.ts';
import { valueProblem } from './archive-values.ts';

/**
 * Reads the file of an exported organization completely before anything is written. A wrong digest,
 * an unknown shape, or a reference to an id that the file does not contain makes it invalid.
 */

/**
 * The beginnings of lines that are only counted. They are not parsed, because parsing a line of
 * the maximum length blocks the event loop for seconds.
 */
const countedLines = [
  { kind: 'audit', start: Buffer.from('{"audit":') },
  { kind: 'entry', start: Buffer.from('{"entry":') },
] as const;

/** The part of a schema that `zod` and `zod/mini` share. */
interface Schema<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false; error: { issues: readonly z.core.$ZodIssue[] } };
}

/** Kinds of which an organization has at most a few. */
const mostOf: Partial<Readonly<Record<RestoredKind, number>>> = {
  organization: 1,
  'ip-allow-list': 1,
  'verified-domain': storedLimits.domains.value,
  webhook: webhookLimits.webhooks.value,
};

const headerSchema = z.object({
  format: z.literal(archiveFormat, `must be ${archiveFormat}`),
  organization: z.object({ id: z.string(), slug: z.string(), name: z.string() }),
  revision: z.int().min(0),
  counts: z.record(z.string(), z.int().min(0)),
});
const recordLineSchema = z.object({ kind: z.string().max(64), id: z.string(), record: z.looseObject({ id: z.string() }) });
const lastSchema = z.strictObject({ sha256: z.string() });

/**
 * @param compressed the bytes of the file
 * @throws OrgError `invalid` with the line, `too-large`
 */
export async function parseArchive(compressed: AsyncIterable<Buffer>): Promise<ParsedArchive> {
  const parser = new ArchiveParser();
  for await (const line of linesOf(compressed)) parser.take(line);
  return parser.finish();
}

class ArchiveParser {
  readonly #hash = createHash('sha256');
  readonly #records = new Map<RestoredKind, Map<string, OrgRecord>>();
  /** The number of lines of each kind. */
  readonly #counts = new Map<string, number>();
  #counted: Readonly<Record<string, number>> | null = null;
  #created = 0;
  #createdBytes = 0;
  /**
   * The line that was read last. It is not parsed yet, because the last line of the file has
   * another shape.
   */
  #previous: Buffer | null = null;
  #number = 0;

  take(line: Buffer): void {
    if (this.#previous) this.#parse(this.#previous);
    this.#previous = line;
  }

  finish(): ParsedArchive {
    if (!this.#previous || this.#counted === null) throw invalid('The file is empty.');
    const last = lastSchema.safeParse(
      this.#previous.length > archiveLimits.parsedBytes.value ? null : parseJson(this.#previous, this.#number + 1),
    );
    if (!last.success) throw invalid('The file is incomplete: the last line is not its digest.');
    if (last.data.sha256 !== this.#hash.digest('hex')) throw invalid('The file was changed: the digest in the last line differs.');
    this.#checkCounts(this.#counted);
    this.#checkReferences();
    this.#checkMost();
    this.#checkUnique('team', 'slug');
    this.#checkUnique('project', 'slug');
    this.#checkUnique('verified-domain', 'domain');
    const [organization] = this.#of('organization').values();
    if (!organization) throw invalid('The file has no organization.');
    const records = Object.fromEntries(restoredKinds.map((kind) => [kind, [...this.#of(kind).values()]]));
    const skipped = Object.fromEntries([...this.#counts].filter(([kind]) => !isRestored(kind)));
    // Each record has the shape of its kind's schema.
    return { ...records, organization, skipped } as unknown as ParsedArchive;
  }

  #parse(line: Buffer): void {
    this.#hash.update(line).update('\n');
    const number = ++this.#number;
    const counted = this.#counted && countedLines.find(({ start }) => line.subarray(0, start.length).equals(start));
    if (counted) {
      this.#count(counted.kind, number);
      return;
    }
    const value = parseJson(line, number);
    if (this.#counted === null) {
      this.#counted = parsed(headerSchema, value, number).counts;
      return;
    }
    this.#takeRecord(parsed(recordLineSchema, value, number), number, line.length);
  }

  #takeRecord({ kind, id, record }: z.infer<typeof recordLineSchema>, number: number, bytes: number): void {
    this.#count(kind, number);
    if (!isRestored(kind)) return;
    const schema: Schema<{ readonly id: string }> = recordKinds[kind].schema;
    const found = parsed(schema, record, number) as OrgRecord;
    if (found.id !== id) throw invalid(`Line ${number}: the id is not that of the record.`);
    if (this.#of(kind).has(id)) throw invalid(`Line ${number}: the ${kind} with id ${id} occurs twice.`);
    const problem = valueProblem(kind, found);
    if (problem !== null) throw invalid(`Line ${number}: ${problem}.`);
    this.#createdBytes += bytes;
    if (this.#createdBytes > archiveLimits.createdBytes.value)
      throw tooLarge(`The records of an import have at most ${archiveLimits.createdBytes.value} bytes.`);
    if (++this.#created > archiveLimits.records.value) throw tooLarge(`An import has at most ${archiveLimits.records.value} records.`);
    this.#of(kind).set(id, found);
  }

  #of(kind: RestoredKind): Map<string, OrgRecord> {
    const known = this.#records.get(kind) ?? new Map();
    this.#records.set(kind, known);
    return known;
  }

  #count(kind: string, number: number): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
    if (this.#counts.size > archiveLimits.kinds.value)
      throw invalid(`Line ${number}: the file has more than ${archiveLimits.kinds.value} kinds of lines.`);
  }

  #checkCounts({ identities: _, ...counted }: Readonly<Record<string, number>>): void {
    for (const [kind, count] of Object.entries(counted)) {
      const found = this.#counts.get(kind) ?? 0;
      if (found !== count) throw invalid(`The header names ${count} lines of "${kind}", but the file has ${found}.`);
    }
  }

  /** A record names its parents by id. Settings have the id of their project. */
  #checkReferences(): void {
    for (const kind of restoredKinds) {
      for (const parent of recordKinds[kind].parents as readonly RestoredKind[]) {
        for (const record of this.#of(kind).values()) {
          const id = String(record[`${parent}Id`] ?? record.id);
          if (!this.#of(parent).has(id)) throw invalid(`A ${kind} refers to the ${parent} ${id}, which is not in the file.`);
        }
      }
    }
  }

  #checkMost(): void {
    for (const [kind, most] of Object.entries(mostOf)) {
      if (this.#of(kind as RestoredKind).size > most) throw invalid(`An organization has at most ${most} records of the kind "${kind}".`);
    }
  }

  #checkUnique(kind: RestoredKind, field: 'slug' | 'domain'): void {
    const known = new Set<unknown>();
    for (const record of this.#of(kind).values()) {
      const value = record[field];
      if (known.has(value)) throw invalid(`The ${field} "${value}" belongs to two records of the kind "${kind}".`);
      known.add(value);
    }
  }
}

function isRestored(kind: string): kind is RestoredKind {
  return restoredKinds.some((one) => one === kind);
}

/** The lines of a compressed file, without their ends. At most one line is in memory. */
async function* linesOf(compressed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let length = 0;
  let total = 0;
  for await (const chunk of inflated(compressed)) {
    total += chunk.length;
    if (total > archiveLimits.textBytes.value)
      throw tooLarge(`The file has more than ${archiveLimits.textBytes.value} bytes when it is uncompressed.`);
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      yield parts.length === 0 ? chunk.subarray(start, end) : Buffer.concat([...parts, chunk.subarray(start, end)]);
      parts = [];
      length = 0;
      start = end + 1;
    }
    if (start === chunk.length) continue;
    const rest = chunk.subarray(start);
    parts.push(rest);
    length += rest.length;
    if (length > archiveLimits.lineBytes.value) throw tooLarge(`A line of the file has more than ${archiveLimits.lineBytes.value} bytes.`);
  }
  if (length > 0) throw invalid('The file is incomplete: its last line has no line break.');
}

async function* inflated(compressed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  // If either fails, so does the other. The iteration throws the reason.
  const feeding = pipeline(compressed, gunzip);
  feeding.catch(() => {});
  try {
    yield* gunzip as AsyncIterable<Buffer>;
    await feeding;
  } catch (error) {
    if (error instanceof OrgError) throw error;
    throw invalid(`The file is not compressed by gzip, or it is damaged: ${(error as Error).message}.`);
  } finally {
    gunzip.destroy();
  }
}

function parseJson(line: Buffer, number: number): unknown {
  if (line.length > archiveLimits.parsedBytes.value)
    throw tooLarge(`Line ${number}: a record has at most ${archiveLimits.parsedBytes.value} bytes.`);
  try {
    return JSON.parse(line.toString('utf8'), (key, value) => {
      if (!isStorable(key) || (typeof value === 'string' && !isStorable(value))) throw new Error('it has characters that cannot be stored');
      return value;
    });
  } catch (error) {
    throw invalid(`Line ${number}: ${(error as Error).message}.`);
  }
}

function parsed<T>(schema: Schema<T>, value: unknown, number: number): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw invalid(`Line ${number}: ${issue!.path.join('.') || 'the line'}: ${issue!.message}.`);
}

function invalid(message: string): OrgError {
  return new OrgError('invalid', message);
}

function tooLarge(message: string): OrgError {
  return new OrgError('too-large', message);
}
