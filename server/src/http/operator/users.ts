import { apiLimits, type MemberUser, OrgError, parseSearchQuery } from '@rollcall/protocol';
import { erasureShape, operatorUserShape, type ResponseOf } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { notFound } from '../../domain/authorize.ts';
import { invalidFields } from '../../domain/field-errors.ts';
import { assertOperatorScope } from '../../domain/operator.ts';
import { passwordLengthMax } from '../../identity/passwords/passwords.ts';
import { findUser, isAddressTaken, listUsers, userSearchKeys } from '../../read-path/queries/identity/find-users.ts';
import { readErasure } from '../../read-path/queries/identity/read-erasure.ts';
import { readUserDetails } from '../../read-path/queries/identity/user-details.ts';
import { emailTaken } from '../../write-path/users/create-user.ts';
import { serverStreamId, updateUser } from '../../write-path/users/update-user.ts';
import { eraseAndReport, presentErasure } from '../endpoints/identity/erase-and-report.ts';
import { hashOriginOf } from '../endpoints/identity/hash-origin.ts';
import { presentUser } from '../endpoints/identity/present-user.ts';
import { settleRefresh } from '../endpoints/identity/settle-refresh.ts';
import { searchParameter } from '../endpoints/query-parameters.ts';
import { assertGoodPassword } from '../requests/assert-good-password.ts';
import { booleanField, emailField, messages, parseBody, passwordField, personNameField } from '../requests/fields.ts';
import { paginateByOffset } from '../responses/pagination.ts';
import type { Reply } from '../route.ts';
import { runRequestCommand } from '../run-request-command.ts';
import type { Services } from '../services.ts';
import { addUser } from './add-user.ts';
import { assertSameExternalId, externalIdField, externalIdIn } from './external-id-fields.ts';
import { findNamedUser, namedUser } from './named-user.ts';
import type { OperatorRequest, OperatorRoute } from './operator-route.ts';

const optionalFields = {
  name: personNameField().optional().describe('Name of the user.'),
  password: passwordField({ min: apiLimits.passwordLengthMin, max: passwordLengthMax })
    .optional()
    .describe('Password of the user. Without one, the user can’t log in with a password.'),
  isActive: booleanField().optional().describe('False disables the user and ends their sessions, tokens and sockets.'),
  externalId: externalIdField().optional().describe('The id in the operator’s own system. Null for none.'),
};
const createSchema = z.object({ email: emailField().describe('Primary email address of the user.'), ...optionalFields });
const updateSchema = z.object({
  email: emailField().optional().describe('New primary email address, which replaces the former one.'),
  ...optionalFields,
  endTokens: booleanField().optional().describe('With a new `password`: true also ends the user’s tokens.'),
});

export const userRoutes: readonly OperatorRoute[] = [
  {
    method: 'GET',
    path: '/users/',
    scope: 'operator:read',
    metadata: {
      tag: 'Operator',
      id: 'listUsers',
      summary: 'List users',
      description: 'Sorted by id.',
      query: z.object({
        query: searchParameter('the name and the primary email address', userSearchKeys),
        email: z.string().optional().describe('Returns only the user with this primary email address. Case is ignored.'),
      }),
      isPaged: true,
      responses: { 200: z.array(operatorUserShape) },
    },
    handle: list,
  },
  {
    method: 'POST',
    path: '/users/',
    scope: 'operator:provision',
    metadata: {
      tag: 'Operator',
      id: 'createUser',
      summary: 'Create a user',
      description:
        'Without `password`, the user cannot log in with a password. In single-organization mode, the user joins the organization.',
      responses: { 201: operatorUserShape },
      errors: ['already-exists'],
      body: createSchema,
    },
    handle: create,
  },
  {
    method: 'GET',
    path: '/users/:user/',
    scope: 'operator:read',
    metadata: {
      tag: 'Operator',
      id: 'readUser',
      summary: 'Retrieve a user',
      description: 'Disabled users are included.',
      responses: { 200: operatorUserShape },
    },
    handle: read,
  },
  {
    method: 'PUT',
    path: '/users/:user/',
    scope: 'operator:provision',
    metadata: {
      tag: 'Operator',
      id: 'updateUser',
      summary: 'Update a user, or create the user with an external id',
      description:
        'Absent fields stay as they are. With `external:<id>` in the path, a user who does not exist is created, which needs `email`. `isActive: false` ends the user’s sessions, tokens and sockets on all instances. A new `password` ends the sessions, and with `endTokens` also the tokens. A new `email` counts as verified and replaces the former address, which receives a mail.',
      isCommand: true,
      responses: { 200: operatorUserShape, 201: operatorUserShape },
      errors: ['already-exists'],
      body: updateSchema,
    },
    handle: put,
  },
  {
    method: 'DELETE',
    path: '/users/:user/',
    scope: 'operator:admin',
    metadata: {
      tag: 'Operator',
      id: 'eraseUser',
      summary: 'Erase a user',
      description:
        'Ends the user’s access on all instances. Then a job ends their memberships, replaces their names and addresses in the state of all organizations and in their history, and erases the account. Backups and downloaded files stay as they are. 200 if the erasure was accepted before.',
      query: z.object({ mode: z.literal('erase').describe('Required. `erase` is the only mode.') }),
      responses: { 202: erasureShape, 200: erasureShape },
      errors: ['legal-hold', 'last-owner'],
    },
    handle: erase,
  },
  {
    method: 'GET',
    path: '/users/:user/erasure/',
    scope: 'operator:read',
    metadata: {
      tag: 'Operator',
      id: 'readErasure',
      summary: 'Retrieve the state of the erasure of a user',
      description: 'Has the state in each organization. 404 if the erasure of the user was never accepted.',
      responses: { 200: erasureShape },
    },
    handle: showErasure,
  },
];

