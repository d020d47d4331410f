import assert from 'node:assert/strict';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { readExamples } from '../../server/src/http/openapi/examples.ts';
import type { MediaType } from '../../server/src/http/openapi/operations.ts';
import { describeOwnApi } from '../../server/src/http/openapi/router.ts';

const howToRecord = 'record them: RECORD_EXAMPLES=1 npx mocha <a test that calls the operation>';

describe('the examples in the description of the API', () => {
  /** Every JSON body of a request or a response, by its place. */
  const bodies = new Map<string, MediaType>();

  before(async () => {
    const document = await describeOwnApi('1.2.3', { isClosed: true, examples: await readExamples() });
    const add = (at: string, content: Readonly<Record<string, MediaType>> | undefined) => {
      const media = content?.['application/json'];
      if (media) bodies.set(at, media);
    };
    for (const { operationId, requestBody, responses } of Object.values(document.paths).flatMap((methods) => Object.values(methods))) {
      add(`${operationId}: the request`, requestBody?.content);
      // The errors of SCIM all have one form.
      const own = Object.entries(responses).filter(([status]) => Number(status) < 400);
      for (const [status, response] of own) if (!('$ref' in response)) add(`${operationId}: ${status}`, response.content);
    }
    for (const [name, { content }] of Object.entries(document.components.responses)) add(name, content);
    ajv.addSchema(document, 'api');
  });

  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);

  it('exist for every body of a request or a response', () => {
    const missing = [...bodies].filter(([, { example }]) => example === undefined).map(([at]) => at);
    assert.equal(missing.join('\n'), '', howToRecord);
  });

  it('belong to operations, and conform to their schemas', () => {
    const wrong = [...bodies].flatMap(([at, { schema, example }]) => {
      if (example === undefined) return [];
      const validate = ajv.compile(absolute(schema));
      return validate(example) ? [] : [`${at}: ${ajv.errorsText(validate.errors)}`];
    });
    assert.equal(wrong.join('\n'), '', howToRecord);
  });

  it('contain no secret, no address of a test server and no time of the run', async () => {
    const text = JSON.stringify(await readExamples());
    assert.doesNotMatch(text, /sntry[us]_\w|whsec_\w|127\.0\.0\.1:\d|localhost:\d|-----BEGIN[^…]{60}/);
    const times = new Set(text.match(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z/g));
    assert.deepEqual([...times], ['2026-03-01T09:30:00.000000Z']);
  });
});

/** Resolves references within the document. */
function absolute(schema: object): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/', '"$ref":"api#/')) as object;
}
