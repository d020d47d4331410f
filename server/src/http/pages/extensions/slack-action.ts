import express, { type RequestHandler } from 'express';
import { decideByPress } from '../../../outlets/slack/button-press.ts';
import { parsePress } from '../../../outlets/slack/parse-press.ts';
import { isSentBySlack } from '../../../outlets/slack/verify-slack-request.ts';
import { randomHex } from '../../../runtime/random.ts';
import type { Services } from '../../services.ts';

const bodyBytesMax = 1_024 * 1_024;
/** Presses in one workspace. */
const pressesPerSecond = 60;

/** Reads the bytes, because the signature covers them. Compressed bodies are refused. */
export const rawBody = express.raw({ type: () => true, limit: bodyBytesMax, inflate: false });

/**
 * Receives presses of buttons in Slack (REST contract 13.12). Slack waits 3 seconds for the
 * response, so the decision is made after it.
 */
export function receiveSlackAction({ slack, db, writePath, secret }: Services): RequestHandler {
  const counts = new Map<string, number>();
  let second = 0;
  const isTooFast = (teamId: string, now: number) => {
    if (Math.floor(now / 1_000) !== second) counts.clear();
    second = Math.floor(now / 1_000);
    counts.set(teamId, (counts.get(teamId) ?? 0) + 1);
    return counts.get(teamId)! > pressesPerSecond;
  };
  return (request, response, next) => {
    if (slack === null) return next();
    const body: Buffer = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const signed = { signature: request.get('x-slack-signature'), timestamp: request.get('x-slack-request-timestamp'), body };
    if (!isSentBySlack(signed, slack.settings.signingSecret, Date.now())) return void response.status(401).end();
    const press = parsePress(body);
    if (press && isTooFast(press.teamId, Date.now())) return void response.status(429).end();
    response.status(200).end();
    if (!press) return;
    decideByPress({ db, writePath, client: slack, key: secret }, press, randomHex(16)).catch((error: unknown) => {
      writePath.log.warn({ error: String(error) }, 'could not decide a request by a button in Slack');
    });
  };
}
