import { readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { type Example, type Examples, examplesFile } from '../../server/src/http/openapi/examples.ts';
import type { WireResponse } from './response-checker.ts';

/**
 * Records the first real request and response for each operation and status, as examples for the
 * API’s description: `RECORD_EXAMPLES=1 npx mocha test/integration/teams`. Examples that the run
 * did not record remain.
 */

/** A longer list shows nothing more. */
const itemsMax = 2;
/** A longer text is cut, for example a QR code. */
const textLengthMax = 200;

function readExamples(): Examples {
  return JSON.parse(readFileSync(examplesFile, 'utf8')) as Examples;
}

type Mutable = Record<string, Record<string, Example>>;
const recorded: Mutable = {};

/** @param key as in `Examples` */
export function recordExample(key: string, { status, headers, text }: Omit<WireResponse, 'method' | 'path'>, body: unknown): void {
  const isJson = text !== '' && (headers.get('content-type') ?? '').includes('json');
  const example: Example = {
    ...(body === undefined || status >= 400 ? {} : { request: normalize(parse(body)) }),
    ...(isJson ? { response: normalize(parse(text)) } : {}),
  };
  const known = recorded[key]?.[status];
  if (known && !isEmptyList(known.response)) return;
  recorded[key] = { ...recorded[key], [status]: example };
}

export function saveExamples(): void {
  const known: Mutable = { ...readExamples() };
  for (const [operation, byStatus] of Object.entries(recorded)) known[operation] = { ...known[operation], ...byStatus };
  const lines = Object.entries(known)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([operation, examples]) => `${JSON.stringify(operation)}: ${JSON.stringify(examples)}`);
  writeFileSync(examplesFile, `{\n${lines.join(',\n')}\n}\n`);
}

function isEmptyList(response: unknown): boolean {
  return Array.isArray(response) && response.length === 0;
}

function parse(text: unknown): unknown {
  if (typeof text !== 'string') return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Secrets and values that differ from run to run, and their replacements. */
const replacements: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/https?:\/\/(?:127\.0\.0\.1|localhost)(?::\d+)?/g, 'https://rollcall.example.com'],
  [/127\.0\.0\.1:\d+/g, 'rollcall.example.com'],
  // The tests number what they create.
  [/\b(person|org|made|account|token)([- ])\d+\b/gi, '$1$21'],
  [/sntry([us])_[\w+/=-]+/g, 'sntry$1_…'],
  [/secret=[A-Z2-7]+/g, 'secret=…'],
  [/^data:.*/s, 'data:image/svg+xml;base64,…'],
  [/-----BEGIN CERTIFICATE-----.*/s, '-----BEGIN CERTIFICATE-----…'],
  [/\b(?:[0-9A-F]{2}:){31}[0-9A-F]{2}\b/g, 'A3:1C:…'],
  [/whsec_[\w+/=-]+/g, 'whsec_…'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,6}Z/g, '2026-03-01T09:30:00.000000Z'],
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '0f8fad5b-d9cb-469f-a165-70867728950e'],
  [/\b[0-9a-f]{32,64}\b/g, '5f4dcc3b5aa765d61d8327deb882cf99'],
];

const passwordKeys = /^(password|newPassword)$/;
const secretKeys = /^(token|secret|otp|setup|codes)$/;
/** A code of an authenticator app. The code of an error is a word. */
const digits = /^\d{6}$/;
const idKeys = /^(id|value|members|users|tokens|organizations|reinstated|createdBy|\w+(Id|_id|Ids))$/;

function normalize(value: unknown): unknown {
  const ids = new Map<string, string>();
  const idOf = (id: string) => {
    if (!ids.has(id)) ids.set(id, String(101 + ids.size));
    return ids.get(id)!;
  };
  const visit = (one: unknown, key: string): unknown => {
    if (typeof one === 'string') {
      if (idKeys.test(key) && /^\d+$/.test(one)) return idOf(one);
      const clean = replacements.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), one);
      if (passwordKeys.test(key)) return 'correct horse battery staple';
      if (one === hostname()) return 'rollcall-1';
      if (key === 'integrationKey') return '5f4dcc3b5aa765d61d8327deb882cf99';
      if (key === 'code' && digits.test(one)) return '123456';
      if (secretKeys.test(key) && clean === one && clean !== '***') return '…';
      return clean.length > textLengthMax ? `${clean.slice(0, textLengthMax)}…` : clean;
    }
    if (Array.isArray(one)) return one.slice(0, itemsMax).map((item) => visit(item, key));
    if (typeof one === 'object' && one !== null)
      return Object.fromEntries(Object.entries(one).map(([name, inner]) => [name, visit(inner, name)]));
    return one;
  };
  return visit(value, '');
}
