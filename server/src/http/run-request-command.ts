import type { Command } from '../write-path/command.ts';
import type { Call } from '../write-path/command-call.ts';
import { runCommand } from '../write-path/run-command.ts';
import type { Reply, WriteContext } from './route.ts';
import type { Services } from './services.ts';

/** Runs a command for a request. The reply contains the organization's revision (rule W7). */
export async function runRequestCommand<Input, Facts, Result>(
  services: Services,
  command: Command<Input, Facts, Result>,
  call: Pick<Call<NoInfer<Input>, Result>, 'orgId' | 'actor' | 'input' | 'malformed' | 'respond'> & { readonly writeContext: WriteContext },
): Promise<Reply> {
  const { orgId, writeContext, ...rest } = call;
  const { response, orgRevision, committed } = await runCommand(services.writePath, command, { orgId, ...rest, ...writeContext });
  if (committed) writeContext.receipt?.add(committed);
  return { headers: { 'X-Org-Revision': orgRevision }, ...response };
}
