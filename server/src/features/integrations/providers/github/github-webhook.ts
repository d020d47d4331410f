import type { RequestHandler } from 'express';
import { limitPerSecond } from '../../http/per-second.ts';
import { bytesOf } from '../../http/raw-body.ts';
import { refuseSender } from '../../http/refuse-sender.ts';
import { integrationLimits } from '../../limits.ts';
import type { IntegrationServices } from '../../services.ts';
import type { GitHubClient } from './github-client.ts';

/**
 * Receives the notices of GitHub (REST contract 13.12). A notice is only a hint: the organization
 * that it names is read again, so that its order, its age and its loss don't matter.
 */
export function receiveGitHubNotice(services: IntegrationServices, github: GitHubClient): RequestHandler {
  const { directories } = services;
  const isTooFast = limitPerSecond(integrationLimits.noticesPerSecond.value);
  return async (request, response) => {
    const body = bytesOf(request).toString('utf8');
    const notice = await github.directory.parseNotice({ body, header: (name) => request.get(name) });
    if (!notice) return refuseSender(request, response, services);
    const { id, externalId } = notice;
    if (externalId !== null) {
      if (isTooFast(externalId)) return void response.status(429).end();
      // Only ids of notices that have an effect are stored.
      const isConnected = await directories.isConnected('github', externalId);
      if (isConnected) await directories.receiveNotice('github', id, externalId);
    }
    response.status(202).end();
  };
}
