import assert from 'node:assert/strict';
import {
  apiLimits,
  credentialSchema,
  handshakeAuthSchema,
  pingSchema,
  presenceSchema,
  subscribeSchema,
  unsubscribeSchema,
} from '../../protocol/src/index.ts';
import { parseGroupPatch, parseReplacedUser, parseUserPatch, parseWholeUser } from '../../server/src/features/scim/http/scim-patch.ts';
import { scimLimits } from '../../server/src/features/scim/limits.ts';
import { parseIdpMetadata } from '../../server/src/features/single-sign-on/saml/idp-metadata.ts';
import { readRequestId, refuseForged } from '../../server/src/features/single-sign-on/saml/verify-saml-response.ts';
import { decodeImageOf, updateOrganizationSchema } from '../../server/src/http/endpoints/organizations/organization-fields.ts';
import type { RouteMetadata } from '../../server/src/http/openapi/route-metadata.ts';
import { operatorRoutes } from '../../server/src/http/operator/router.ts';
import { assertKnownKeys, parseFields } from '../../server/src/http/requests/fields.ts';
import { base64LengthMax } from '../../server/src/http/requests/images.ts';
import { parseJson } from '../../server/src/http/requests/parse-json.ts';
import { routes } from '../../server/src/http/routes.ts';
import { transferLimits } from '../../server/src/runtime/limits/rows/transfers.ts';
import { costOf, cpuOf, longestTurnOf } from '../support/cpu-time.ts';
import { type HostileBodies, hostileBodies } from '../support/hostile-bodies.ts';
import { SamlTarget } from '../support/saml/saml-target.ts';
import { bodyBudgets } from './body-budgets.ts';

/** Milliseconds of CPU time without a pause for the event loop. */
const turnMsMax = 20;
/** Milliseconds of CPU time for each kilobyte, beyond what any call costs. */
const msPerKilobyte = 1;
const callMs = 2;
/** The deepest nesting that is parsed. */
const depthMax = 60;
/**
 * A body above this size takes 100 ms to make and parse. Each hostile value is then in one kind of
 * field only, and each kind of field has several values.
 */
const largeBytes = 1_000_000;
const fieldsOfLarge = Number(process.env.FIELDS ?? 1);

interface Routed {
  readonly name: string;
  readonly metadata: Pick<RouteMetadata, 'body' | 'bodyDescription' | 'bodyType'>;
  readonly bytesMax: number;
  readonly partsMax?: number | undefined;
  readonly restBytesMax?: number | undefined;
}

const withBodies: readonly Routed[] = [
  ...routes.map(({ method, path, metadata, bodyBytesMax: own, bodyPartsMax: partsMax, bodyRestBytesMax: restBytesMax }) => ({
    name: `${method} ${path}`,
    metadata,
    bytesMax: own ?? transferLimits.bodyBytes.value,
    partsMax,
    restBytesMax,
  })),
  ...operatorRoutes.map(({ method, path, metadata, bodyBytesMax: own }) => ({
    name: `${method} operator ${path}`,
    metadata,
    bytesMax: own ?? transferLimits.bodyBytes.value,
  })),
].filter(({ metadata }) => metadata.body ?? metadata.bodyDescription ?? metadata.bodyType);

/**
 * Asserts the budget for each body, and names the first one that exceeds it.
 * @param parse gets the bytes too, because a server receives them and encodes no text
 */
async function assertWithinBudget(bodies: HostileBodies, parse: (text: string, bytes: Buffer) => unknown): Promise<void> {
  for (const [name, body] of bodies) {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const bytes = Buffer.from(text);
    const budget = callMs + (bytes.length / 1_024) * msPerKilobyte;
    const run = async () => {
      try {
        await parse(text, bytes);
      } catch {
        // A refusal costs time as well.
      }
    };
    // A busy machine only adds to a measure, so a first one within the limits is enough.
    const first = await costOf(run);
    if (first.turnMs <= turnMsMax && first.ms <= budget) continue;
    const turnMs = await longestTurnOf(run, turnMsMax);
    assert.ok(turnMs <= turnMsMax, `${name}: a tick of ${turnMs.toFixed(1)} ms for ${bytes.length} bytes`);
    const ms = await cpuOf(run, budget);
    assert.ok(ms <= budget, `${name}: ${ms.toFixed(1)} ms for ${bytes.length} bytes`);
  }
}

