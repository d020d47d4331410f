import { definitionOf, type IntegrationProvider, isDirectoryProvider, OrgError } from '@rollcall/protocol';
import type { Request, RequestHandler, Response } from 'express';
import { queryOf } from '../../../http/pages/browser.ts';
import { pageSecurityPolicy, renderNotice } from '../../../http/pages/form-page.ts';
import { readSession } from '../../../http/pages/read-session.ts';
import { sendHtml } from '../../../http/pages/send-html.ts';
import { addressOf } from '../../../http/requests/caller-address.ts';
import { urlOf } from '../../../http/requests/parsed-request.ts';
import { type Authentication, callerFrom } from '../../../identity/caller.ts';
import { KeyedLimit } from '../../../runtime/limits/keyed-limit.ts';
import { randomHex } from '../../../runtime/secrets/random.ts';
import { runCommand } from '../../../write-path/run-command.ts';
import { type AddIntegration, addIntegration } from '../commands/add-integration.ts';
import { mapExternalUser } from '../commands/map-external-user.ts';
import type { ExternalPerson } from '../directories/directory.ts';
import { integrationLimits } from '../limits.ts';
import { type InstallFlow, type TakenFlow, takeInstall } from '../outlets/install-flows.ts';
import type { IntegrationServices } from '../services.ts';
import { accountFlowAt } from './account-flow.ts';

/** The organization that the provider confirmed, with the secrets to store. */
export type ConfirmedOrganization = Omit<AddIntegration, 'provider' | 'secrets' | 'confirmedAfter'> & {
  readonly secrets: Readonly<Record<string, string>>;
};

/** A text for the person about why nothing is connected. */
export interface SetupRefusal {
  readonly refusal: string;
  /** Default: 400. */
  readonly status?: number;
}

export interface SetupPage {
  readonly provider: IntegrationProvider;
  /** Requests a confirmation from the provider, with the query that the browser brought back. */
  confirm(query: URLSearchParams): Promise<ConfirmedOrganization | SetupRefusal>;
}

/**
 * The page to which a provider sends the browser back. Connects the organization in the session
 * that began to, and leads to the console (REST contract 13.12).
 */
export function finishSetup(services: IntegrationServices, { provider, confirm }: SetupPage): RequestHandler {
  return setupStep(services, { provider, flows: [provider], stateOf: stateOfQuery }, async ({ request, connect, refuse, finish }) => {
    const confirmed = await confirm(urlOf(request).searchParams);
    if ('refusal' in confirmed) return refuse(confirmed);
    const connected = await connect(confirmed);
    if ('refusal' in connected) refuse(connected);
    else finish();
  });
}

export interface SetupStep {
  readonly provider: IntegrationProvider;
  /** The names of the flows that the step ends. */
  readonly flows: readonly string[];
  /** The handle of the flow. Null takes the latest flow of the session. */
  stateOf(request: Request): string | null;
}

export interface StepRequest {
  readonly request: Request;
  readonly response: Response;
  readonly flow: TakenFlow;
  /** Connects in the name of the person. */
  connect(confirmed: ConfirmedOrganization): Promise<{ readonly integrationId: string } | SetupRefusal>;
  /** Maps the person, whom the provider confirmed, to the member of the flow's session. */
  mapAccount(integrationId: string, person: ExternalPerson): Promise<SetupRefusal | null>;
  refuse(refusal: SetupRefusal): void;
  /** Leads to the console. */
  finish(): void;
}

export function stateOfQuery(request: Request): string {
  return queryOf(request, 'state') ?? '';
}

/** The page of the console that lists the integrations. */
export function consolePathOf({ orgId }: InstallFlow): string {
  return `/organizations/${orgId}/integrations/`;
}

/**
 * A request of the browser that belongs to a flow. It ends the flow, also if it fails. Beyond the
 * limits of the user, the flow remains.
 */
export function setupStep(
  services: IntegrationServices,
  { provider, flows, stateOf }: SetupStep,
  run: (step: StepRequest) => Promise<void>,
): RequestHandler {
  const { db, secret, writePath, productName, attempts } = services;
  const inProgress = new KeyedLimit(integrationLimits.stepsAtOncePerUser.value, () => {
    return new OrgError('rate-limited', 'Other connections of yours are still in progress. Reload this page shortly.', {
      retryAfterSeconds: 2,
    });
  });
  const runStep = async (request: Request, response: Response, session: Authentication | null) => {
    const flow = session?.session ? await takeInstall(db, secret, flows, stateOf(request), session.credentialId) : null;
    const refuse = ({ refusal, status = 400 }: SetupRefusal) => {
      response.status(status);
      const what =
        isDirectoryProvider(provider) && flow?.provider === accountFlowAt(provider)
          ? 'Your account was not mapped'
          : `${definitionOf(provider).name} was not connected`;
      const link = { label: 'Go to the console', path: '/' };
      sendHtml(response, renderNotice(productName, { title: what, intro: refusal, link }), pageSecurityPolicy);
    };
    if (!session || !flow) {
      return refuse({ refusal: 'This connection was not started in this browser, or it has expired. Start again in the console.' });
    }
    const call = {
      orgId: flow.orgId,
      actor: callerFrom(session, addressOf(request), Date.now()).actor,
      requestId: randomHex(16),
      ipAddress: addressOf(request),
    };
    const mapAccount: StepRequest['mapAccount'] = async (integrationId, { id, name }) => {
      const input = {
        mappingId: null,
        integrationId,
        provider,
        userId: flow.userId,
        externalName: name,
        externalId: id,
        isConfirmed: true,
      };
      try {
        await runCommand(writePath, mapExternalUser, { ...call, input, respond: async () => ({ status: 204 }) });
        return null;
      } catch (error) {
        if (error instanceof OrgError) return { refusal: error.message, status: error.status };
        throw error;
      }
    };
    const connect: StepRequest['connect'] = async (confirmed) => {
      try {
        const { response: added } = await runCommand(writePath, addIntegration, {
          ...call,
          input: { ...confirmed, provider, secrets: { key: secret, byName: confirmed.secrets }, confirmedAfter: flow.takenAt },
          respond: async (_tx, { id }) => ({ status: 204, body: id }),
        });
        return { integrationId: added.body as string };
      } catch (error) {
        if (error instanceof OrgError) return { refusal: error.message, status: error.status };
        throw error;
      }
    };
    const finish = () => {
      response.redirect(303, consolePathOf(flow));
    };
    await run({ request, response, flow, connect, mapAccount, refuse, finish });
  };
  return async (request, response) => {
    const session = await readSession(request, services);
    if (session?.actor.kind !== 'user') return runStep(request, response, null);
    const { userId } = session.actor;
    try {
      // The flow is not taken before, so that the person can reload the page.
      await inProgress.run(userId, async () => {
        await attempts.count(integrationLimits.stepsPerUser, userId);
        await runStep(request, response, session);
      });
    } catch (error) {
      if (!(error instanceof OrgError) || error.code !== 'rate-limited' || response.headersSent) throw error;
      if (error.retryAfterSeconds !== null) response.setHeader('Retry-After', error.retryAfterSeconds);
      response.status(error.status);
      sendHtml(response, renderNotice(productName, { title: 'Too many connections', intro: error.message }), pageSecurityPolicy);
    }
  };
}
