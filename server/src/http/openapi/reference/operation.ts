import { escapeHtml } from '../../../runtime/text/escape-html.ts';
import type { OpenApiDocument } from '../document.ts';
import type { Operation, OperationAt, ResponseDescription } from '../operations.ts';
import type { Parameter, Reference } from '../parameters.ts';
import type { JsonSchema } from '../schemas.ts';
import { curlOf } from './curl.ts';
import { fieldList, rowsOf, typeOf } from './fields.ts';
import { code, line, paragraphs, path } from './prose.ts';

/** Renders an operation as a line that opens to show its details. */
export function operationItem(document: OpenApiDocument, { method, path: at, operation }: OperationAt): string {
  const { operationId, summary, description } = operation;
  const words = [method, at, summary, operationId, ...scopesOf(operation)].join(' ').toLowerCase();
  return [
    `<details class="operation" id="${operationId}" data-words="${escapeHtml(words)}">`,
    `<summary><span class="method ${method}">${method.toUpperCase()}</span> ${path(at)} <span class="summary">${escapeHtml(summary)}</span></summary>`,
    '<div class="body">',
    paragraphs(description),
    part('Authentication', `<p>${callersOf(operation)}</p>`),
    part('Parameters', parameters(document, operation)),
    part('Body', bodyOf(operation)),
    part('curl', `<pre><code>${escapeHtml(curlOf({ method, path: at, operation }))}</code></pre>`),
    part('Responses', responsesOf(operation)),
    `<p class="permalink"><a href="#${operationId}">Link to ${code(operationId)}</a></p>`,
    '</div></details>',
  ].join('');
}

function part(title: string, content: string): string {
  return content === '' ? '' : `<h4>${title}</h4>${content}`;
}

function scopesOf({ security }: Operation): string[] {
  return security.flatMap(({ token }) => token ?? []);
}

function callersOf(operation: Operation): string {
  const { security } = operation;
  const tokens = security.some(({ organizationToken }) => organizationToken) ? 'a user or organization token' : 'a user token';
  const scopes = scopesOf(operation);
  const [operatorScope] = security.flatMap(({ operator }) => operator ?? []);
  if (operatorScope !== undefined) return `An operator token with ${code(operatorScope)}.`;
  const kinds = [
    ...(security.some((one) => Object.keys(one).length === 0) ? ['no credential'] : []),
    ...(security.some(({ token }) => token) ? [`${tokens}${scopes.length > 0 ? ` with ${either(scopes.map(code))}` : ''}`] : []),
    ...(security.some(({ session }) => session) ? ['a session'] : []),
  ];
  const text = kinds.join(', or ');
  return `${text[0]!.toUpperCase()}${text.slice(1)}.`;
}

function either(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

function parameters(document: OpenApiDocument, operation: Operation): string {
  return fieldList(
    operation.parameters.map((one) => {
      const { name, in: place, required = false, description, schema } = resolve(document, one);
      return { name, place, isRequired: required && place !== 'path', schema, description };
    }),
  );
}

function resolve(document: OpenApiDocument, parameter: Parameter | Reference): Parameter {
  if (!('$ref' in parameter)) return parameter;
  const name = parameter.$ref.slice(parameter.$ref.lastIndexOf('/') + 1);
  return document.components.parameters[name as keyof typeof document.components.parameters];
}

function bodyOf({ requestBody }: Operation): string {
  if (!requestBody) return '';
  return Object.entries(requestBody.content)
    .map(([type, { schema }]) => (type === 'application/json' ? fieldList(rowsOf(schema)) : `<p>${code(type)}</p>`))
    .join('');
}

function responsesOf({ responses }: Operation): string {
  const entries = Object.entries(responses);
  const own = entries.flatMap(([status, response]) => ('$ref' in response ? [] : [responseItem(status, response)]));
  const refusals = entries.flatMap(([status, response]) => ('$ref' in response ? [`<a href="#error-${status}">${status}</a>`] : []));
  return `<dl class="fields">${own.join('')}</dl><p>Errors: ${refusals.join(', ')}.</p>`;
}

function responseItem(status: string, { description, headers = {}, content }: ResponseDescription): string {
  const schema = content?.['application/json']?.schema;
  const named = Object.keys(headers).map(code);
  return [
    `<div><dt>${code(status)} <span class="mark">${escapeHtml(description)}</span></dt><dd>`,
    schema ? `<span class="type">${typeOf(schema)}</span>` : 'No body.',
    named.length > 0 ? ` With ${either(named).replace(' or ', ' and ')}.` : '',
    schema?.description ? `<span class="what">${line(schema.description)}</span>` : '',
    '</dd></div>',
    schema ? fieldsInside(schema) : '',
  ].join('');
}

/** Renders the fields of a response whose shape has no name. */
function fieldsInside(schema: JsonSchema): string {
  return schema.properties ? fieldList(rowsOf(schema), '').replace(/^<dl class="fields">|<\/dl>$/g, '') : '';
}
