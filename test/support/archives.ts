import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { sql } from 'kysely';
import { eventually } from './eventually.ts';
import type { TestServer } from './server.ts';

/** Files of exported organizations. */

// biome-ignore lint/suspicious/noExplicitAny: each kind of line has a shape, which the test asserts
export type ArchiveLine = any;

/** Requests an export as the operator and downloads it when it is complete. */
export async function anExport(server: TestServer, orgId: string, { history = false } = {}): Promise<Buffer> {
  const requested = await server.operate('POST', `/organizations/${orgId}/export/`, { history });
  assert.equal(requested.status, 202, JSON.stringify(requested.body));
  const { id } = requested.body;
  await eventually(async () => assert.equal(await statusOf(server, orgId, id), 'done'), { timeoutMs: 20_000 });
  return download(server, orgId, id);
}

export async function statusOf(server: TestServer, orgId: string, id: string): Promise<string> {
  const { body } = await server.operate('GET', `/organizations/${orgId}/export/`);
  return body.find((one: { id: string }) => one.id === id)?.status;
}

export async function download(server: TestServer, orgId: string, id: string): Promise<Buffer> {
  const response = await fetch(`${server.url}/api/operator/organizations/${orgId}/export/${id}/`, {
    headers: { Authorization: `Bearer ${server.operatorToken}` },
  });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'application/gzip');
  const bytes = Buffer.from(await response.arrayBuffer());
  assert.equal(response.headers.get('content-length'), String(bytes.length));
  return bytes;
}

export function linesOf(file: Buffer): ArchiveLine[] {
  const text = gunzipSync(file).toString();
  assert.ok(text.endsWith('\n'), 'the last line has no line break');
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** A file of these lines, without the last one, which is added with the right digest. */
export function fileOf(lines: readonly ArchiveLine[]): Buffer {
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  return gzipSync(`${text}${JSON.stringify({ sha256: createHash('sha256').update(text).digest('hex') })}\n`);
}

export async function importFile(server: TestServer, file: Uint8Array | ReadableStream, ownerId: string, query = '') {
  const response = await fetch(`${server.url}/api/operator/organizations/import/?owner=${ownerId}${query}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${server.operatorToken}`, 'Content-Type': 'application/gzip' },
    body: file as BodyInit,
    ...(file instanceof ReadableStream && { duplex: 'half' }),
  } as RequestInit);
  return { status: response.status, body: JSON.parse(await response.text()) };
}

/** Adds audit entries with texts that gzip compresses to about 100 bytes each. */
export async function fillAudit({ services: { db } }: TestServer, orgId: string, count: number): Promise<void> {
  await sql`
    INSERT INTO audit_entries (id, organization_id, event, note, data, date_created, is_live)
    SELECT nextval('record_ids'), ${orgId}, 'team.create', (
        SELECT string_agg(md5(random()::text || number || part), '') FROM generate_series(1, 6) AS part
      ), '{}',
      now() - interval '1 day', false FROM generate_series(1, ${count}::int) AS number`.execute(db);
}
