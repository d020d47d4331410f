import {
  canonicalJson,
  defaultProjectSettings,
  type LogChange,
  type ProjectOptions,
  type ProjectSettings,
  type ProjectSettingsRecord,
} from '@rollcall/protocol';
import { created, updated } from '../changes.ts';
import type { FieldErrors } from '../field-errors.ts';

/** What a change sets of a project. An absent key stays as it is. */
export type SettingsChange = Partial<Omit<ProjectSettings, 'options'>> & { readonly options?: Partial<ProjectOptions> };

/** @param before null for a project of which nothing was ever set */
export function withSettings(projectId: string, before: ProjectSettingsRecord | null, change: SettingsChange): ProjectSettingsRecord {
  const current = before ?? { id: projectId, ...defaultProjectSettings };
  return { ...current, ...change, options: { ...current.options, ...change.options } };
}

/** The first record is made by the first setting that is no default. */
export function settingsChanges(before: ProjectSettingsRecord | null, after: ProjectSettingsRecord): LogChange[] {
  if (before) return updated('project-settings', before, after);
  const isDefault = canonicalJson(after) === canonicalJson({ id: after.id, ...defaultProjectSettings });
  return isDefault ? [] : [created('project-settings', after)];
}

/** Characters of JSON. Copies hold all of it, and are sent 250 records at a time; a project with many rules takes some ten thousand. */
const settingsLengthMax = 128 * 1024;

/** What is wrong with settings that are each right by themselves. */
export function settingsErrors(settings: ProjectSettingsRecord): FieldErrors {
  const isReversed = settings.digestsMinDelay > settings.digestsMaxDelay;
  const isTooLong = JSON.stringify(settings).length > settingsLengthMax;
  return {
    ...(isReversed ? { digestsMinDelay: ['The minimum delay on digests must be lower than the maximum.'] } : {}),
    ...(isTooLong ? { non_field_errors: [`All settings of a project have no more than ${settingsLengthMax} characters together.`] } : {}),
  };
}
