import { createHash } from 'node:crypto';
import { GroupHooks, GroupMembers, Groups, Users } from '@gitbeaker/rest';
import type { ProviderSettings } from '@rollcall/protocol';
import * as z from 'zod';
import type { Outbound } from '../../../../outbound/outbound.ts';
import { GitLabError } from './gitlab-errors.ts';
import { type AccessToken, callGitLab, parseBody, requesterOf } from './gitlab-requests.ts';

/** The time for all pages of a list, because a server might repeat a page endlessly. */
const listMsMax = 120_000;
/** Reading needs `read_api` only. Creating the webhook of a group needs more. */
const connectionScope = 'api';

export const gitLabSetupPath = '/extensions/gitlab/setup/';

/** A pair of tokens. GitLab ends both when the refresh token is used. */
export interface GitLabTokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** In milliseconds since 1970. */
  readonly expiresAt: number;
}

const tokenResponse = z.object({ access_token: z.string().min(1), refresh_token: z.string().min(1), expires_in: z.number().positive() });

export type GitLabApi = ReturnType<GitLabClient['api']>;

/** GitLab's API by its official client, and its OAuth endpoints. The operator sets the server. */
export class GitLabClient {
  readonly #settings: ProviderSettings<'gitlab'>;
  readonly #outbound: Outbound;
  readonly #redirectUri: string;

  constructor(settings: ProviderSettings<'gitlab'>, outbound: Outbound, publicUrl: string) {
    this.#settings = settings;
    this.#outbound = outbound;
    this.#redirectUri = `${publicUrl}${gitLabSetupPath}`;
  }

  /**
   * @param verifier of PKCE
   * @param scope `read_user` is enough to learn who the person is
   */
  authorizeUrl(state: string, verifier: string, scope: 'api' | 'read_user' = connectionScope): string {
    const query = new URLSearchParams({
      client_id: this.#settings.clientId,
      redirect_uri: this.#redirectUri,
      response_type: 'code',
      state,
      scope,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    });
    return `${this.#settings.url}/oauth/authorize?${query}`;
  }

  /** @throws GitLabError */
  exchangeCode(code: string, verifier: string): Promise<GitLabTokens> {
    return this.#requestTokens({ grant_type: 'authorization_code', code, code_verifier: verifier });
  }

  /**
   * The tokens that replace the given ones, which GitLab ends.
   * @throws GitLabError
   */
  refresh({ refreshToken }: GitLabTokens): Promise<GitLabTokens> {
    return this.#requestTokens({ grant_type: 'refresh_token', refresh_token: refreshToken });
  }

  /**
   * Ends both tokens.
   * @throws GitLabError
   */
  async revoke({ accessToken, refreshToken }: GitLabTokens): Promise<void> {
    for (const token of [refreshToken, accessToken]) await this.#post('/oauth/revoke', { token });
  }

  /** @param signal ends the requests. Without it, they end by their time limits. */
  api(token: AccessToken, signal?: AbortSignal) {
    const options = {
      host: this.#settings.url,
      // The requester sets the token of each request.
      oauthToken: '',
      queryTimeout: listMsMax,
      rateLimits: {},
      requesterFn: requesterOf(this.#outbound, token, signal),
    };
    return {
      groups: new Groups(options),
      members: new GroupMembers(options),
      hooks: new GroupHooks(options),
      users: new Users(options),
    };
  }

  async #requestTokens(grant: Readonly<Record<string, string>>): Promise<GitLabTokens> {
    const requestedAt = Date.now();
    const { body } = await this.#post('/oauth/token', { ...grant, redirect_uri: this.#redirectUri });
    const { data } = tokenResponse.safeParse(parseBody(body));
    if (!data) throw new GitLabError(null);
    const { access_token: accessToken, refresh_token: refreshToken, expires_in: seconds } = data;
    return { accessToken, refreshToken, expiresAt: requestedAt + seconds * 1_000 };
  }

  #post(path: string, form: Readonly<Record<string, string>>) {
    const { url, clientId, clientSecret } = this.#settings;
    return callGitLab(this.#outbound, `${url}${path}`, {
      owner: { caller: 'server', purpose: 'set-up' },
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: new URLSearchParams({ client_id: clientId, client_secret: clientSecret, ...form }).toString(),
    });
  }
}
