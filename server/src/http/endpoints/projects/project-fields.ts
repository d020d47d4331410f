import { apiLimits } from '@rollcall/protocol';
import * as z from 'zod';
import { booleanField, nameField, nullable, stringField } from '../../requests/fields.ts';
import { projectSecretsFields, projectSettingsFields } from './project-settings-fields.ts';

/** Bodies of requests about projects (REST contract 9.3, 9.4). An empty platform becomes null. */

const nameLengthMax = 200;

const platformField = () => nullable(stringField({ max: apiLimits.platformLengthMax, allowBlank: true })).optional();

export const newProjectSchema = z.object({
  name: nameField({ max: apiLimits.newProjectNameLengthMax }).describe('Name of the project.'),
  slug: nullable(stringField({ max: apiLimits.projectSlugLengthMax }))
    .optional()
    .describe('Slug of the project. Default: derived from the name.'),
  platform: platformField().describe('Platform of the project, such as `javascript-react`. An empty text is null.'),
});

/** Changes that need `project:write` or `project:admin`. */
export const projectChangesSchema = z.object({
  name: nameField({ max: nameLengthMax }).optional().describe('Name of the project.'),
  slug: stringField({ max: apiLimits.projectSlugLengthMax })
    .optional()
    .describe('Slug of the project. Requests with the former slug are redirected.'),
  platform: platformField().describe('Platform of the project, such as `javascript-react`. An empty text is null.'),
  ...projectSettingsFields,
  ...projectSecretsFields,
});

/**
 * Adds the bookmark, which each member sets for themselves, independently of their access to the
 * project.
 */
export const updateProjectSchema = projectChangesSchema.extend({
  isBookmarked: booleanField().optional().describe('Whether the caller bookmarks the project.'),
});
