import { useCallback, useEffect, useState } from 'react';
import { Button } from '../../kit/button.ts';
import { TextField } from '../../kit/field.ts';
import { Form } from '../../kit/form.tsx';
import { Board } from './board.tsx';
import './operations-page.css';
import { productName } from '../../product-name.ts';

/** The page for operators. The token stays in memory only, and is gone after a reload. */
export default function OperationsPage() {
  const [token, setToken] = useState<string | null>(null);
  const [refusal, setRefusal] = useState<string | null>(null);
  useEffect(() => {
    document.title = `Operations · ${productName}`;
  }, []);
  const refuse = useCallback((reason: string) => {
    setRefusal(reason);
    setToken(null);
  }, []);
  const enter = (entered: string) => {
    setRefusal(null);
    setToken(entered);
  };
  return (
    <>
      <header className="operations-header">
        <a href="/" className="operations-brand">
          <img src="/pages/icon.svg" alt="" width="24" height="24" />
          {productName}
        </a>
        {token !== null && (
          <Button isSmall onClick={() => setToken(null)}>
            Log out
          </Button>
        )}
      </header>
      <main className={token === null ? 'operations-entry' : 'operations'}>
        <h1>Operations</h1>
        {token === null ? <TokenForm refusal={refusal} onEnter={enter} /> : <Board token={token} onRefused={refuse} />}
      </main>
    </>
  );
}

function TokenForm({ refusal, onEnter }: { readonly refusal: string | null; onEnter(token: string): void }) {
  const [token, setToken] = useState('');
  const trimmed = token.trim();
  return (
    <Form
      unsaved={null}
      className="card operations-token"
      onSubmit={(event) => {
        event.preventDefault();
        if (trimmed !== '') onEnter(trimmed);
      }}
    >
      <p>Live server metrics for operators.</p>
      <TextField
        label="Operator token"
        type="password"
        autoComplete="off"
        spellCheck={false}
        required
        autoFocus
        hint="The server’s OPERATOR_TOKEN, or an operator token. It isn’t stored, and is forgotten when you close or reload this page."
        error={refusal}
        value={token}
        onValue={setToken}
      />
      <Button type="submit" variant="primary">
        Open
      </Button>
    </Form>
  );
}
