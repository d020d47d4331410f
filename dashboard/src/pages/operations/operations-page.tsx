import { useCallback, useEffect, useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { TextField } from '../../kit/field.tsx';
import { Board } from './board.tsx';
import './operations-page.css';
import { productName } from '../../product-name.ts';

/** For whoever runs the server. The token stays in this page's memory: no cookie, no storage, gone with the tab or a reload. */
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
            Forget the token
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
    <form
      className="card operations-token"
      onSubmit={(event) => {
        event.preventDefault();
        if (trimmed !== '') onEnter(trimmed);
      }}
    >
      <p>How the instances of this server are, live, for whoever runs it.</p>
      <TextField
        label="Operator’s token"
        type="password"
        autoComplete="off"
        spellCheck={false}
        required
        autoFocus
        hint="OPERATOR_TOKEN in the server’s environment. This page keeps it in memory only, until it is closed or loaded again."
        error={refusal}
        value={token}
        onValue={setToken}
      />
      <Button type="submit" variant="primary">
        Show
      </Button>
    </form>
  );
}
