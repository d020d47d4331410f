import { createHmac } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type {
  AuthRevokeResponse,
  ChatPostEphemeralResponse,
  ChatPostMessageResponse,
  ChatUpdateResponse,
  ConversationsListResponse,
  OauthV2AccessResponse,
} from '@slack/web-api';
import { bodyOf, ForeignServer } from '../foreign-server.ts';

export const signingSecret = 'a signing secret of the tests';
export const slackSettings = (url: string) => ({
  SLACK_CLIENT_ID: 'client',
  SLACK_CLIENT_SECRET: 'the client secret of the tests',
  SLACK_SIGNING_SECRET: signingSecret,
  SLACK_URL: url,
});

export interface SlackCall {
  readonly method: string;
  readonly token: string | null;
  readonly form: Readonly<Record<string, string>>;
}

export interface SlackButton {
  readonly action_id: string;
  readonly value: string;
}

/** A stand-in for Slack's Web API. */
export class SlackStandIn {
  readonly calls: SlackCall[] = [];
  /** Teams by the code of their installation. */
  readonly codes = new Map<string, { readonly id: string; readonly name: string; readonly token: string }>();
  readonly revokedTokens = new Set<string>();
  /** The next failures of a method, by default of `chat.postMessage`. */
  readonly next: { readonly method?: string; readonly status: number; readonly retryAfter?: number }[] = [];
  /** Calls that wait. Each entry is used once, for the next call of the method with this token. */
  readonly held: { readonly method: string; readonly token: string; readonly until: Promise<void> }[] = [];
  /** Slack's errors for messages to channels that the app may not post in. */
  readonly refusedChannels = new Map<string, string>();
  /** The public channels of every workspace, in pages. */
  channelPages: (readonly { readonly id: string; readonly name: string; readonly is_member: boolean }[])[] = [];
  #server!: ForeignServer;
  #messages = 0;

  static async start(): Promise<SlackStandIn> {
    const standIn = new SlackStandIn();
    standIn.#server = await ForeignServer.start(async (request, response) => {
      const form = Object.fromEntries(new URLSearchParams(await bodyOf(request)));
      const token = request.headers.authorization?.replace('Bearer ', '') ?? form.token ?? null;
      const method = request.url!.replace('/api/', '');
      const held = standIn.held.find((one) => one.method === method && one.token === token);
      if (held) {
        standIn.held.splice(standIn.held.indexOf(held), 1);
        await held.until;
      }
      standIn.#respond({ method, token, form }, response);
    });
    return standIn;
  }

  get url(): string {
    return this.#server.url;
  }

  callsOf(method: string): SlackCall[] {
    return this.calls.filter((call) => call.method === method);
  }

  /** The buttons of the last message with some. */
  lastButtons(): readonly SlackButton[] {
    const blocks = this.callsOf('chat.postMessage').map(
      ({ form }) => JSON.parse(form.blocks ?? '[]') as { type: string; elements: SlackButton[] }[],
    );
    return blocks.flat().findLast(({ type }) => type === 'actions')?.elements ?? [];
  }

  #respond(call: SlackCall, response: ServerResponse): void {
    const misbehaviour = this.next.find(({ method = 'chat.postMessage' }) => method === call.method);
    if (misbehaviour) {
      this.next.splice(this.next.indexOf(misbehaviour), 1);
      const { status, retryAfter } = misbehaviour;
      response.writeHead(status, retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) });
      response.end(status === 429 ? '{"ok":false,"error":"ratelimited"}' : 'Unavailable');
      return;
    }
    this.calls.push(call);
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(this.#answer(call)));
  }

  #answer({ method, token, form }: SlackCall): object {
    if (method === 'oauth.v2.access') {
      const team = this.codes.get(form.code ?? '');
      this.codes.delete(form.code ?? '');
      if (!team) return { ok: false, error: 'invalid_code' } satisfies OauthV2AccessResponse;
      return {
        ok: true,
        access_token: team.token,
        token_type: 'bot',
        scope: 'chat:write,channels:read,users:read.email',
        team: { id: team.id, name: team.name },
      } satisfies OauthV2AccessResponse;
    }
    if (token === null || this.revokedTokens.has(token)) return { ok: false, error: 'token_revoked' };
    const ts = `1700000000.${String(++this.#messages).padStart(6, '0')}`;
    if (method === 'auth.revoke') {
      this.revokedTokens.add(token);
      return { ok: true } satisfies AuthRevokeResponse;
    }
    if (method === 'conversations.list') {
      const page = Number(form.cursor ?? 0);
      const next_cursor = page + 1 < this.channelPages.length ? String(page + 1) : '';
      return {
        ok: true,
        channels: [...(this.channelPages[page] ?? [])],
        response_metadata: { next_cursor },
      } satisfies ConversationsListResponse;
    }
    const refused = method === 'chat.postMessage' ? this.refusedChannels.get(form.channel!) : undefined;
    if (refused) return { ok: false, error: refused };
    if (method === 'chat.postMessage') return { ok: true, channel: form.channel!, ts } satisfies ChatPostMessageResponse;
    if (method === 'chat.postEphemeral') return { ok: true, message_ts: ts } satisfies ChatPostEphemeralResponse;
    if (method === 'chat.update') return { ok: true, channel: form.channel!, ts: form.ts! } satisfies ChatUpdateResponse;
    return { ok: false, error: 'unknown_method' };
  }

  async stop(): Promise<void> {
    await this.#server.stop();
  }
}

/** The body of a press of a button, as Slack sends it. */
export function pressBody(teamId: string, userId: string, button: SlackButton, channel = 'C1'): string {
  const payload = {
    type: 'block_actions',
    user: { id: userId, username: 'somebody', team_id: teamId },
    team: { id: teamId, domain: 'acme' },
    channel: { id: channel, name: 'general' },
    actions: [{ ...button, type: 'button', block_id: 'b', action_ts: '1700000000.000001' }],
    trigger_id: '1.2.3',
    response_url: 'https://hooks.slack.example/actions/1',
  };
  return new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
}

export function signatureOf(body: string, timestamp: number, secret = signingSecret): string {
  return `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`;
}
