import { mapYielding } from '../../../runtime/tasks/map-yielding.ts';
import { escapeHtml } from '../../../runtime/text/escape-html.ts';
import type { OpenApiDocument } from '../document.ts';
import type { OperationAt } from '../operations.ts';
import { problemStatuses } from '../problems.ts';
import type { JsonSchema } from '../schemas.ts';
import { curlVariables } from './curl.ts';
import { fieldList, rowsOf, typeOf } from './fields.ts';
import { operationItem } from './operation.ts';
import { line, paragraphs } from './prose.ts';

/** Renders the API's description as one page, which loads only its own style and script. */
export async function referencePage(document: OpenApiDocument): Promise<string> {
  const { info, tags } = document;
  const sections = tags.map(({ name, description }) => ({ name, description, operations: operationsOf(document, name) }));
  const operations = sections.flatMap((section) => section.operations);
  const items = new Map(await mapYielding(operations, (one) => [one.operation.operationId, operationItem(document, one)] as const));
  const shapes = await mapYielding(Object.entries(document.components.schemas), ([name, schema]) => shapeItem(name, schema));
  return [
    '<!doctype html>',
    '<html lang="en">',
    `<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(info.title)} API</title>`,
    '<link rel="icon" href="/pages/icon.svg">',
    '<link rel="stylesheet" href="/pages/reference.css"><script src="/pages/reference.js" defer></script></head>',
    '<body>',
    `<header><h1>${escapeHtml(info.title)} API <span class="version">${escapeHtml(info.version)}</span></h1>`,
    '<input type="search" id="filter" placeholder="Filter: team, POST, scope…" aria-label="Filter the endpoints" hidden>',
    '<a href="/api/0/openapi.json">openapi.json</a></header>',
    '<nav aria-label="Endpoints">',
    ...sections.map(({ name, operations }) => navigation(name, operations)),
    '<section><h2>More</h2><ul><li><a href="#errors">Errors</a></li><li><a href="#schemas">Schemas</a></li></ul></section>',
    '</nav>',
    '<main>',
    `<section class="intro">${paragraphs(info.description)}${credentials(document)}</section>`,
    ...sections.map(
      ({ name, description, operations }) =>
        `<section class="tag" id="${anchorOf(name)}"><h2>${escapeHtml(name)}</h2><p>${line(description)}</p>${operations
          .map(({ operation }) => items.get(operation.operationId))
          .join('')}</section>`,
    ),
    '<p id="nothing" hidden>No endpoint matches all of these words.</p>',
    refusals(document),
    shapeSection(shapes),
    '</main>',
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function operationsOf({ paths }: OpenApiDocument, tag: string): OperationAt[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => operation.tags[0] === tag)
      .map(([method, operation]) => ({ method, path, operation })),
  );
}

function navigation(tag: string, operations: readonly OperationAt[]): string {
  const items = operations.map(
    ({ operation: { operationId, summary } }) => `<li><a href="#${operationId}">${escapeHtml(summary)}</a></li>`,
  );
  return `<section><h2><a href="#${anchorOf(tag)}">${escapeHtml(tag)}</a></h2><ul>${items.join('')}</ul></section>`;
}

function anchorOf(tag: string): string {
  return `tag-${tag.toLowerCase().replaceAll(' ', '-')}`;
}

const schemeNames: Readonly<Record<string, string>> = {
  token: 'Authorization: Bearer <token>',
  organizationToken: 'Authorization: Bearer <organization token>',
  session: 'Cookie',
  operator: 'Authorization: Bearer <operator token>',
};

function credentials({ components }: OpenApiDocument): string {
  const items = Object.entries(components.securitySchemes).map(
    ([name, { description }]) => `<div><dt><code>${escapeHtml(schemeNames[name] ?? name)}</code></dt><dd>${line(description)}</dd></div>`,
  );
  const variables = Object.entries(curlVariables).map(
    ([name, meaning]) => `<div><dt><code>${name}</code></dt><dd>${escapeHtml(meaning)}</dd></div>`,
  );
  return [
    `<h2>Credentials</h2><dl class="fields">${items.join('')}</dl>`,
    '<h2>Command lines</h2><p>Each operation has a command line for <code>curl</code>. It reads these variables of the shell, and one for each part of its path, such as <code>$org</code>.</p>',
    `<dl class="fields">${variables.join('')}</dl>`,
  ].join('');
}

function refusals({ components }: OpenApiDocument): string {
  const items = [...problemStatuses()].map(([status, { name, description }]) => {
    const { schema } = components.responses[name]!.content!['application/json']!;
    const shape = `<span class="type">${typeOf(schema)}</span>`;
    return `<div id="error-${status}"><dt><code>${status}</code> <span class="mark">${name}</span></dt><dd>${shape}<span class="what">${line(description)}</span></dd></div>`;
  });
  const intro = 'The header `X-Sentry-Error` contains the error code. Some responses with 400 or 403 have no body.';
  return `<section id="errors"><h2>Errors</h2><p>${line(intro)}</p><dl class="fields">${items.join('')}</dl></section>`;
}

function shapeSection(items: readonly string[]): string {
  return `<section id="schemas"><h2>Schemas</h2><p>Every field is present unless it is marked as optional.</p>${items.join('')}</section>`;
}

function shapeItem(name: string, schema: JsonSchema): string {
  return `<details class="shape" id="schema-${name}"><summary><code>${name}</code></summary>${shape(schema)}</details>`;
}

function shape(schema: JsonSchema): string {
  const description = schema.description ? `<p>${line(schema.description)}</p>` : '';
  if (!schema.properties) return `<div class="body">${description}<p class="type">${typeOf(schema)}</p></div>`;
  const rows = rowsOf(schema).map((row) => (row.isRequired ? row : { ...row, place: 'optional' }));
  return `<div class="body">${description}${fieldList(rows, '')}</div>`;
}
