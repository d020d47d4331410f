import assert from 'node:assert/strict';
import {
  credentialSchema,
  handshakeAuthSchema,
  pingSchema,
  presenceSchema,
  subscribeSchema,
  unsubscribeSchema,
} from '../../protocol/src/index.ts';
import { bodyBytesMax } from '../../server/src/http/limits/http-limits.ts';
import type { RouteMetadata } from '../../server/src/http/openapi/route-metadata.ts';
import { operatorRoutes } from '../../server/src/http/operator/router.ts';
import { assertKnownKeys, parseFields } from '../../server/src/http/requests/fields.ts';
import { parseJsonBytes } from '../../server/src/http/requests/request-body.ts';
import { routes } from '../../server/src/http/routes.ts';
import { parseIdpMetadata } from '../../server/src/single-sign-on/saml/idp-metadata.ts';
import { readRequestId, refuseForged } from '../../server/src/single-sign-on/saml/verify-saml-response.ts';
import { cpuOf, slownessNow } from '../support/cpu-time.ts';
import { type HostileBodies, hostileBodies } from '../support/hostile-bodies.ts';
import { SamlTarget } from '../support/saml/saml-target.ts';
import { bodyBudgets } from './body-budgets.ts';

/** Milliseconds of CPU time without a pause for the event loop. */
const turnMsMax = 20;
/**
 * For the bodies over 256 KiB, which are read only from callers whose role permits them. Half of it
 * is the decoding of UTF-8 and `JSON.parse`, which can't pause. Images of organizations have
 * several megabytes.
 */
const largeTurnMs = (bytes: number) => 60 + 25 * Math.max(0, bytes / 1_024 ** 2 - 1);
const largeBytes = 256 * 1_024;
/** Milliseconds of CPU time for each kilobyte, beyond what any call costs. */
const msPerKilobyte = 1;
const callMs = 2;
/** The deepest nesting that is parsed. */
const depthMax = 60;

interface Routed {
  readonly name: string;
  readonly metadata: Pick<RouteMetadata, 'body' | 'bodyDescription' | 'bodyType'>;
  readonly bytesMax: number;
}

const withBodies: readonly Routed[] = [
  ...routes.map(({ method, path, metadata, bodyBytesMax: own }) => ({
    name: `${method} ${path}`,
    metadata,
    bytesMax: own ?? bodyBytesMax,
  })),
  ...operatorRoutes.map(({ method, path, metadata, bodyBytesMax: own }) => ({
    name: `${method} operator ${path}`,
    metadata,
    bytesMax: own ?? bodyBytesMax,
  })),
].filter(({ metadata }) => metadata.body ?? metadata.bodyDescription ?? metadata.bodyType);

/** Asserts the budget for each body, and names the first one that exceeds it. */
async function assertWithinBudget(bodies: HostileBodies, parse: (text: string) => unknown): Promise<void> {
  for (const [name, body] of bodies) {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const bytes = Buffer.byteLength(text);
    const budget = Math.min(bytes > largeBytes ? largeTurnMs(bytes) : turnMsMax, callMs + (bytes / 1_024) * msPerKilobyte);
    const ms = await cpuOf(() => {
      try {
        parse(text);
      } catch {
        // A refusal costs time as well.
      }
    }, budget / 2);
    if (ms > budget) assert.ok(ms <= budget * (await slownessNow()), `${name}: ${ms.toFixed(1)} ms for ${bytes} bytes`);
  }
}

describe('[H-99] the CPU time to parse the largest hostile body', () => {
  it('has a budget for every route with a body', () => {
    const given = Object.entries(bodyBudgets).map(([name, budget]) => [name, typeof budget === 'number' ? budget : 'streamed']);
    const actual = withBodies.map(({ name, metadata, bytesMax }) => [name, metadata.bodyType ? 'streamed' : bytesMax]);
    assert.deepEqual(Object.fromEntries(actual), Object.fromEntries(given));
  });

  for (const { name, metadata } of withBodies) {
    const budget = bodyBudgets[name];
    if (typeof budget !== 'number') continue;
    const { body: schema } = metadata;
    it(`stays within the budget of ${name}`, () =>
      assertWithinBudget(hostileBodies(schema ?? null, budget, depthMax), (text) => {
        const body = parseJsonBytes(Buffer.from(text));
        if (!schema) return;
        assertKnownKeys(schema, {});
        parseFields(schema, body);
      }));
  }

  const messages = { handshakeAuthSchema, credentialSchema, subscribeSchema, unsubscribeSchema, presenceSchema, pingSchema };
  for (const [name, schema] of Object.entries(messages)) {
    it(`stays within the budget of a message of the socket: ${name}`, () =>
      assertWithinBudget(hostileBodies(schema as never, bodyBytesMax, depthMax), (text) => schema.safeParse(JSON.parse(text))));
  }

  describe('over SAML', () => {
    let target: SamlTarget;
    before(async () => {
      target = await SamlTarget.make();
    });

    const documentBytes = 190 * 1_024;
    const times = (unit: string) => unit.repeat(Math.floor(documentBytes / unit.length));
    const documents = () =>
      new Map<string, string>([
        ['elements', `<a>${times('<b/>')}</a>`],
        ['attributes', `<a>${times('<b a="1" b="2" c="3"/>')}</a>`],
        ['nested elements', times('<b>')],
        ['one tag of spaces', `<a${times(' ')}x`],
        ['one tag of attributes', `<a ${times('a="" ')}/>`],
        ['text', `<a>${times('x')}</a>`],
        ['references', `<a>${times('&lt;')}</a>`],
        ['CDATA', times('<![CDATA[')],
        ['quotes', `<a b="${times("'")}`],
        ['brackets', times('<')],
        ['namespaces', `<a>${times('<b xmlns:c="d"/>')}</a>`],
        ['signatures', `<a>${times('<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo/></ds:Signature>')}</a>`],
        ['one large signature', `<a><Signature>${times('<b/>')}</Signature></a>`],
        ['encrypted assertions', `<a>${times('<EncryptedAssertion/>')}</a>`],
        ['an unclosed response', `<samlp:Response ${times('a ')}`],
      ]);

    it('stays within the budget of a response that the provider has not signed', async () => {
      for (const [name, document] of documents()) {
        const base64 = Buffer.from(document).toString('base64');
        const ms = await cpuOf(async () => {
          readRequestId(base64);
          await refuseForged(target.provider(), base64);
        }, turnMsMax / 2);
        if (ms > turnMsMax) assert.ok(ms <= turnMsMax * (await slownessNow()), `${name}: ${ms.toFixed(1)} ms`);
      }
    });

    it('stays within the budget of metadata', () => assertWithinBudget(documents(), (text) => parseIdpMetadata(text)));
  });
});
