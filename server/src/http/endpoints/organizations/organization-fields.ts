import { apiLimits, type OrgSetting, orgFlagNames, orgRoleIds } from '@rollcall/protocol';
import { describeFields, orgFlagDescriptions, orgSettingDescriptions, trustedRelayDescriptions } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import type { NamedRelay } from '../../../domain/organizations/trusted-relays.ts';
import { fieldLimits } from '../../../runtime/limits/rows/fields.ts';
import { findUnstorable } from '../../../runtime/text/storable-text.ts';
import {
  booleanField,
  choiceField,
  type FieldDescription,
  field,
  integerField,
  listField,
  messages,
  nameField,
  nullable,
  type parseFields,
  type Refuse,
  rawStringField,
} from '../../requests/fields.ts';
import { decodeImage, type EncodedImage, readImage } from '../../requests/images.ts';

/** The fields of a PUT on an organization, all of them optional (REST contract 5.1, 5.2). */

/** Sentry's limits; -1 is unlimited. */
export const crashReports = { min: -1, max: 100 } as const;
/** As `SESSION_DAYS`, which no organization can exceed. */
const sessionHours = { min: 1, max: 720 } as const;
const relaysMax = 100;
/** Names and descriptions are one line each. */
const relayTextLengthMax = 256;
/** 32 bytes as base64url. */
const relayKeyPattern = /^[A-Za-z0-9_-]{43}=?$/;

export function fieldNamesField(): z.ZodType<string[]> {
  return field({ type: 'array', items: { type: 'string', minLength: 1 } }, (value, refuse) => {
    if (!Array.isArray(value)) return refuse(messages.notList(value));
    if (value.some((name) => typeof name !== 'string')) return refuse(messages.notString);
    const names = value.map((name: string) => name.trim());
    if (names.includes('')) return refuse('Empty values are not allowed.');
    if (names.join('').length > fieldLimits.fieldNamesLength.value) return refuse('List of sensitive fields is too long.');
    const unstorable = findUnstorable(names.join(' '));
    return unstorable === null ? names : refuse(messages.unstorable(unstorable));
  });
}

function roleField() {
  return field(
    { type: 'string', enum: [...orgRoleIds] },
    (value, refuse) => orgRoleIds.find((role) => role === value) ?? refuse('Invalid role'),
  );
}

function agreementField(): z.ZodType<true> {
  const boolean = booleanField();
  return field({ const: true, description: 'Agreement to the server’s terms. Required if the server has terms.' }, (value, refuse) => {
    const parsed = boolean.safeParse(value);
    if (!parsed.success) return refuse(messages.notBoolean);
    return parsed.data || refuse('This attribute is required.');
  });
}

