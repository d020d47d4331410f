import assert from 'node:assert/strict';
import { Validator } from '@seriousme/openapi-schema-validator';
import { errorCodes } from '../../../protocol/src/index.ts';
import { providers } from '../../../server/src/features/integrations/providers/providers.ts';
import { referencePage } from '../../../server/src/http/openapi/reference/page.ts';
import { describeOwnApi } from '../../../server/src/http/openapi/router.ts';
import { operatorRoutes } from '../../../server/src/http/operator/router.ts';
import { routes } from '../../../server/src/http/routes.ts';
import { listFiles, readSource } from '../../support/source-files.ts';

interface Schema {
  readonly $ref?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: boolean | Schema;
  readonly anyOf?: readonly Schema[];
}

const document = await describeOwnApi('1.2.3');

describe('the description of the API', () => {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );

  it('conforms to OpenAPI 3.1 and has no broken reference', async () => {
    const validator = new Validator();
    const plain = JSON.parse(JSON.stringify(document)) as Record<string, unknown>;
    const { valid, errors } = await validator.validate(plain);
    assert.equal(valid, true, JSON.stringify(errors, null, 2));
    assert.equal(validator.version, '3.1');
    for (const [, reference] of JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)) {
      const found = reference!
        .replace(/^#\//, '')
        .split('/')
        .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], plain);
      assert.ok(found, `${reference} has no target`);
    }
  });

  it('lets other requests be served while it is rendered', async () => {
    for (const render of [() => describeOwnApi('1.2.3'), () => referencePage(document)]) {
      let isServed = false;
      setImmediate(() => {
        isServed = true;
      });
      await render();
      assert.ok(isServed, 'the process was blocked');
    }
  });

  it('contains every route, each with a unique operation id', () => {
    assert.equal(operations.length, routes.length + operatorRoutes.length, 'some route hides another one of the same path and method');
    const ids = operations.map(({ operation }) => operation.operationId);
    assert.deepEqual(
      ids.filter((id, index) => ids.indexOf(id) !== index),
      [],
    );
    for (const { path, method, operation } of operations) {
      assert.ok(operation.summary.length > 5, `${method} ${path} has no description`);
      assert.ok(!operation.summary.endsWith('.'), `${method} ${path}: the summary is a full sentence`);
    }
  });

  it('describes every operation, parameter, schema and property', () => {
    const missing: string[] = [];
    const visit = (at: string, schema: Schema): void => {
      for (const [name, property] of Object.entries(schema.properties ?? {})) {
        if (!property.description && !property.$ref) missing.push(`${at}.${name}`);
        visit(`${at}.${name}`, property);
      }
      if (schema.items) visit(`${at}[]`, schema.items);
      if (typeof schema.additionalProperties === 'object') visit(`${at}{}`, schema.additionalProperties);
      for (const branch of schema.anyOf ?? []) visit(at, branch);
    };
    for (const [name, schema] of Object.entries(document.components.schemas)) {
      if (!schema.description) missing.push(name);
      visit(name, schema as Schema);
    }
    for (const { operation } of operations) {
      const { operationId, parameters, requestBody, responses } = operation;
      if (operation.description.length <= 5) missing.push(operationId);
      for (const parameter of parameters)
        if (!('$ref' in parameter) && !parameter.description) missing.push(`${operationId} ${parameter.name}`);
      const bodies = [requestBody, ...Object.values(responses)].flatMap((one) =>
        one && 'content' in one ? Object.values(one.content ?? {}) : [],
      );
      for (const { schema } of bodies) visit(operationId, schema as Schema);
    }
    assert.deepEqual(missing, [], 'add .describe(…) to the field of the shape or of the body');
  });

  it('has no schema that nothing refers to', () => {
    const text = JSON.stringify(document);
    const orphans = Object.keys(document.components.schemas).filter((name) => !text.includes(`"#/components/schemas/${name}"`));
    assert.deepEqual(orphans, []);
  });

  it('has operation ids that are function names of a verb and a noun', () => {
    for (const { operation } of operations) assert.match(operation.operationId, /^[a-z]+([A-Z][a-z0-9]*)*$/);
  });

  it('describes every error that the server returns', () => {
    const described = new Set(JSON.stringify(document.components.responses).match(/`[a-z0-9-]+`/g));
    const answered = Object.entries(errorCodes).filter(([, { status }]) => status > 0);
    assert.deepEqual(
      answered.map(([code]) => code).filter((code) => !described.has(`\`${code}\``)),
      [],
    );
  });

  it('describes a body by the same schema that its handler parses with', () => {
    const sources = ['server/src/http/endpoints', 'server/src/http/operator', 'server/src/features']
      .flatMap((folder) => listFiles(folder, '.ts'))
      .map(readSource);
    const functions = (source: string) => [...source.matchAll(/^(?:export )?(?:async )?function (\w+)[\s\S]*?^}/gm)];
    const rows = sources.flatMap((source) =>
      [...source.matchAll(/\bbody: (\w+Schema)\b[\s\S]*?(?=\bmethod:|\bprojectRoute\(|^\];)/gm)].map(([row, schema]) => ({
        source,
        row,
        schema,
      })),
    );
    // `connectRoute` describes and parses the body of these by one schema.
    const connecting = new Set<unknown>(Object.values(providers).map((provider) => provider.connecting));
    assert.equal(
      rows.length,
      [...routes, ...operatorRoutes].filter((route) => route.metadata.body && !connecting.has(route)).length,
      'rows with a body were not all found',
    );
    for (const { source, row, schema } of rows) {
      const handler = /\bhandle: (?:\([^)]*\) => )?(\w+)/.exec(row)?.[1];
      const ofFile = functions(source).find(([, name]) => name === handler);
      const code = [row, (ofFile ?? sources.flatMap(functions).find(([, name]) => name === handler))?.[0]].join('\n');
      assert.match(
        code,
        new RegExp(`\\bparse(Body|Fields)\\([^;]*\\b${schema},`),
        `${handler ?? row.slice(0, 300)} does not parse with ${schema}`,
      );
    }
    const bodies = new Set(rows.map(({ schema }) => schema));
    for (const source of sources) {
      for (const [, name] of source.matchAll(/\bparse(?:Body|Fields)\((\w+Schema)\b(?!\.)/g))
        assert.ok(bodies.has(name!) || source.includes(`query: ${name}`), `no route has ${name} as its body`);
    }
  });

  it('describes the values that each field of a body accepts', () => {
    for (const { metadata, path } of [...routes, ...operatorRoutes]) {
      if (!metadata.body) continue;
      const operation = operations.find(({ operation }) => operation.operationId === metadata.id)!.operation;
      const { properties } = operation.requestBody!.content['application/json']!.schema;
      for (const [name, schema] of Object.entries(properties ?? {})) {
        const says = JSON.stringify(schema);
        assert.match(says, /"(type|anyOf|enum|\$ref)"/, `${metadata.id} (${path}): ${name} is ${says}`);
      }
    }
  });
});
