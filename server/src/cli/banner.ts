import type { Config } from '../config.ts';
import { version } from '../runtime/version.ts';
import type { Sample } from '../sample/open-sample.ts';
import { sampleScopes, sampleSlug } from '../sample/sample-content.ts';

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
    `The organization "${sampleSlug}" was made for you to look at. Its owner's secrets are shown this once:`,
    `  e-mail    ${ownerEmail}`,
    `  password  ${secrets.password}`,
    `  token     ${secrets.token}`,
    '',
    'Watch it in another terminal:',
    `  ROLLCALL_URL=${url} ROLLCALL_TOKEN=${secrets.token} npx rollcall watch ${sampleSlug}`,
    '',
    `Then make ${promotable.name} an admin, and see it arrive there:`,
    `  curl -X PUT ${member} -H 'Authorization: Bearer ${secrets.token}' -H 'Content-Type: application/json' -d '{"orgRole":"admin"}'`,
  ].join('\n');
}

function describeKept(url: string, { ownerEmail, ownerId }: Sample): string {
  const body = JSON.stringify({ scopes: sampleScopes });
  return [
    `The organization "${sampleSlug}" is here from before; its owner is ${ownerEmail}.`,
    '',
    'Watch it in another terminal with the token that the first start showed:',
    `  ROLLCALL_URL=${url} ROLLCALL_TOKEN=... npx rollcall watch ${sampleSlug}`,
    '',
    'A new token, where OPERATOR_TOKEN is set for the server and here:',
    `  curl -X POST ${url}/api/operator/users/${ownerId}/tokens/ -H "Authorization: Bearer $OPERATOR_TOKEN" -H 'Content-Type: application/json' -d '${body}'`,
  ].join('\n');
}
