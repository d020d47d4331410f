import { type OrgFlag, type OrgSetting, orgFlagsSchema, orgSettingsSchema } from '@rollcall/protocol';

export const flagNames = Object.keys(orgFlagsSchema.shape) as readonly OrgFlag[];
export const settingNames = Object.keys(orgSettingsSchema.shape) as readonly OrgSetting[];
