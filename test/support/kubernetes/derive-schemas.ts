// Writes schemas.json from the OpenAPI document of Kubernetes. README.md names its source.
//
//   node --import tsx test/support/kubernetes/derive-schemas.ts swagger.json
import { readFileSync, writeFileSync } from 'node:fs';

/** Values of the keywords of a schema. */
// biome-ignore lint/suspicious/noExplicitAny: `derive` throws for each keyword that it doesn't know
type Schema = Readonly<Record<string, any>>;

/** The kinds of the manifests. */
const kinds = {
  'v1 ConfigMap': 'io.k8s.api.core.v1.ConfigMap',
  'v1 Service': 'io.k8s.api.core.v1.Service',
  'apps/v1 Deployment': 'io.k8s.api.apps.v1.Deployment',
  'policy/v1 PodDisruptionBudget': 'io.k8s.api.policy.v1.PodDisruptionBudget',
  'networking.k8s.io/v1 Ingress': 'io.k8s.api.networking.v1.Ingress',
  'networking.k8s.io/v1 NetworkPolicy': 'io.k8s.api.networking.v1.NetworkPolicy',
};
/** Definitions whose JSON OpenAPI 2 can't describe. A comment in Kubernetes describes it. */
const replaced: Readonly<Record<string, Schema>> = {
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': { oneOf: [{ type: 'integer' }, { type: 'string' }] },
  'io.k8s.apimachinery.pkg.api.resource.Quantity': { oneOf: [{ type: 'number' }, { type: 'string' }] },
};
const [, , file] = process.argv;
const source: Schema = JSON.parse(readFileSync(file!, 'utf8')).definitions;
const definitions = new Map<string, Schema>();

/** The schema without descriptions. An object with properties has no others. */
function derive(schema: Schema): Schema {
  const derived: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === 'description' || keyword === 'default' || keyword.startsWith('x-kubernetes-')) continue;
    else if (['type', 'format', 'enum', 'required'].includes(keyword)) derived[keyword] = value;
    else if (keyword === '$ref') {
      derived.$ref = value;
      define(value.slice('#/definitions/'.length));
    } else if (keyword === 'items' || keyword === 'additionalProperties') derived[keyword] = derive(value);
    else if (keyword === 'properties') {
      derived.properties = Object.fromEntries(Object.entries<Schema>(value).map(([name, property]) => [name, derive(property)]));
      derived.additionalProperties = false;
    } else throw new Error(`the keyword ${keyword} is unknown`);
  }
  return derived;
}

/** Adds the definition, and those to which it refers. */
function define(name: string): void {
  if (definitions.has(name)) return;
  definitions.set(name, {});
  definitions.set(name, replaced[name] ?? derive(source[name]));
}

for (const name of Object.values(kinds)) define(name);
const lines = [...definitions].sort(([one], [other]) => (one < other ? -1 : 1));
const text = lines.map(([name, schema]) => `    ${JSON.stringify(name)}: ${JSON.stringify(schema)}`).join(',\n');
writeFileSync(new URL('schemas.json', import.meta.url), `{\n  "kinds": ${JSON.stringify(kinds)},\n  "definitions": {\n${text}\n  }\n}\n`);
