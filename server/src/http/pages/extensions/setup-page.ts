import { type IntegrationProvider, OrgError } from '@rollcall/protocol';
import type { RequestHandler } from 'express';
import { providerNames } from '../../../domain/integrations/integrations.ts';
import { callerFrom } from '../../../identity/caller.ts';
import { type InstallFlow, takeInstall } from '../../../outlets/integrations/install-flows.ts';
import { randomHex } from '../../../runtime/random.ts';
import { type AddIntegration, addIntegration } from '../../../write-path/commands/integrations/add-integration.ts';
import { runCommand } from '../../../write-path/run-command.ts';
import { addressOf } from '../../requests/caller-address.ts';
import { urlOf } from '../../requests/parsed-request.ts';
import type { Services } from '../../services.ts';
import { pageSecurityPolicy, renderNotice } from '../form-page.ts';
import { readSession } from '../read-session.ts';
import { sendHtml } from '../send-html.ts';

/** The organization that the provider confirmed, with the secrets to store. */
export type ConfirmedOrganization = Omit<AddIntegration, 'provider' | 'secrets'> & { readonly secrets: Readonly<Record<string, string>> };

/** A text for the person about why nothing is connected. */
export interface SetupRefusal {
  readonly refusal: string;
  /** Default: 400. */
  readonly status?: number;
}

export interface SetupPage {
  readonly provider: IntegrationProvider;
  /** Asks the provider, by the query that it sent the browser back with. */
  confirm(query: URLSearchParams, flow: InstallFlow): Promise<ConfirmedOrganization | SetupRefusal>;
}

/**
 * The page to which a provider sends the browser back. Connects the organization in the session
 * that began to, and leads to the console (REST contract 13.12).
 */
export function finishSetup(services: Services, { provider, confirm }: SetupPage): RequestHandler {
  const { db, secret, writePath, productName } = services;
  return async (request, response) => {
    const refuse = ({ refusal, status = 400 }: SetupRefusal) => {
      response.status(status);
      const title = `${providerNames[provider]} was not connected`;
      const link = { label: 'Go to the console', path: '/' };
      sendHtml(response, renderNotice(productName, { title, intro: refusal, link }), pageSecurityPolicy);
    };
    const { searchParams } = urlOf(request);
    const session = await readSession(request.headers.cookie, services);
    const flow = session?.session ? await takeInstall(db, secret, provider, searchParams.get('state') ?? '', session.credentialId) : null;
    if (!session || !flow) {
      return refuse({ refusal: 'This connection was not started in this browser, or it has expired. Start again in the console.' });
    }
    const confirmed = await confirm(searchParams, flow);
    if ('refusal' in confirmed) return refuse(confirmed);
    try {
      await runCommand(writePath, addIntegration, {
        orgId: flow.orgId,
        actor: callerFrom(session, addressOf(request), Date.now()).actor,
        input: { ...confirmed, provider, secrets: { key: secret, byName: confirmed.secrets } },
        requestId: randomHex(16),
        ipAddress: addressOf(request),
        respond: async () => ({ status: 204 }),
      });
    } catch (error) {
      if (error instanceof OrgError) return refuse({ refusal: error.message, status: error.status });
      throw error;
    }
    response.setHeader('Cache-Control', 'no-store');
    response.redirect(303, `/organizations/${flow.orgId}/integrations/`);
  };
}
