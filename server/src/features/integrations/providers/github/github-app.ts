import { App } from '@octokit/app';
import { Octokit } from '@octokit/core';
import { throttling } from '@octokit/plugin-throttling';
import type { ProviderSettings } from '@rollcall/protocol';

const callMsMax = 15_000;
/** A longer wait ends the reading, which is then repeated later. */
const waitSecondsMax = 5;
const retriesMax = 2;

const ignore = () => {};
/** Replaces the client's default, which writes failed calls to the console. */
const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore };

const ThrottledOctokit = Octokit.plugin(throttling);
export type GitHubApi = InstanceType<typeof ThrottledOctokit>;
export type GitHubApp = ReturnType<typeof openGitHubApp>;

/**
 * Requests of one lane wait for each other in the client, which exchanges codes and fetches tokens
 * one at a time. The codes of users have their own lane, so that they don't delay the tokens of
 * installations.
 */
type Lane = 'installations' | 'users';

/**
 * The operator's GitHub App, by GitHub's official client. The client signs the App's requests, and
 * keeps the tokens of installations in memory until they expire.
 */
export function openGitHubApp(settings: ProviderSettings<'github'>, lane: Lane = 'installations') {
  const { appId, privateKey, clientId, clientSecret, webhookSecret, url } = settings;
  return new App({
    appId,
    privateKey,
    oauth: { clientId, clientSecret },
    webhooks: { secret: webhookSecret },
    log: silent,
    Octokit: ThrottledOctokit.defaults(optionsFor(url, lane)),
  });
}

/** The API in the name of a user who authorized the App. */
export function apiOfUser(url: string, token: string): GitHubApi {
  return new ThrottledOctokit({ ...optionsFor(url, 'users'), auth: token });
}

function optionsFor(url: string, lane: Lane) {
  return {
    baseUrl: url,
    log: silent,
    request: { fetch: fetchInTime },
    throttle: { id: lane, onRateLimit: shouldRetry, onSecondaryRateLimit: shouldRetry },
  };
}

/** A redirect counts as a failed connection. It would send the request, and its text, elsewhere. */
function fetchInTime(url: string, options: RequestInit): Promise<Response> {
  const timeout = AbortSignal.timeout(callMsMax);
  return fetch(url, { ...options, redirect: 'error', signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout });
}

function shouldRetry(retryAfter: number, _options: object, _octokit: unknown, retryCount: number): boolean {
  return retryAfter <= waitSecondsMax && retryCount < retriesMax;
}
