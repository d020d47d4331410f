import { type ConnectionFields, definitionOf, type FormProvider } from '@rollcall/protocol';
import { integrationShape } from '@rollcall/protocol/rest/shapes';
import type * as z from 'zod';
import { parseBody } from '../../../http/requests/fields.ts';
import type { ApiRequest, Reply, Route } from '../../../http/route.ts';
import { runRequestCommand } from '../../../http/run-request-command.ts';
import { authorizeReader } from '../../../read-path/queries/authorized-reader.ts';
import { attemptLimits } from '../../../runtime/limits/rows/attempts.ts';
import { addIntegration } from '../commands/add-integration.ts';
import { managesIntegrations } from '../domain/integrations.ts';
import type { FormPart, ProviderServices } from '../providers/provider.ts';
import { notConfigured } from './not-configured.ts';
import { presentIntegration } from './present-integration.ts';

export interface ConnectOptions<Key extends FormProvider> {
  readonly summary: string;
  readonly description: string;
  /** The fields of the form. */
  readonly body: z.ZodObject<{ readonly [Name in keyof ConnectionFields<Key>]: z.ZodType<string> }>;
}

/** The route that connects a provider by the fields of its form (REST contract 13.12). */
export function connectRoute<Key extends FormProvider>(
  provider: Key,
  { summary, description, body: schema }: ConnectOptions<Key>,
): Route<ProviderServices> {
  return {
    method: 'POST',
    path: `/organizations/:org/integrations/${provider}/`,
    needsRecentLogin: true,
    scopes: managesIntegrations,
    metadata: {
      tag: 'Integrations',
      id: `connect${definitionOf(provider).name.replaceAll(' ', '')}`,
      summary,
      description,
      isUnrepeatable: true,
      responses: { 201: integrationShape },
      errors: ['already-exists'],
      body: schema,
    },
    handle: connect,
  };

  async function connect({ org, caller, body, writeContext, inSlot }: ApiRequest, services: ProviderServices): Promise<Reply> {
    const { db, providers, attempts, secret } = services;
    const { state } = await inSlot(() => authorizeReader(db, org.id, caller.actor, managesIntegrations));
    const fields = parseBody(schema, body) as ConnectionFields<Key>;
    const opened = providers[provider] as FormPart<Key> | null;
    if (!opened) throw notConfigured(provider);
    await attempts.count(attemptLimits.messageTestsPerOrganization, org.id);
    const { secrets, ...confirmed } = await opened.connect(fields, { id: org.id, slug: state.organization!.slug });
    return runRequestCommand(services, addIntegration, {
      orgId: org.id,
      actor: caller.actor,
      input: { ...confirmed, provider, secrets: { key: secret, byName: secrets }, confirmedAfter: null },
      writeContext: { ...writeContext, idempotencyKey: null },
      respond: async (_tx, integration) => ({
        status: 201,
        body: presentIntegration(org.id, integration, { withConfig: true, showsConfig: true }),
      }),
    });
  }
}
