import * as z from 'zod';
import { ConfigError } from './config-error.ts';
import { optional, urlOf, withDefault } from './variables.ts';

/**
 * The operator's accounts at the providers of integrations. A provider needs all of its variables
 * or none. None of the values is ever logged.
 */
export interface IntegrationSettings {
  readonly pagerduty: { readonly url: string };
  readonly slack: SlackSettings | null;
}

export interface SlackSettings {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly signingSecret: string;
  /** The base URL of Slack, without a slash at its end. */
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
};

type Variables = z.output<z.ZodObject<typeof integrationVariables>>;

/** @throws ConfigError naming the missing variables of a provider */
export function readIntegrationSettings(values: Variables): IntegrationSettings {
  const slack = allOrNone({
    SLACK_CLIENT_ID: values.SLACK_CLIENT_ID,
    SLACK_CLIENT_SECRET: values.SLACK_CLIENT_SECRET,
    SLACK_SIGNING_SECRET: values.SLACK_SIGNING_SECRET,
  });
  return {
    pagerduty: { url: values.PAGERDUTY_URL },
    slack: slack && {
      clientId: slack.SLACK_CLIENT_ID,
      clientSecret: slack.SLACK_CLIENT_SECRET,
      signingSecret: slack.SLACK_SIGNING_SECRET,
      url: values.SLACK_URL,
    },
  };
}

function allOrNone<Name extends string>(values: Readonly<Record<Name, string | undefined>>): Record<Name, string> | null {
  const names = Object.keys(values) as Name[];
  const missing = names.filter((name) => values[name] === undefined);
  if (missing.length === names.length) return null;
  if (missing.length === 0) return values as Record<Name, string>;
  throw new ConfigError(`${names.join(', ')} must be set together. Missing: ${missing.join(', ')}`);
}
