import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { ConfigError } from '../../config/config-error.ts';
import { optional, urlOf, withDefault } from '../../config/variables.ts';

/**
 * The operator's accounts at the providers of integrations. A provider needs all of its variables
 * or none. None of the values is ever logged.
 */
export interface IntegrationSettings {
  readonly pagerduty: { readonly url: string };
  readonly slack: SlackSettings | null;
  readonly github: GitHubSettings | null;
  readonly gitlab: GitLabSettings | null;
}

export interface SlackSettings {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly signingSecret: string;
  /** The base URL of Slack, without a slash at its end. */
  readonly url: string;
}

export interface GitHubSettings {
  readonly appId: string;
  readonly appSlug: string;
  /** PEM. */
  readonly privateKey: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly webhookSecret: string;
  /** The base URL of GitHub's API, without a slash at its end. */
  readonly url: string;
}

export interface GitLabSettings {
  readonly clientId: string;
  readonly clientSecret: string;
  /** The base URL of the GitLab server, without a slash at its end. */
  readonly url: string;
}

const text = optional(z.string().trim());
const urlOr = (fallback: string) =>
  withDefault(z.string().trim().pipe(urlOf('https:', 'http:')), fallback).transform((url) => url.replace(/\/+$/, ''));

/** The variables, which are part of the environment's schema. */
export const integrationVariables = {
  PAGERDUTY_URL: urlOr('https://events.pagerduty.com'),
  SLACK_CLIENT_ID: text,
  SLACK_CLIENT_SECRET: text,
  SLACK_SIGNING_SECRET: text,
  SLACK_URL: urlOr('https://slack.com'),
  GITHUB_APP_ID: text,
  GITHUB_APP_SLUG: text,
  GITHUB_APP_PRIVATE_KEY: text,
  GITHUB_APP_PRIVATE_KEY_FILE: text,
  GITHUB_APP_CLIENT_ID: text,
  GITHUB_APP_CLIENT_SECRET: text,
  GITHUB_WEBHOOK_SECRET: text,
  GITHUB_URL: urlOr('https://api.github.com'),
  GITLAB_CLIENT_ID: text,
  GITLAB_CLIENT_SECRET: text,
  GITLAB_URL: urlOr('https://gitlab.com'),
};

type Variables = z.output<z.ZodObject<typeof integrationVariables>>;

/** @throws ConfigError naming the missing variables of a provider */
export function readIntegrationSettings(values: Variables): IntegrationSettings {
  const slack = allOrNone({
    SLACK_CLIENT_ID: values.SLACK_CLIENT_ID,
    SLACK_CLIENT_SECRET: values.SLACK_CLIENT_SECRET,
    SLACK_SIGNING_SECRET: values.SLACK_SIGNING_SECRET,
  });
  const github = allOrNone({
    GITHUB_APP_ID: values.GITHUB_APP_ID,
    GITHUB_APP_SLUG: values.GITHUB_APP_SLUG,
    GITHUB_APP_PRIVATE_KEY: readPrivateKey(values),
    GITHUB_APP_CLIENT_ID: values.GITHUB_APP_CLIENT_ID,
    GITHUB_APP_CLIENT_SECRET: values.GITHUB_APP_CLIENT_SECRET,
    GITHUB_WEBHOOK_SECRET: values.GITHUB_WEBHOOK_SECRET,
  });
  const gitlab = allOrNone({ GITLAB_CLIENT_ID: values.GITLAB_CLIENT_ID, GITLAB_CLIENT_SECRET: values.GITLAB_CLIENT_SECRET });
  return {
    pagerduty: { url: values.PAGERDUTY_URL },
    slack: slack && {
      clientId: slack.SLACK_CLIENT_ID,
      clientSecret: slack.SLACK_CLIENT_SECRET,
      signingSecret: slack.SLACK_SIGNING_SECRET,
      url: values.SLACK_URL,
    },
    github: github && {
      appId: github.GITHUB_APP_ID,
      appSlug: github.GITHUB_APP_SLUG,
      privateKey: github.GITHUB_APP_PRIVATE_KEY,
      clientId: github.GITHUB_APP_CLIENT_ID,
      clientSecret: github.GITHUB_APP_CLIENT_SECRET,
      webhookSecret: github.GITHUB_WEBHOOK_SECRET,
      url: values.GITHUB_URL,
    },
    gitlab: gitlab && { clientId: gitlab.GITLAB_CLIENT_ID, clientSecret: gitlab.GITLAB_CLIENT_SECRET, url: values.GITLAB_URL },
  };
}

function allOrNone<Name extends string>(values: Readonly<Record<Name, string | undefined>>): Record<Name, string> | null {
  const names = Object.keys(values) as Name[];
  const missing = names.filter((name) => values[name] === undefined);
  if (missing.length === names.length) return null;
  if (missing.length === 0) return values as Record<Name, string>;
  throw new ConfigError(`${names.join(', ')} must be set together. Missing: ${missing.join(', ')}`);
}

/** A variable on one line may contain `\n` in place of line breaks. */
function readPrivateKey({ GITHUB_APP_PRIVATE_KEY: key, GITHUB_APP_PRIVATE_KEY_FILE: file }: Variables): string | undefined {
  if (key !== undefined && file !== undefined) {
    throw new ConfigError('GITHUB_APP_PRIVATE_KEY and GITHUB_APP_PRIVATE_KEY_FILE must not be set together. Set one of them');
  }
  if (file === undefined) return key?.replaceAll('\\n', '\n');
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new ConfigError(`GITHUB_APP_PRIVATE_KEY_FILE cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}`);
  }
}
