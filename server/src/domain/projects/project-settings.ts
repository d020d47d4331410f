import {
  canonicalJson,
  defaultProjectSettings,
  type LogChange,
  type ProjectOptions,
  type ProjectSettings,
  type ProjectSettingsRecord,
} from '@rollcall/protocol';
import { fieldLimits } from '../../runtime/limits/rows/fields.ts';
import { created, updated } from '../changes.ts';
import type { FieldErrors } from '../field-errors.ts';

/** The settings that a change sets. An absent key keeps its value. */
export type SettingsChange = Partial<Omit<ProjectSettings, 'options'>> & { readonly options?: Partial<ProjectOptions> };

/** @param before null for a project whose settings were never changed */
export function withSettings(projectId: string, before: ProjectSettingsRecord | null, change: SettingsChange): ProjectSettingsRecord {
  const current = before ?? { id: projectId, ...defaultProjectSettings };
  return { ...current, ...change, options: { ...current.options, ...change.options } };
}

/** The record is created when a setting first differs from its default. */
export function settingsChanges(before: ProjectSettingsRecord | null, after: ProjectSettingsRecord): LogChange[] {
  if (before) return updated('project-settings', before, after);
  const isDefault = canonicalJson(after) === canonicalJson({ id: after.id, ...defaultProjectSettings });
  return isDefault ? [] : [created('project-settings', after)];
}

/** The errors of settings that are each valid by themselves. */
export function settingsErrors(settings: ProjectSettingsRecord): FieldErrors {
  const isReversed = settings.digestsMinDelay > settings.digestsMaxDelay;
  const isTooLong = JSON.stringify(settings).length > fieldLimits.projectSettingsLength.value;
  return {
    ...(isReversed ? { digestsMinDelay: ['The minimum delay on digests must be lower than the maximum.'] } : {}),
    ...(isTooLong
      ? {
          non_field_errors: [
            `Ensure that all settings of the project together have no more than ${fieldLimits.projectSettingsLength.value} characters.`,
          ],
        }
      : {}),
  };
}
