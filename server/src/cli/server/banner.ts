import type { Config } from '../../config.ts';
import { version } from '../../runtime/version.ts';
import type { Sample } from '../../sample/open-sample.ts';
import { sampleScopes, sampleSlug } from '../../sample/sample-content.ts';

/** The text that is printed when the server is ready. `sample` is null if there is none. */
export function describeServer(url: string, config: Pick<Config, 'databaseUrl' | 'dataDir'>, sample: Sample | null): string {
  const data = config.databaseUrl ? 'PostgreSQL' : `embedded PostgreSQL, data in ${config.dataDir}`;
  const ready = `Rollcall ${version} is ready on ${url} (${data})`;
  if (!sample) return ready;
  return `${ready}\n\n${'secrets' in sample ? describeNew(url, sample) : describeKept(url, sample)}\n`;
}

type NewSample = Extract<Sample, { secrets: object }>;

function describeNew(url: string, { ownerEmail, secrets, promotable }: NewSample): string {
  const member = `${url}/api/0/organizations/${sampleSlug}/members/${promotable.memberId}/`;
  return [
    `The sample organization "${sampleSlug}" was created. The credentials of its owner are shown only once:`,
    `  email     ${ownerEmail}`,
    `  password  ${secrets.password}`,
    `  token     ${secrets.token}`,
    '',
    'To watch its changes, run in another terminal:',
    `  ROLLCALL_URL=${url} ROLLCALL_TOKEN=${secrets.token} npx @rollcall/server watch ${sampleSlug}`,
    '',
    `Then make ${promotable.name} an admin. The change appears in the other terminal:`,
    `  curl -X PUT ${member} -H 'Authorization: Bearer ${secrets.token}' -H 'Content-Type: application/json' -d '{"orgRole":"admin"}'`,
  ].join('\n');
}

function describeKept(url: string, { ownerEmail, ownerId }: Sample): string {
  const body = JSON.stringify({ scopes: sampleScopes });
  return [
    `The sample organization "${sampleSlug}" already exists. Its owner is ${ownerEmail}.`,
    '',
    'To watch its changes, run in another terminal, with the token that the first start showed:',
    `  ROLLCALL_URL=${url} ROLLCALL_TOKEN=... npx @rollcall/server watch ${sampleSlug}`,
    '',
    'To create a new token, set OPERATOR_TOKEN for the server and in this shell, and run:',
    `  curl -X POST ${url}/api/operator/users/${ownerId}/tokens/ -H "Authorization: Bearer $OPERATOR_TOKEN" -H 'Content-Type: application/json' -d '${body}'`,
  ].join('\n');
}
