// Cuts the schemas of the operations that the server uses out of GitHub's OpenAPI description:
//
//   npm pack @octokit/openapi
//   tar xzf octokit-openapi-*.tgz package/generated/api.github.com.json
//   node test/support/providers/cut-github-schemas.mjs \
//     package/generated/api.github.com.json VERSION
//
// The package (MIT) has 400 MB unpacked, so that only the result is part of the repository.
import { readFileSync, writeFileSync } from 'node:fs';

/** The responses whose schema is used: the operation, and the status. */
const operations = [
  ['get', '/app', 200],
  ['get', '/app/installations/{installation_id}', 200],
  ['delete', '/app/installations/{installation_id}', 204],
  ['post', '/app/installations/{installation_id}/access_tokens', 201],
  ['get', '/orgs/{org}/members', 200],
  ['get', '/orgs/{org}/teams', 200],
  ['get', '/orgs/{org}/teams/{team_slug}/members', 200],
  ['get', '/user/installations', 200],
  ['get', '/user', 200],
  ['get', '/user/memberships/orgs/{org}', 200],
  ['delete', '/applications/{client_id}/token', 204],
];

const [file, version] = process.argv.slice(2);
const { paths, components } = JSON.parse(readFileSync(file, 'utf8'));
const definitions = {};
/** The descriptions and examples are most of the text, and no part of the validation. */
const dropped = new Set(['description', 'example', 'examples', 'title', 'x-github-breaking-changes']);

function cut(node, isMap = false) {
  if (Array.isArray(node)) return node.map((item) => cut(item));
  if (node === null || typeof node !== 'object') return node;
  if (typeof node.$ref === 'string') return { $ref: `#/definitions/${define(node.$ref.split('/').at(-1))}` };
  if (node.nullable && !isMap && node.type === undefined) return { anyOf: [cut({ ...node, nullable: undefined }), { type: 'null' }] };
  const kept = Object.entries(node).filter(([key, value]) => value !== undefined && (isMap || !dropped.has(key)));
  return Object.fromEntries(kept.map(([key, value]) => [key, cut(value, key === 'properties' && !isMap)]));
}

function define(name) {
  if (!(name in definitions)) {
    definitions[name] = null;
    definitions[name] = cut(components.schemas[name]);
  }
  return name;
}

const responses = Object.fromEntries(
  operations.map(([method, path, status]) => {
    const schema = paths[path][method].responses[status].content?.['application/json'].schema;
    return [`${method.toUpperCase()} ${path} ${status}`, schema ? cut(schema) : null];
  }),
);
const result = { source: `@octokit/openapi ${version}, generated/api.github.com.json`, license: 'MIT', responses, definitions };
writeFileSync(new URL('github-schemas.json', import.meta.url), `${JSON.stringify(result)}\n`);
