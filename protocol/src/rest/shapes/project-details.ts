import * as z from 'zod';
import { organizationShape } from './organizations.ts';
import { projectDetailFields, projectShape } from './projects.ts';
import { named } from './shape.ts';
import { detailedTeamShape } from './teams.ts';

/** Shapes that contain an organization, which itself may contain teams and projects. */

export const reachableProjectShape = named(
  'ReachableProject',
  'A project with its organization.',
  projectShape.extend({ organization: organizationShape }),
);

const collapsedOrganization = organizationShape.pick({ id: true, slug: true });

export const projectDetailsShape = named(
  'ProjectDetails',
  'A project with its settings and its organization.',
  projectShape.extend({
    ...projectDetailFields,
    organization: z.union([organizationShape, collapsedOrganization]).describe('Only id and slug with `collapse=organization`.'),
  }),
);

export const teamDetailsShape = named(
  'TeamDetails',
  'A team with its organization.',
  detailedTeamShape.extend({ organization: organizationShape.optional().describe('Absent with `collapse=organization`.') }),
);
