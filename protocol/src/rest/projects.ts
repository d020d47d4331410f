import type { ProjectOptions, ProjectSettings } from '../project-settings.ts';
import type { ProjectKeyRecord } from '../records.ts';
import type { projectDetailsShape, projectKeyShape, projectShape, ResponseOf } from './shapes/index.ts';

export type RestProject = ResponseOf<typeof projectShape>;
export type RestProjectDetails = ResponseOf<typeof projectDetailsShape>;
export type RestProjectKey = ResponseOf<typeof projectKeyShape>;

export interface NewProject {
  readonly name: string;
  readonly slug?: string;
  readonly platform?: string;
  /**
   * The team of the project. By default the server creates a team, with the caller as its admin.
   */
  readonly team?: string;
}

/** An absent field keeps its value, and so does an absent option. */
export interface ProjectChanges extends Partial<Omit<ProjectSettings, 'options'>> {
  readonly name?: string;
  readonly slug?: string;
  readonly platform?: string | null;
  readonly options?: Partial<ProjectOptions>;
  /** Absent from the state of the organization. The response contains it. */
  readonly securityToken?: string;
  /** A list, as JSON. Absent from the state of the organization. The response contains it. */
  readonly symbolSources?: string;
}

export interface NewProjectKey {
  readonly name?: string;
  /** At most `count` events in `window` seconds. */
  readonly rateLimit?: ProjectKeyRecord['rateLimit'];
}

/** An absent field keeps its value. */
export interface ProjectKeyChanges extends NewProjectKey {
  readonly isActive?: boolean;
  readonly browserSdkVersion?: string;
  readonly dynamicSdkLoaderOptions?: Partial<ProjectKeyRecord['dynamicSdkLoaderOptions']>;
}

export interface ProjectKeySearch {
  readonly status?: 'active' | 'inactive';
}