describe('[H-99] the CPU time to parse the largest hostile body', function () {
  // A busy machine is ten times as slow.
  this.timeout(300_000);

  it('[V15.2.2] has a budget for every route with a body', () => {
    const given = Object.entries(bodyBudgets).map(([name, budget]) => [name, typeof budget === 'number' ? budget : 'streamed']);
    const actual = withBodies.map(({ name, metadata, bytesMax }) => [name, metadata.bodyType ? 'streamed' : bytesMax]);
    assert.deepEqual(Object.fromEntries(actual), Object.fromEntries(given));
  });

  for (const { name, metadata, partsMax, restBytesMax } of withBodies) {
    const budget = bodyBudgets[name];
    if (typeof budget !== 'number') continue;
    const { body: schema } = metadata;
    it(`stays within the budget of ${name}`, () =>
      assertWithinBudget(
        hostileBodies(schema ?? null, budget, depthMax, budget > largeBytes ? fieldsOfLarge : undefined),
        async (_, bytes) => {
          const body = await parseJson(bytes, { partsMax, restBytesMax });
          if (!schema) return;
          assertKnownKeys(schema, {});
          parseFields(schema, body);
        },
      ));
  }

  it('stays within the budget of bytes that belong to no long text', () => {
    const bytesMax = transferLimits.settingsBytes.value + base64LengthMax;
    const filled = (unit: string) => `{"a":1${unit.repeat(Math.floor((bytesMax - 10) / unit.length))}}`;
    const bodies = ['""', ' ', '1', ']', '"\\""', '"\\\\'].map((unit) => [`many times ${unit}`, filled(unit)] as const);
    return assertWithinBudget(bodies, (_, bytes) => parseJson(bytes, { restBytesMax: transferLimits.settingsBytes.value }));
  });

  it('stays within the budget of the largest image beside the largest settings', () => {
    const image = Buffer.alloc(apiLimits.imageBytesMax, 'image').fill(Buffer.from('89504e470d0a1a0a', 'hex'), 0, 8).toString('base64');
    const settings = { relayPiiConfig: JSON.stringify('"'.repeat(30_000)), trustedRelays: 'a'.repeat(900_000) };
    const bodies = [
      ['an image', { ...settings, avatar: image }],
      ['an image with an error at its end', { ...settings, avatar: `${image.slice(0, -1)}!` }],
      // Encoders of PHP and .NET escape these characters.
      [
        'an image with escapes',
        JSON.stringify({ ...settings, avatar: image })
          .replaceAll('/', '\\/')
          .replaceAll('+', '\\u002B'),
      ],
    ] as const;
    return assertWithinBudget(bodies, async (_, bytes) => {
      const limits = { restBytesMax: transferLimits.settingsBytes.value };
      return decodeImageOf(parseFields(updateOrganizationSchema, await parseJson(bytes, limits)));
    });
  });

  describe('over SCIM', () => {
    const operations = (make: (index: number) => object) => {
      const made: object[] = [];
      for (let bytes = 100; made.length < 10_000; made.push(make(made.length))) {
        bytes += JSON.stringify(make(made.length)).length + 1;
        if (bytes > scimLimits.groupPatchBytes.value) break;
      }
      return { schemas: [], Operations: made };
    };
    const long = 'a'.repeat(990);
    const bodies: HostileBodies = new Map<string, unknown>([
      ['one member each', operations((index) => ({ op: 'add', path: 'members', value: [{ value: String(index) }] }))],
      ['one removed member each', operations((index) => ({ op: 'remove', path: `members[value eq "${index}"]` }))],
      ['other spelling', operations((index) => ({ OP: 'Remove', Path: `Members[VALUE EQ "${index}"]` }))],
      ['long paths', operations(() => ({ op: 'remove', path: long }))],
      ['long filters', operations(() => ({ op: 'remove', path: `members[${'a eq "1" and '.repeat(80)}b pr]` }))],
      ['long texts', operations((index) => ({ op: 'remove', path: `members[value eq "${index}${'\\u0031'.repeat(150)}"]` }))],
      ['brackets', operations(() => ({ op: 'remove', path: `members[${'('.repeat(900)}]` }))],
      ['names', operations(() => ({ op: 'replace', path: 'displayName', value: long }))],
    ]);
    const parsers: Readonly<Record<string, (body: unknown) => unknown>> = {
      parseGroupPatch,
      parseUserPatch,
      parseWholeUser,
      parseReplacedUser,
    };
    for (const [name, parser] of Object.entries(parsers)) {
      it(`stays within the budget of ${name}`, async () => {
        const forUsers = new Map([...bodies, ...hostileBodies(null, scimLimits.bodyBytes.value, depthMax)]);
        const isForGroups = parser === parseGroupPatch;
        const limits = isForGroups ? { partsMax: scimLimits.groupPatchParts.value } : {};
        await assertWithinBudget(isForGroups ? bodies : forUsers, async (_, bytes) => parser(await parseJson(bytes, limits)));
      });
    }
  });

  const messages = { handshakeAuthSchema, credentialSchema, subscribeSchema, unsubscribeSchema, presenceSchema, pingSchema };
  for (const [name, schema] of Object.entries(messages)) {
    it(`stays within the budget of a message of the socket: ${name}`, () =>
      assertWithinBudget(hostileBodies(schema as never, transferLimits.bodyBytes.value, depthMax), (text) =>
        schema.safeParse(JSON.parse(text)),
      ));
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
        assert.ok(ms <= turnMsMax, `${name}: ${ms.toFixed(1)} ms`);
      }
    });

    it('stays within the budget of metadata', () => assertWithinBudget(documents(), (text) => parseIdpMetadata(text)));
  });
});
