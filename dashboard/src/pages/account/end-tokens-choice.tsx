interface EndTokensChoiceProps {
  readonly isChosen: boolean;
  onChange(isChosen: boolean): void;
}

/**
 * Offered where a password or a session may be compromised: an attacker may have created tokens,
 * which stay valid.
 */
export function EndTokensChoice({ isChosen, onChange }: EndTokensChoiceProps) {
  return (
    <label className="account-choice">
      <input type="checkbox" checked={isChosen} onChange={(event) => onChange(event.target.checked)} />
      <span>
        Also remove all my API tokens
        <small>Choose this if someone else may have used your account. Your scripts will need new tokens.</small>
      </span>
    </label>
  );
}
