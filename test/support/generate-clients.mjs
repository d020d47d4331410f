import { writeFileSync } from 'node:fs';
import { register } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * Generates clients from an OpenAPI document: `node generate-clients.mjs <document> <folder>`. The
 * generators use the compiler's API, which TypeScript 7 does not have, so they get version 5.
 */
const hook = "export const resolve = (name, context, next) => next(name === 'typescript' ? 'typescript-5' : name, context);";
register(`data:text/javascript,${encodeURIComponent(hook)}`);

const [document, folder] = process.argv.slice(2);

const { default: writeTypes, astToString } = await import('openapi-typescript');
writeFileSync(path.join(folder, 'types.ts'), astToString(await writeTypes(pathToFileURL(document))));

const { createClient } = await import('@hey-api/openapi-ts');
await createClient({ input: document, output: path.join(folder, 'client'), logs: { level: 'error', file: false } });