/** JSON as text; an empty text becomes null. */
export function jsonTextField(): z.ZodType<string | null> {
  return nullable(
    field<string | null>({ type: 'string', maxLength: fieldLimits.jsonTextLength.value }, (value, refuse) => {
      if (typeof value !== 'string') return refuse(messages.notString);
      if (value.trim() === '') return null;
      if (value.length > fieldLimits.jsonTextLength.value) return refuse(messages.tooLong(fieldLimits.jsonTextLength.value));
      const unstorable = findUnstorable(value);
      if (unstorable !== null) return refuse(messages.unstorable(unstorable));
      return isJson(value) ? value.trim() : refuse('Value must be valid JSON.');
    }),
  );
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const imageDescription = {
  type: 'string',
  contentEncoding: 'base64',
  description: 'A PNG, JPEG or GIF image of at most 5,000,000 bytes, encoded as base64.',
} as const;

const invalidImage = 'Invalid image format.';

/**
 * Null and an empty text mean no image. The size is checked separately from the form, because the
 * error for a large image is a different one.
 */
function imageField(): z.ZodType<EncodedImage | null> {
  return nullable(
    field<EncodedImage | null>(
      imageDescription,
      (value, refuse) => {
        if (typeof value !== 'string') return refuse(messages.notString);
        if (value === '') return null;
        return readImage(value) ?? refuse(invalidImage);
      },
      Number.POSITIVE_INFINITY,
    ),
  );
}

const relayDescription: FieldDescription = {
  type: 'object',
  properties: {
    name: { type: 'string', minLength: 1, maxLength: relayTextLengthMax, description: trustedRelayDescriptions.name },
    publicKey: { type: 'string', pattern: relayKeyPattern.source, description: trustedRelayDescriptions.publicKey },
    description: { type: 'string', maxLength: relayTextLengthMax, description: trustedRelayDescriptions.description },
  },
  required: ['name', 'publicKey'],
};

function relaysField(): z.ZodType<NamedRelay[]> {
  return listField(relaysMax, relayDescription, readRelay);
}

/** The error messages are those of Sentry, which name the relay. */
function readRelay(item: unknown, refuse: Refuse): NamedRelay {
  if (typeof item !== 'object' || item === null) return refuse('Bad structure received for Trusted Relays');
  const relay = item as Partial<Record<keyof NamedRelay, unknown>>;
  if (relay.name == null) return refuse('Relay key info with missing name in Trusted Relays');
  const name = relayText.safeParse(relay.name);
  if (!name.success) return refuse(name.error.issues[0]!.message);
  if (name.data === '') return refuse('Relay key info with empty name in Trusted Relays');
  const { publicKey } = relay;
  const words = `for relay key info with name:'${name.data}' in Trusted Relays`;
  if (publicKey == null || publicKey === '') return refuse(`Missing public key ${words}`);
  if (typeof publicKey !== 'string' || !relayKeyPattern.test(publicKey)) return refuse(`Invalid public key ${words}`);
  const description = relayText.safeParse(relay.description ?? '');
  if (!description.success) return refuse(description.error.issues[0]!.message);
  return { name: name.data, publicKey, description: description.data };
}

const relayText = nameField({ max: relayTextLengthMax, allowBlank: true });

/** The settings other than booleans. */
const settingFields = {
  attachmentsRole: roleField().optional(),
  debugFilesRole: roleField().optional(),
  sensitiveFields: fieldNamesField().optional(),
  safeFields: fieldNamesField().optional(),
  storeCrashReports: integerField(crashReports).optional(),
  relayPiiConfig: jsonTextField().optional(),
  trustedRelays: relaysField().optional(),
  sessionHours: nullable(integerField(sessionHours)).optional(),
};

const booleanSettingNames = [
  'eventsMemberAdmin',
  'alertsMemberWrite',
  'allowJoinRequests',
  'scrapeJavaScript',
  'dataScrubber',
  'dataScrubberDefaults',
  'scrubIPAddresses',
  'hideAiFeatures',
  'issueAlertsThreadFlag',
  'metricAlertsThreadFlag',
  'githubPRBot',
  'githubOpenPRBot',
  'githubNudgeInvite',
  'gitlabPRBot',
  'gitlabOpenPRBot',
] as const satisfies readonly OrgSetting[];

function booleans<Name extends string>(names: readonly Name[]): Record<Name, z.ZodOptional<z.ZodType<boolean>>> {
  return Object.fromEntries(names.map((name) => [name, booleanField().optional()])) as Record<Name, z.ZodOptional<z.ZodType<boolean>>>;
}

export const updateOrganizationSchema = z.object({
  name: nameField({ max: apiLimits.nameLengthMax }).optional().describe('Name of the organization.'),
  slug: rawStringField().optional().describe('Slug of the organization: lower-case letters, digits and hyphens, and not only digits.'),
  ...describeFields(booleans(orgFlagNames), orgFlagDescriptions),
  ...describeFields({ ...booleans(booleanSettingNames), ...settingFields } satisfies Record<OrgSetting, z.ZodType>, orgSettingDescriptions),
  avatarType: choiceField(['letter_avatar', 'upload']).optional().describe('Whether the generated or the uploaded image is shown.'),
  avatar: imageField().optional().describe('The image. Null or an empty text removes it.'),
  defaultRole: choiceField(orgRoleIds)
    .optional()
    .describe('Role of users who join by a join request. Requires `org:admin`; ignored from other callers.'),
  cancelDeletion: booleanField().optional().describe('True cancels the deletion of the organization. Requires `org:admin`.'),
});

/** Decodes the image of a parsed update, in steps because it has megabytes. */
export async function decodeImageOf({
  fields: encodedFields,
  malformed,
}: ReturnType<typeof parseFields<(typeof updateOrganizationSchema)['shape']>>) {
  const { avatar: encoded, ...fields } = encodedFields;
  if (!encoded) return { fields, avatar: encoded, malformed };
  const avatar = await decodeImage(encoded);
  if (avatar) return { fields, avatar, malformed };
  return { fields, avatar: undefined, malformed: { ...malformed, avatar: [invalidImage] } };
}

export const createOrganizationSchema = z.object({
  name: nameField({ max: apiLimits.nameLengthMax }).describe('Name of the organization.'),
  slug: rawStringField().optional().describe('Slug of the organization. Default: derived from the name.'),
  defaultTeam: booleanField().optional().describe('Whether a team with the name of the organization is created, with its owner.'),
});

/** The schema of a server that has terms (REST contract 5.4). */
export const createWithTermsSchema = createOrganizationSchema.extend({ agreeTerms: agreementField() });
