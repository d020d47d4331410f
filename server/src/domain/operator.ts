import { expandOperatorScopes, type OperatorScope, OrgError, operatorScopes } from '@rollcall/protocol';

/** An operator of the server, as the actor of a command. */
export interface OperatorActor {
  readonly kind: 'operator';
  /** The name of their token, which audit logs show. */
  readonly name: string;
}

/** The operator whose token a request has. */
export interface OperatorCaller extends OperatorActor {
  /** Already expanded. */
  readonly scopes: ReadonlySet<OperatorScope>;
  /** Why the other scopes of the token can't be used now. Absent if its scopes are known. */
  readonly unconfirmed?: OrgError;
}

/** The name of the operator with `OPERATOR_TOKEN`. No other token has it. */
export const bootstrapName = 'bootstrap';

export const bootstrapOperator: OperatorCaller = {
  kind: 'operator',
  name: bootstrapName,
  scopes: expandOperatorScopes([operatorScopes[0]]),
};

/** @throws OrgError `forbidden` */
export function assertOperatorScope({ scopes, unconfirmed }: OperatorCaller, scope: OperatorScope): void {
  if (!scopes.has(scope)) throw unconfirmed ?? new OrgError('forbidden', `The operator token needs the scope ${scope}.`);
}
