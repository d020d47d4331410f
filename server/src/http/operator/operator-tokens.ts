import { isId, type OperatorScope, operatorScopes } from '@rollcall/protocol';
import { mintedOperatorTokenShape, operatorTokenShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { notFound } from '../../domain/authorize.ts';
import { invalidFields } from '../../domain/field-errors.ts';
import { bootstrapName } from '../../domain/operator.ts';
import { digestToken, mintOperatorToken } from '../../identity/tokens/tokens.ts';
import { listOperatorTokens } from '../../read-path/queries/tokens/list-operator-tokens.ts';
import { storedLimits } from '../../runtime/limits/rows/stored.ts';
import { createOperatorToken } from '../../write-path/operator-tokens/create-operator-token.ts';
import { revokeOperatorToken } from '../../write-path/operator-tokens/revoke-operator-token.ts';
import { choiceField, dateTimeField, field, listField, messages, parseBody } from '../requests/fields.ts';
import type { Reply } from '../route.ts';
import type { Services } from '../services.ts';
import type { OperatorRequest, OperatorRoute } from './operator-route.ts';

/** Two names never look alike, and a name needs no quotes in a log, a shell or a sentence. */
const namePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const badName = 'Enter 1 to 64 lower-case letters, digits, dots, dashes and underscores. The first is a letter or a digit.';
const dayMs = 24 * 60 * 60 * 1_000;

const scope = choiceField(operatorScopes);

const tokenSchema = z.object({
  name: field({ type: 'string', pattern: namePattern.source }, (value, refuse) => {
    if (typeof value !== 'string' || !namePattern.test(value)) return refuse(badName);
    return value === bootstrapName ? refuse(`"${bootstrapName}" is the name of OPERATOR_TOKEN.`) : value;
  }).describe('Name of the operator who uses the token, such as `deploy-bot`. Unique among the valid tokens. Audit logs show it.'),
  scopes: listField<OperatorScope>(operatorScopes.length, { type: 'string', enum: [...operatorScopes] }, (item, refuse) => {
    const parsed = scope.safeParse(item);
    return parsed.success ? parsed.data : refuse(messages.notChoice(item));
  }).describe('The scopes of the token. At least one.'),
  expiresAt: dateTimeField()
    .optional()
    .describe(
      `When the token expires, at most ${storedLimits.operatorTokenDaysMax.value} days from now. Default: in ${storedLimits.operatorTokenDays.value} days.`,
    ),
});

const path = '/operator-tokens/';

/** The tokens of operators, beside `OPERATOR_TOKEN`. */
export const operatorTokenRoutes: readonly OperatorRoute[] = [
  {
    method: 'GET',
    path,
    scope: 'operator:read',
    metadata: {
      tag: 'Operator',
      id: 'listOperatorTokens',
      summary: 'List the operator tokens',
      description: 'Sorted by id. Expired tokens and the token strings are not included.',
      responses: { 200: z.array(operatorTokenShape) },
    },
    handle: async (_request, { db }) => ({ status: 200, body: await listOperatorTokens(db) }),
  },
  {
    method: 'POST',
    path,
    // A narrower token could otherwise create a wider one.
    scope: 'operator:admin',
    metadata: {
      tag: 'Operator',
      id: 'createOperatorToken',
      summary: 'Create an operator token',
      description:
        'Only this response contains the token string. `operator:admin` includes `operator:provision`, which includes `operator:read`, which includes `metrics:read`. A token with `metrics:read` alone can read metrics and the health of instances, and nothing else.',
      isUnrepeatable: true,
      responses: { 201: mintedOperatorTokenShape },
      errors: ['already-exists'],
      body: tokenSchema,
    },
    handle: create,
  },
  {
    method: 'DELETE',
    path: `${path}:token/`,
    scope: 'operator:admin',
    metadata: {
      tag: 'Operator',
      id: 'revokeOperatorToken',
      summary: 'Revoke an operator token',
      description: 'Every instance refuses the token from the next request on.',
      responses: { 204: null },
    },
    handle: revoke,
  },
];

async function create({ body, operator }: OperatorRequest, { db, writePath }: Services): Promise<Reply> {
  const { name, scopes, expiresAt } = parseBody(tokenSchema, body);
  if (scopes.length === 0) throw invalidFields({ scopes: ['At least one scope is required.'] });
  const text = mintOperatorToken();
  const id = await createOperatorToken(writePath, {
    name,
    // The widest first, each once.
    scopes: operatorScopes.filter((known) => scopes.includes(known)),
    expiresAt: expiryOf(expiresAt, Date.now()),
    createdBy: operator.name,
    token: digestToken(text),
  });
  const shown = (await listOperatorTokens(db)).find((one) => one.id === id);
  if (!shown) throw notFound('The token was revoked immediately after its creation.');
  return { status: 201, body: { ...shown, token: text } };
}

/** @throws OrgError `invalid` */
function expiryOf(wanted: string | undefined, nowMs: number): string {
  const { operatorTokenDays, operatorTokenDaysMax } = storedLimits;
  if (wanted === undefined) return new Date(nowMs + operatorTokenDays.value * dayMs).toISOString();
  const ms = Date.parse(wanted);
  if (!(ms > nowMs)) throw invalidFields({ expiresAt: ['Must be in the future.'] });
  if (ms > nowMs + operatorTokenDaysMax.value * dayMs)
    throw invalidFields({ expiresAt: [`Must be at most ${operatorTokenDaysMax.value} days from now.`] });
  return wanted;
}

async function revoke({ params }: OperatorRequest, { writePath }: Services): Promise<Reply> {
  if (!isId(params.token!)) throw notFound();
  await revokeOperatorToken(writePath, params.token!);
  return { status: 204 };
}
