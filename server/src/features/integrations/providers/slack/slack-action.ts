import type { RequestHandler } from 'express';
import { randomHex } from '../../../../runtime/secrets/random.ts';
import { limitPerSecond } from '../../http/per-second.ts';
import { bytesOf } from '../../http/raw-body.ts';
import { refuseSender } from '../../http/refuse-sender.ts';
import { integrationLimits } from '../../limits.ts';
import type { IntegrationServices } from '../../services.ts';
import { decideByPress } from './button-press.ts';
import { parsePress } from './parse-press.ts';
import type { SlackClient } from './slack-client.ts';
import { isSentBySlack } from './verify-slack-request.ts';

/**
 * Receives presses of buttons in Slack (REST contract 13.12). Slack waits 3 seconds for the
 * response, so the decision is made after it.
 */
export function receiveSlackAction(services: IntegrationServices, slack: SlackClient): RequestHandler {
  const { db, writePath, secret } = services;
  const isTooFast = limitPerSecond(integrationLimits.pressesPerSecond.value);
  return (request, response) => {
    const body = bytesOf(request);
    const signed = { signature: request.get('x-slack-signature'), timestamp: request.get('x-slack-request-timestamp'), body };
    if (!isSentBySlack(signed, slack.settings.signingSecret, Date.now())) return refuseSender(request, response, services);
    const press = parsePress(body);
    if (press && isTooFast(press.teamId)) return void response.status(429).end();
    response.status(200).end();
    if (!press) return;
    decideByPress({ db, writePath, client: slack, key: secret }, press, randomHex(16)).catch((error: unknown) => {
      writePath.log.warn({ error: String(error) }, 'could not decide a request by a button in Slack');
    });
  };
}
