import { readAccessRequestsAbout } from '../../database/teams/access-requests.ts';
import { closedAccessRequests, subjectsOfAccessRequests } from '../../domain/teams/closed-access-requests.ts';
import { reaction } from '../reaction.ts';

/** Closes the access requests that the changes settle. */
export const closeAccessRequests = reaction({
  subjectsOf: subjectsOfAccessRequests,
  load: readAccessRequestsAbout,
  decide: closedAccessRequests,
});