async function presentUsers({ db }: Services, users: readonly MemberUser[]): Promise<ResponseOf<typeof operatorUserShape>[]> {
  const ids = users.map(({ id }) => id);
  const details = await readUserDetails(db, ids);
  return users.map((user) => {
    const own = details.get(user.id) ?? null;
    return { ...presentUser(user, own), externalId: own?.externalId ?? null };
  });
}

function list(request: OperatorRequest, services: Services): Promise<Reply> {
  const { text, filters } = parseSearchQuery(request.query.get('query'));
  const email = request.query.get('email');
  const search = { text, filters: email === null ? filters : new Map([...filters, ['email', [email]]]) };
  return paginateByOffset(
    request,
    services,
    (limit, offset) => listUsers(services.db, search, limit, offset),
    (users) => presentUsers(services, users),
  );
}

async function create(request: OperatorRequest, services: Services): Promise<Reply> {
  const fields = parseBody(createSchema, request.body);
  if (await isAddressTaken(services.db, fields.email)) throw emailTaken();
  const { email, name = '', password, isActive = true, externalId = null } = fields;
  if (password !== undefined) await assertGoodPassword(services, 'password', password, [name, email]);
  const passwordHash = password === undefined ? null : await services.passwords.hash(password, hashOriginOf(request, 'operator'));
  const id = await addUser(services, { email, name, passwordHash, isActive, externalId }, request);
  const user = await findUser(services.db, id);
  return { status: 201, body: (await presentUsers(services, [user!]))[0] };
}

async function read(request: OperatorRequest, services: Services): Promise<Reply> {
  return { status: 200, body: (await presentUsers(services, [await namedUser(request, services)]))[0] };
}

async function put(request: OperatorRequest, services: Services): Promise<Reply> {
  const fields = parseBody(updateSchema, request.body);
  const isGood = fields.password === undefined || (await isGoodPasswordOf(request, services, fields, fields.password));
  const { userId, isNew } = await findOrCreate(request, services, fields);
  // An operator who sets the password of a user can log in as them.
  if (fields.password !== undefined && !isNew) assertOperatorScope(request.operator, 'operator:admin');
  const { password, ...rest } = fields;
  const passwordHash = isGood && password ? await services.passwords.hash(password, hashOriginOf(request, 'operator')) : undefined;
  const { headers } = await runRequestCommand(services, updateUser, {
    orgId: serverStreamId,
    actor: request.operator,
    input: { userId, ...rest, ...(passwordHash === undefined ? {} : { passwordHash }) },
    // An idempotency key would store an unsalted digest of a body that contains the password.
    // Setting the password twice is harmless.
    writeContext: passwordHash === undefined ? request.writeContext : { ...request.writeContext, idempotencyKey: null },
    respond: async () => ({ status: 200 }),
  });
  await settleRefresh(services, userId, request.writeContext.requestId);
  const user = await findUser(services.db, userId);
  return { status: isNew ? 201 : 200, body: (await presentUsers(services, [user!]))[0], headers: headers ?? {} };
}

/**
 * Before a user with the external id is created, so that a refusal leaves no trace. A password that
 * is refused must not keep a user from being disabled. It is then not stored.
 * @throws OrgError `invalid`, unless the user is disabled
 */
async function isGoodPasswordOf(
  request: OperatorRequest,
  services: Services,
  { name, email, isActive }: z.infer<typeof updateSchema>,
  password: string,
): Promise<boolean> {
  const user = await findNamedUser(request, services);
  const known = [name, email, user?.name, user?.email].filter((text) => typeof text === 'string');
  try {
    await assertGoodPassword(services, 'password', password, known);
    return true;
  } catch (error) {
    if (isActive === false && error instanceof OrgError && error.code === 'invalid') return false;
    throw error;
  }
}

/**
 * The user that the path names. A user with an external id who does not exist is created. If
 * another instance creates them at the same time, its user is returned.
 */
async function findOrCreate(
  request: OperatorRequest,
  services: Services,
  { email, externalId: inBody }: z.infer<typeof updateSchema>,
): Promise<{ readonly userId: string; readonly isNew: boolean }> {
  const externalId = externalIdIn(request.params.user!);
  const found = await findNamedUser(request, services);
  if (found) return { userId: found.id, isNew: false };
  if (externalId === null) throw notFound();
  assertSameExternalId(externalId, inBody);
  if (email === undefined) throw invalidFields({ email: [messages.required] });
  try {
    const user = { email, name: '', passwordHash: null, isActive: true, externalId };
    return { userId: await addUser(services, user, request), isNew: true };
  } catch (error) {
    const concurrent = error instanceof OrgError && error.code === 'already-exists' ? await findNamedUser(request, services) : null;
    if (!concurrent) throw error;
    return { userId: concurrent.id, isNew: false };
  }
}

async function erase(request: OperatorRequest, services: Services): Promise<Reply> {
  const user = await namedUser(request, services);
  if (request.query.get('mode') !== 'erase') throw invalidFields({ mode: ['The only mode is "erase".'] });
  return eraseAndReport(services, { userId: user.id, operator: request.operator }, request.writeContext.requestId);
}

async function showErasure(request: OperatorRequest, services: Services): Promise<Reply> {
  const { id } = await namedUser(request, services);
  const erasure = await readErasure(services.db, id);
  if (!erasure) throw notFound();
  return { status: 200, body: presentErasure(erasure) };
}
