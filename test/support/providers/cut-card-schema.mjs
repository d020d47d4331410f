// Cuts the schema of Adaptive Cards out of Microsoft's designer for them:
//
//   npm pack adaptivecards-designer
//   tar xzf adaptivecards-designer-*.tgz package/lib/adaptive-card-schema.js
//   node test/support/providers/cut-card-schema.mjs package/lib/adaptive-card-schema.js VERSION
//
// The package (MIT) has 11 MB unpacked, so that only the schema is part of the repository.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const [file, version] = process.argv.slice(2);
const { adaptiveCardSchema } = createRequire(import.meta.url)(path.resolve(file));

function cut(node) {
  if (Array.isArray(node)) return node.map(cut);
  if (node === null || typeof node !== 'object') return node;
  const kept = Object.entries(node).filter(([key, value]) => !(key === 'description' && typeof value === 'string'));
  return Object.fromEntries(kept.map(([key, value]) => [key, cut(value)]));
}

const { id, definitions, allOf, properties, required } = cut(adaptiveCardSchema);
for (const [name, definition] of Object.entries(definitions)) {
  // The published schema has the schema of all items in a tuple, and so checks the first item only.
  if (Array.isArray(definition.items) && definition.items.length === 1) [definition.items] = definition.items;
  // It also allows unknown properties, behind which a misspelt one would hide.
  if (name !== 'AdaptiveCard' && definition.properties?.type?.enum) {
    delete definition.additionalProperties;
    definition.unevaluatedProperties = false;
  }
}
const schema = { type: 'object', allOf, properties, required, definitions };
const result = {
  source: `adaptivecards-designer ${version}, lib/adaptive-card-schema.js`,
  id,
  license: 'MIT, Copyright (c) 2017 Microsoft',
  schema,
};
writeFileSync(new URL('card-schema.json', import.meta.url), `${JSON.stringify(result)}\n`);
