import assert from 'node:assert/strict';
import { definitionOf, integrationProviders } from '../../protocol/src/index.ts';
import { connectionTimeoutMs } from '../../server/src/database/connections/database-postgres.ts';
import { isCommand } from '../../server/src/http/openapi/described-route.ts';
import { operatorRoutes } from '../../server/src/http/operator/router.ts';
import { routes } from '../../server/src/http/routes.ts';
import { outboundLimits } from '../../server/src/runtime/limits/rows/outbound.ts';
import { transferLimits } from '../../server/src/runtime/limits/rows/transfers.ts';
import { waitingLimits } from '../../server/src/runtime/limits/rows/waiting.ts';
import { nginxLocationOf, waitingLocation } from '../support/nginx-locations.ts';
import { listFiles, readSource } from '../support/source-files.ts';

/** The time that an ordinary request has, besides what it waits for. */
const ordinaryMs = 2_500;
const receiptMs = transferLimits.receiptSeconds.value * 1_000;
const callMs = outboundLimits.wholeMs.value;
/** Discovery, keys, tokens and user info. */
const loginMs = 4 * callMs;
const dnsMs = 5_000;
/** The wait for a key of a SAML provider. See `make-sp-key.ts`. */
const keysMs = 20_000;
/** The wait for a hash, and that of a write without a credential. See `limits.ts`. */
const passwordsMs = 10_000;
/** The look-up of a new password among those of breaches. */
const breachMs = outboundLimits.breachRangeMs.value;
const anonymousMs = 10_000;
/**
 * GitLab's list of groups takes up to 120 s, between the exchange of a code and two revocations.
 */
const setupMs = 120_000 + 3 * callMs;

interface Waits {
  /** Paths with `:name` for each parameter. */
  readonly paths: readonly string[];
  /** The longest wait of a request. */
  readonly ms: number;
}

/** Why a file that uses such a service waits for nothing. */
type WaitsForNothing = string;

const org = '/api/0/organizations/:org/';
const opensPage: WaitsForNothing = 'only builds the address of a page of the provider';
const readsSettings: WaitsForNothing = 'only reads the settings of the service';
const verifiesOnly: WaitsForNothing = 'only verifies the signature of a notice';

/** Each file of an endpoint or a page that uses a service of {@link slowServices}. */
const waitsOfFiles: Readonly<Record<string, Waits | WaitsForNothing>> = {
  'features/integrations/providers/github/github-setup.ts': { paths: ['/extensions/github/setup/'], ms: setupMs },
  'features/integrations/providers/github/github-webhook.ts': verifiesOnly,
  'features/integrations/providers/gitlab/gitlab-group.ts': { paths: ['/extensions/gitlab/group/'], ms: setupMs },
  'features/integrations/providers/gitlab/gitlab-setup.ts': { paths: ['/extensions/gitlab/setup/'], ms: setupMs },
  'features/integrations/providers/gitlab/gitlab-webhook.ts': verifiesOnly,
  'features/integrations/http/connect-route.ts': {
    paths: integrationProviders.filter((key) => definitionOf(key).form !== null).map((key) => `${org}integrations/${key}/`),
    ms: callMs + receiptMs,
  },
  'features/integrations/http/install-route.ts': opensPage,
  'features/integrations/http/integrations.ts': 'only lists the providers that are configured',
  'features/integrations/http/integration-deliveries.ts': { paths: [`${org}integrations/:integration/test/`], ms: callMs },
  'features/integrations/http/own-account.ts': opensPage,
  'features/integrations/http/router.ts': 'only adds the pages of providers',
  'features/integrations/providers/provider.ts': 'only declares what providers have',
  'features/integrations/providers/slack/slack-action.ts': 'responds before it calls Slack',
  'features/integrations/providers/slack/slack-channels.ts': { paths: [`${org}integrations/:integration/channels/`], ms: callMs },
  'features/integrations/providers/slack/slack-setup.ts': { paths: ['/extensions/slack/setup/'], ms: callMs },
  'features/single-sign-on/pages/callback.ts': { paths: ['/auth/oidc/:org/callback/'], ms: loginMs },
  'features/single-sign-on/http/domains.ts': { paths: [`${org}domains/:domain/verify/`], ms: dnsMs + receiptMs },
  'features/single-sign-on/pages/finish.ts': 'only reads the login that the provider has confirmed',
  'features/single-sign-on/http/make-sp-key.ts': {
    paths: [`${org}auth-provider/`, `${org}auth-provider/sp-certificate/`],
    ms: callMs + keysMs + receiptMs,
  },
  'features/single-sign-on/pages/receive-response.ts': 'only stores the response',
  'features/single-sign-on/http/resolve-provider-config.ts': {
    paths: [`${org}auth-provider/`, `${org}auth-provider/metadata/`],
    ms: callMs + receiptMs,
  },
  'features/single-sign-on/pages/saml.ts': { paths: ['/saml/acs/:org/'], ms: anonymousMs },
  'features/single-sign-on/pages/sealed-flow-of.ts': 'only decrypts a cookie',
  'features/single-sign-on/http/sign-on-test.ts': { paths: [`${org}auth-provider/test/`], ms: callMs },
  'features/single-sign-on/pages/start.ts': { paths: ['/auth/login/:slug/', '/auth/sso/:org/start/'], ms: callMs },
  'features/webhooks/http/webhook-delivery.ts': { paths: [`${org}webhooks/:webhook/test/`], ms: callMs },
  'features/webhooks/http/webhook-fields.ts': readsSettings,
  'http/endpoints/identity/account.ts': {
    paths: ['/api/0/auth/', '/api/0/auth/password/', '/api/0/auth/emails/:email/'],
    ms: 2 * passwordsMs + breachMs + receiptMs,
  },
  'http/endpoints/identity/login.ts': { paths: ['/api/0/auth/login/'], ms: anonymousMs + passwordsMs },
  'http/endpoints/identity/password-reset.ts': { paths: ['/api/0/auth/password-reset/confirm/'], ms: anonymousMs + passwordsMs + breachMs },
  'http/endpoints/identity/register.ts': { paths: ['/api/0/auth/register/'], ms: anonymousMs + passwordsMs + breachMs },
  'http/operator/users.ts': { paths: ['/api/operator/users/', '/api/operator/users/:user/'], ms: passwordsMs + breachMs + receiptMs },
  'http/pages/accept-page.ts': { paths: ['/accept/invitation/'], ms: callMs },
  'http/requests/assert-good-password.ts': 'part of the requests that set a password',
};

