import * as z from 'zod';
import { booleanField, nameField, nullable, stringField } from '../../fields.ts';
import { projectSecretsFields, projectSettingsFields } from './project-settings-fields.ts';

/** Bodies of projects (REST contract 9.3, 9.4). An empty platform is none. */

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

/** What needs `project:write` or `project:admin`. */
export const projectChangesSchema = z.object({
  name: nameField({ max: nameLengthMax }).optional(),
  slug: stringField({ max: slugLengthMax }).optional(),
  platform: platformField(),
  ...projectSettingsFields,
  ...projectSecretsFields,
});

/** And what is everybody's own, whatever they may do with the project. */
export const updateProjectSchema = projectChangesSchema.extend({ isBookmarked: booleanField().optional() });
