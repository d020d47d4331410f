import { readFile } from 'node:fs/promises';

/** A recorded request and its response. A part is absent if it has no JSON body. */
export interface Example {
  readonly request?: unknown;
  readonly response?: unknown;
}

/**
 * Examples by operation id and status. `errors` has the errors that operations share, `scimErrors`
 * those of SCIM, and `redirects` the redirect from an earlier slug.
 */
export type Examples = Readonly<Record<string, Readonly<Record<string, Example>>>>;

/** Tests record this file (test/support/example-recorder.ts). */
export const examplesFile = new URL('../../../openapi-examples.json', import.meta.url);

export async function readExamples(): Promise<Examples> {
  return JSON.parse(await readFile(examplesFile, 'utf8')) as Examples;
}