/** The services that call other servers, look up DNS, hash passwords or make keys. */
const slowServices =
  /(?<![\w'"/-])(outbound|readTxtRecords|loginOriginOf|singleSignOn|integrationConsumer|ProviderServices|passwords|keyMaking)\b(?![-/'"])/;

/** A file here has the client of its provider. */
const providersFolder = 'server/src/features/integrations/providers/';

/** Files that create the services, or pass them on. */
const passesServicesOn = /\/(features\/(index|feature)|feature|services|open-integrations)\.ts$/;

const all = [
  ...routes.map((route) => ({ ...route, path: `/api/0${route.path}` })),
  ...operatorRoutes.map((route) => ({ ...route, path: `/api/operator${route.path}` })),
];

const samplePathOf = (path: string) => path.replaceAll(/:\w+/g, 'x');

describe('deploy/nginx.conf', () => {
  it('[H-34] accepts the largest body of each route', () => {
    const refused = all.filter(
      (route) => nginxLocationOf(samplePathOf(route.path)).bodyBytesMax < (route.bodyBytesMax ?? transferLimits.bodyBytes.value),
    );
    assert.deepEqual(
      refused.map(({ method, path }) => `${method} ${path}`),
      [],
    );
  });

  it('[H-34] lets each command wait for all instances', () => {
    assert.ok(waitingLocation.readTimeoutMs > receiptMs + ordinaryMs);
    const cutOff = all.filter((route) => {
      const { observesPrefer, readTimeoutMs } = nginxLocationOf(samplePathOf(route.path));
      return isCommand(route) && !observesPrefer && readTimeoutMs < receiptMs + ordinaryMs;
    });
    assert.deepEqual(
      cutOff.map(({ method, path }) => `${method} ${path}`),
      [],
    );
  });

  it('[H-34] allows each write without a credential the time that it may wait in the queue', () => {
    const writes = routes.filter(({ callers, method }) => callers === 'anyone' && method !== 'GET');
    const cutOff = writes.filter(({ path }) => nginxLocationOf(samplePathOf(`/api/0${path}`)).readTimeoutMs < anonymousMs + ordinaryMs);
    assert.deepEqual(
      cutOff.map(({ method, path }) => `${method} ${path}`),
      [],
    );
  });

  it('[H-34] allows each read the time that it may wait for other reads of its caller', () => {
    const reads = all.filter(({ method }) => method === 'GET');
    const cutOff = reads.filter(({ path }) => nginxLocationOf(samplePathOf(path)).readTimeoutMs <= waitingLimits.waitMs.value);
    assert.deepEqual(
      cutOff.map(({ path }) => path),
      [],
    );
  });

  it('[H-34] allows each request the time that it may wait for other writes of an organization, or for a connection', () => {
    const waitsMs = Math.max(waitingLimits.queuedMs.value, connectionTimeoutMs);
    const cutOff = all.filter(({ path }) => nginxLocationOf(samplePathOf(path)).readTimeoutMs <= waitsMs);
    assert.deepEqual(
      cutOff.map(({ method, path }) => `${method} ${path}`),
      [],
    );
  });

  it('[H-34] accepts bodies of the same size from requests with Prefer: wait as from others', () => {
    const sizes = all
      .map(({ path }) => nginxLocationOf(samplePathOf(path)))
      .filter(({ observesPrefer }) => observesPrefer)
      .map((location) => location.bodyBytesMax);
    assert.equal(Math.max(...sizes), waitingLocation.bodyBytesMax);
  });

  it('[H-34] allows more time to each request that waits for another server, for DNS or for a password', () => {
    for (const [file, waits] of Object.entries(waitsOfFiles)) {
      if (typeof waits === 'string') continue;
      for (const path of waits.paths) {
        const { readTimeoutMs } = nginxLocationOf(samplePathOf(path));
        assert.ok(readTimeoutMs >= waits.ms + ordinaryMs, `${path} (${file}) may take ${waits.ms} ms, and has ${readTimeoutMs} ms`);
      }
    }
  });

  it('[H-34] has a tested location for each file whose requests may wait', () => {
    const files = [...listFiles('server/src/features', '.ts'), ...listFiles('server/src/http', '.ts')];
    const found = files.filter((file) => {
      const code = codeOf(file);
      return !passesServicesOn.test(file) && /\w*Services\b/.test(code) && (file.startsWith(providersFolder) || slowServices.test(code));
    });
    const known = Object.keys(waitsOfFiles).map((file) => `server/src/${file}`);
    assert.deepEqual(found, known.sort(), 'add the file to waitsOfFiles, and its paths to deploy/nginx.conf');
  });
});

/** The source without imports and comments. */
function codeOf(file: string): string {
  return readSource(file)
    .replaceAll(/^import [\s\S]*?;$/gm, '')
    .replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
}
