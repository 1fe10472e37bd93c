import { useEffect, useRef, useState } from "preact/hooks";
import { Notice } from "../parts/notice";

interface Props {
  readonly ended: boolean; // a session that was there
  readonly logIn: (token: string) => Promise<string>;
}

// In the place of every page while nobody is logged in.
export function LoginPage({ ended, logIn }: Props) {
  const field = useRef<HTMLInputElement>(null);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  useEffect(() => { document.title = "Log in – Atoll"; }, []);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const token = field.current?.value.trim() ?? "";
    if (token === "") return setProblem("Say which token.");
    setBusy(true);
    const why = await logIn(token);
    if (why === "") return; // this page is gone
    setBusy(false);
    setProblem(why);
    field.current?.select();
  };
  return (
    <section class="panel login" aria-label="Log in">
      <h1>Log in</h1>
      {ended && problem === "" && (
        <Notice kind="warning" title="The session has ended">Its token was deleted or has expired, or the browser was told to forget it.</Notice>
      )}
      <form onSubmit={(e) => void submit(e)} noValidate>
        <label for="token">Token</label>
        <input id="token" ref={field} type="password" autocomplete="current-password" spellcheck={false} autofocus
               placeholder="atoll_…" aria-invalid={problem !== ""} aria-describedby="token-hint" onInput={() => setProblem("")} />
        <button type="submit" class="act" disabled={busy}>{busy ? "Asking…" : "Log in"}</button>
      </form>
      {problem !== "" && <Notice kind="problem" title="Nobody is logged in">{problem}</Notice>}
      <div id="token-hint" class="quiet">
        <p>This control plane asks who calls. A token of the role viewer shows everything here, an operator may also purge.</p>
        <p>The first one is made on its machine: <code>atoll-control token create --config control.toml --name root --role admin</code></p>
      </div>
    </section>
  );
}
