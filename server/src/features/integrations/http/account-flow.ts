import { type DirectoryProvider, OrgError } from '@rollcall/protocol';
import * as z from 'zod';
import { randomHex } from '../../../runtime/secrets/random.ts';
import { beginInstall, type InstallFlow } from '../outlets/install-flows.ts';
import type { IntegrationServices } from '../services.ts';

/** The flow in which members map themselves to their accounts at the provider. */
export function accountFlowAt(provider: DirectoryProvider): string {
  return `${provider}-account`;
}

/** 64 characters. RFC 7636 requires 43 to 128. */
const verifierBytes = 32;

const storedAccountFlow = z.object({ integrationId: z.string(), verifier: z.string() });

/** Begins such a flow. Returns its `state`, and its verifier for PKCE. */
export async function beginAccountFlow(
  { db, secret }: IntegrationServices,
  flow: Omit<InstallFlow, 'secret'>,
  integrationId: string,
): Promise<{ readonly state: string; readonly verifier: string }> {
  const verifier = randomHex(verifierBytes);
  const stored = JSON.stringify({ integrationId, verifier } satisfies z.input<typeof storedAccountFlow>);
  return { state: await beginInstall(db, secret, { ...flow, secret: stored }), verifier };
}

export function accountFlowOf({ secret }: InstallFlow): z.output<typeof storedAccountFlow> {
  if (secret === null) throw new OrgError('invalid', 'The flow has no integration.');
  return storedAccountFlow.parse(JSON.parse(secret));
}
