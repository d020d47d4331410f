import type { Api } from './server.ts';

/** The records of one kind, as the operator reads them. */
// biome-ignore lint/suspicious/noExplicitAny: each kind has a shape, which the test asserts
export async function storedRecords(server: Api, orgId: string, kind: string): Promise<any[]> {
  const { body } = await server.operate('GET', `/organizations/${orgId}/state/`);
  return body.records.filter((one: { kind: string }) => one.kind === kind).map(({ record }: { record: unknown }) => record);
}
