import type { AuthProviderRecord } from '@rollcall/protocol';
import { authProviderShape } from '@rollcall/protocol/rest/shapes';
import type { Tx } from '../../../database/database.ts';
import { notFound } from '../../../domain/authorize.ts';
import { byAdmin } from '../../../http/requests/by-admin.ts';
import type { ApiRequest, Reply, Route } from '../../../http/route.ts';
import { runRequestCommand } from '../../../http/run-request-command.ts';
import { activateSpCertificate } from '../commands/provider/activate-sp-certificate.ts';
import { addSpCertificate, nextSpCertificateExists } from '../commands/provider/add-sp-certificate.ts';
import { readProviderToChange, showChangedAuthProvider } from '../queries/auth-provider.ts';
import type { SingleSignOnServices } from '../services.ts';
import { makeSpKey } from './make-sp-key.ts';
import { presentAuthProvider } from './present-auth-provider.ts';

const path = '/organizations/:org/auth-provider/sp-certificate/';

/** The replacement of this server's own key towards a SAML provider (REST contract 13.4). */
export const spCertificateRoutes: readonly Route<SingleSignOnServices>[] = [
  {
    method: 'POST',
    path,
    ...byAdmin,
    metadata: {
      tag: 'Single sign-on',
      id: 'addSpCertificate',
      summary: 'Create a second certificate of this server',
      description:
        'Requires a SAML provider. The metadata of this server then has both certificates, and the provider may encrypt for either. Requests are signed with the first one until the second is activated.',
      errors: ['already-exists'],
      isUnrepeatable: true,
      responses: { 201: authProviderShape },
    },
    handle: add,
  },
  {
    method: 'POST',
    path: `${path}activate/`,
    ...byAdmin,
    metadata: {
      tag: 'Single sign-on',
      id: 'activateSpCertificate',
      summary: 'Replace the certificate of this server by the second one',
      description: 'Deletes the first certificate and its key. A provider that does not know the second one then refuses logins.',
      isUnrepeatable: true,
      responses: { 200: authProviderShape },
    },
    handle: activate,
  },
];

async function add(request: ApiRequest, services: SingleSignOnServices): Promise<Reply> {
  const { org, caller, writeContext } = request;
  // A key takes about a second of CPU time, so the command would decide too late.
  const current = await request.inSlot(() => readProviderToChange(services.db, org.id, caller.actor));
  const { spCertificates } = current ?? { spCertificates: [] };
  if (spCertificates.length === 0) throw notFound();
  if (spCertificates.length > 1) throw nextSpCertificateExists();
  return runRequestCommand(services, addSpCertificate, {
    orgId: org.id,
    actor: caller.actor,
    input: { next: await makeSpKey(request, services), key: services.secret },
    writeContext: { ...writeContext, idempotencyKey: null },
    respond: async (tx, provider) => ({ status: 201, body: await present(tx, org.id, provider, services) }),
  });
}

async function activate({ org, caller, writeContext }: ApiRequest, services: SingleSignOnServices): Promise<Reply> {
  return runRequestCommand(services, activateSpCertificate, {
    orgId: org.id,
    actor: caller.actor,
    input: { key: services.secret },
    writeContext: { ...writeContext, idempotencyKey: null },
    respond: async (tx, provider) => ({ status: 200, body: await present(tx, org.id, provider, services) }),
  });
}

async function present(tx: Tx, orgId: string, provider: AuthProviderRecord, { publicUrl }: SingleSignOnServices) {
  return presentAuthProvider(await showChangedAuthProvider(tx, orgId, provider), publicUrl);
}
