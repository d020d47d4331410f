import type { RequestHandler } from 'express';
import type { Directory } from '../../directories/directory.ts';
import { findConnection } from '../../directories/stored-connection.ts';
import { limitPerSecond } from '../../http/per-second.ts';
import { bytesOf } from '../../http/raw-body.ts';
import { refuseSender } from '../../http/refuse-sender.ts';
import { integrationLimits } from '../../limits.ts';
import type { IntegrationServices } from '../../services.ts';

export function gitLabWebhookUrl(publicUrl: string, integrationId: string): string {
  return `${publicUrl}/extensions/gitlab/webhook/${integrationId}/`;
}

/**
 * Receives the notices of GitLab (REST contract 13.12). A notice is only a hint: the group of the
 * integration is read again.
 */
export function receiveGitLabNotice(services: IntegrationServices, directory: Directory): RequestHandler {
  const { lookups, secret, directories } = services;
  const isTooFast = limitPerSecond(integrationLimits.noticesPerSecond.value);
  return async (request, response) => {
    const integrationId = String(request.params.integration);
    // Anyone may send a notice, so its lookups don't use the connections for commands.
    const connection = await findConnection({ db: lookups, key: secret }, 'gitlab', integrationId);
    const body = bytesOf(request).toString('utf8');
    const notice = connection && (await directory.parseNotice({ body, header: (name) => request.get(name), connection }));
    if (!notice) return refuseSender(request, response, services);
    if (isTooFast(integrationId)) return void response.status(429).end();
    const { id, externalId } = notice;
    // Another integration can't use up the ids of this one.
    if (externalId !== null) await directories.receiveNotice('gitlab', `${integrationId}:${id}`, externalId);
    response.status(202).end();
  };
}
