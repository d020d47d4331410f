import * as z from 'zod';
import { booleanField, nameField, nullable, stringField } from '../../requests/fields.ts';
import { projectSecretsFields, projectSettingsFields } from './project-settings-fields.ts';

/** Bodies of requests about projects (REST contract 9.3, 9.4). An empty platform becomes null. */

const slugLengthMax = 100;
const newNameLengthMax = 50;
const nameLengthMax = 200;
const platformLengthMax = 64;

const platformField = () => nullable(stringField({ max: platformLengthMax, allowBlank: true })).optional();

export const newProjectSchema = z.object({
  name: nameField({ max: newNameLengthMax }),
  slug: nullable(stringField({ max: slugLengthMax })).optional(),
  platform: platformField(),
});

/** Changes that need `project:write` or `project:admin`. */
export const projectChangesSchema = z.object({
  name: nameField({ max: nameLengthMax }).optional(),
  slug: stringField({ max: slugLengthMax }).optional(),
  platform: platformField(),
  ...projectSettingsFields,
  ...projectSecretsFields,
});

/**
 * Adds the bookmark, which each member sets for themselves, independently of their access to the
 * project.
 */
export const updateProjectSchema = projectChangesSchema.extend({ isBookmarked: booleanField().optional() });
