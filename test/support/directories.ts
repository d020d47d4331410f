import { addIntegration } from '../../server/src/write-path/commands/integrations/add-integration.ts';
import { runCommand } from '../../server/src/write-path/run-command.ts';
import type { GitHubOrganization } from './providers/github.ts';
import type { TestServer } from './server.ts';

/** Connects an organization to one of the stand-in's, as an installation does. Returns the id. */
export async function connectGitHub({ services, config }: TestServer, orgId: string, organization: GitHubOrganization): Promise<string> {
  const { id, login, installationId } = organization;
  const { response } = await runCommand(services.writePath, addIntegration, {
    orgId,
    actor: { kind: 'system' },
    input: {
      ...{ provider: 'github', name: login, domainName: `github.com/${login}`, externalId: String(id), config: {} },
      secrets: { key: config.secret, byName: { installation: String(installationId) } },
    },
    requestId: null,
    respond: async (_tx, integration) => ({ status: 201, body: integration.id }),
  });
  return response.body as string;
}
