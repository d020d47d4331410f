interface EndTokensChoiceProps {
  readonly isChosen: boolean;
  onChange(isChosen: boolean): void;
}

/** Offered where a password or a session may have been lost: whoever had it may have made tokens, which outlive it. */
export function EndTokensChoice({ isChosen, onChange }: EndTokensChoiceProps) {
  return (
    <label className="account-choice">
      <input type="checkbox" checked={isChosen} onChange={(event) => onChange(event.target.checked)} />
      <span>
        Also end all my API tokens
        <small>For when someone else may have used your account. Your scripts then need new tokens.</small>
      </span>
    </label>
  );
}
