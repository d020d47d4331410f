import type { ProviderSettings } from '@rollcall/protocol';
import {
  type ChatPostMessageArguments,
  ErrorCode,
  LogLevel,
  type OauthV2AccessResponse,
  type WebAPIHTTPError,
  type WebAPIPlatformError,
  type WebAPIRateLimitedError,
  WebClient,
} from '@slack/web-api';
import type { DeliveryResult } from '../../../../consumers/log-consumer.ts';

const callMsMax = 10_000;
/** Slack's errors after which no attempt with the same token can succeed. */
const tokenErrors = new Set([
  'account_inactive',
  'invalid_auth',
  'not_authed',
  'token_expired',
  'token_revoked',
  'team_access_not_granted',
]);
/** Errors of Slack's servers. All other errors are about the call itself. */
const passingErrors = new Set([
  'fatal_error',
  'internal_error',
  'service_unavailable',
  'request_timeout',
  'team_added_to_org',
  'ratelimited',
]);

/** The most that Slack returns at once. */
const channelsPerPage = 1_000;

export interface ChannelPage {
  /** `isJoined`: whether the app may post. */
  readonly channels: readonly { readonly id: string; readonly name: string; readonly isJoined: boolean }[];
  readonly next: string | null;
}

const scopes = 'chat:write,channels:read,users:read.email';

/** Slack's Web API by its official client. The host is the operator's setting. */
export class SlackClient {
  readonly settings: ProviderSettings<'slack'>;

  constructor(settings: ProviderSettings<'slack'>) {
    this.settings = settings;
  }

  /** @param token of the bot. Absent for the exchange of a code. */
  api(token?: string): WebClient {
    return new WebClient(token, {
      slackApiUrl: `${this.settings.url}/api/`,
      // The runner of consumers repeats deliveries.
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      timeout: callMsMax,
      allowAbsoluteUrls: false,
      logger: silent,
    });
  }

  authorizeUrl(state: string, redirectUri: string): string {
    const { url, clientId } = this.settings;
    return `${url}/oauth/v2/authorize?${new URLSearchParams({ client_id: clientId, scope: scopes, state, redirect_uri: redirectUri })}`;
  }

  /** @throws an error of the client */
  exchangeCode(code: string, redirectUri: string): Promise<OauthV2AccessResponse> {
    const { clientId, clientSecret } = this.settings;
    return this.api().oauth.v2.access({ client_id: clientId, client_secret: clientSecret, code, redirect_uri: redirectUri });
  }

  /**
   * One page of the workspace's public channels. The permissions of the app don't include the names
   * of private ones.
   * @param cursor `next` of the page before
   * @throws an error of the client
   */
  async listChannels(token: string, cursor: string | null): Promise<ChannelPage> {
    const { channels = [], response_metadata } = await this.api(token).conversations.list({
      types: 'public_channel',
      exclude_archived: true,
      limit: channelsPerPage,
      ...(cursor !== null && { cursor }),
    });
    return {
      channels: channels.flatMap(({ id, name, is_member }) => (id && name ? [{ id, name, isJoined: is_member === true }] : [])),
      next: response_metadata?.next_cursor || null,
    };
  }

  /**
   * Revokes the token. Resolves also if the token is no longer valid.
   * @throws Error without a secret
   */
  async revoke(token: string): Promise<void> {
    try {
      await this.api(token).auth.revoke();
    } catch (error) {
      const { outcome, error: text } = failureOf(error);
      if (outcome !== 'unauthorized') throw new Error(text ?? outcome);
    }
  }

  /** Never rejects. Returns the message's `ts` if it was posted. */
  async post(token: string, message: ChatPostMessageArguments): Promise<DeliveryResult & { readonly ts: string | null }> {
    const startedAt = performance.now();
    const msSince = () => Math.round(performance.now() - startedAt);
    try {
      const { ts = null } = await this.api(token).chat.postMessage(message);
      return { outcome: 'delivered', status: 200, error: null, response: null, ms: msSince(), ts };
    } catch (error) {
      return { ...failureOf(error), ms: msSince(), ts: null };
    }
  }
}

/** The client's error as the result of a delivery. It contains no token. */
export function failureOf(error: unknown): Omit<DeliveryResult, 'ms'> {
  const { code } = error as { code?: unknown };
  const failed = { outcome: 'failed', status: null, error: 'Slack is unreachable.', response: null } as const;
  if (code === ErrorCode.RateLimitedError) {
    const { retryAfter } = error as WebAPIRateLimitedError;
    return { ...failed, status: 429, error: 'Slack received too many messages.', ...(retryAfter > 0 && { retryAfterSeconds: retryAfter }) };
  }
  if (code === ErrorCode.HTTPError) {
    const { statusCode } = error as WebAPIHTTPError;
    return { ...failed, status: statusCode, error: `Slack responded with status ${statusCode}.` };
  }
  if (code !== ErrorCode.PlatformError) return failed;
  const slackCode = (error as WebAPIPlatformError).data.error;
  const text = `Slack refused the request: ${slackCode}.`;
  if (tokenErrors.has(slackCode)) return { ...failed, outcome: 'unauthorized', status: 200, error: text };
  return { ...failed, outcome: passingErrors.has(slackCode) ? 'failed' : 'refused', status: 200, error: text };
}

const ignore = () => {};
/** The client would write tokens of failed calls to the console. */
const silent = {
  ...{ debug: ignore, info: ignore, warn: ignore, error: ignore, setLevel: ignore, setName: ignore },
  getLevel: () => LogLevel.ERROR,
};
