import type { RetentionSetting } from '../retention-record.ts';
import type { ResponseOf, retentionPreviewShape, retentionShape } from './shapes/index.ts';

export type RestRetention = ResponseOf<typeof retentionShape>;
export type RetentionPreview = ResponseOf<typeof retentionPreviewShape>;

/** Numbers of days. Null sets the default, and an absent setting stays as it is. */
export type RetentionChanges = { readonly [Setting in RetentionSetting]?: number | null };
