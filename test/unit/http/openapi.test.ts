import assert from 'node:assert/strict';
import { Validator } from '@seriousme/openapi-schema-validator';
import { errorCodes } from '../../../protocol/src/index.ts';
import { describeOwnApi } from '../../../server/src/http/openapi/router.ts';
import { operatorRoutes } from '../../../server/src/http/operator/router.ts';
import { routes } from '../../../server/src/http/routes.ts';
import { listFiles, readSource } from '../../support/source-files.ts';

describe('the description of the API', () => {
  const document = describeOwnApi('1.2.3');
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );

  it('is valid OpenAPI 3.1, and every reference leads somewhere', async () => {
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
      assert.ok(found, `${reference} leads nowhere`);
    }
  });

  it('has every route, each with a name of its own', () => {
    assert.equal(operations.length, routes.length + operatorRoutes.length, 'some route hides another one of the same path and method');
    const ids = operations.map(({ operation }) => operation.operationId);
    assert.deepEqual(
      ids.filter((id, index) => ids.indexOf(id) !== index),
      [],
    );
    for (const { path, method, operation } of operations) {
      assert.ok(operation.summary.length > 5, `${method} ${path} says nothing of itself`);
      assert.ok(!operation.summary.endsWith('.'), `${method} ${path}: a summary is no sentence`);
    }
  });

  it('says what every error is that the server answers', () => {
    const described = new Set(JSON.stringify(document.components.responses).match(/`[a-z0-9-]+`/g));
    const answered = Object.entries(errorCodes).filter(([, { status }]) => status > 0);
    assert.deepEqual(
      answered.map(([code]) => code).filter((code) => !described.has(`\`${code}\``)),
      [],
    );
  });

  it('describes a body by the very schema that it is parsed with', () => {
    const sources = ['server/src/http/endpoints', 'server/src/http/operator']
      .flatMap((folder) => listFiles(folder, '.ts'))
      .map((file) => ({ file, source: readSource(file) }));
    const describedIn = (source: string, name: string) => new RegExp(`\\b(body|query): ${name}\\b`).test(source);
    let parsed = 0;
    for (const { file, source } of sources) {
      for (const [, name] of source.matchAll(/\bparse(?:Body|Fields)\((\w+)/g)) {
        parsed += 1;
        const isExported = source.includes(`export const ${name} `);
        const isSaid = describedIn(source, name!) || (isExported && sources.some((other) => describedIn(other.source, name!)));
        assert.ok(isSaid, `${file} parses with ${name}, which no route has as its body`);
      }
    }
    assert.ok(parsed > 20, 'nothing was found to be parsed: has parsing another name now?');
  });

  it('says of every field of a body what it takes', () => {
    for (const { about, path } of [...routes, ...operatorRoutes]) {
      if (!about.body) continue;
      const operation = operations.find(({ operation }) => operation.operationId === about.id)!.operation;
      const { properties } = operation.requestBody!.content['application/json']!.schema;
      for (const [name, schema] of Object.entries(properties ?? {})) {
        const says = JSON.stringify(schema);
        assert.match(says, /"(type|anyOf|enum|\$ref)"/, `${about.id} (${path}): ${name} is ${says}`);
      }
    }
  });
});
