/** The name of the operator who acts. OPERATOR_TOKEN is the only token of operators. */
export function operatorName(): string {
  return 'bootstrap';
}
