import { useState } from "preact/hooks";
import type { Session } from "../api/answers";

interface Props {
  readonly session: Session;
  readonly logOut: () => Promise<string>;
}

// Who is logged in, where somebody has to be.
export function SessionBadge({ session, logOut }: Props) {
  const [problem, setProblem] = useState("");
  if (session.authentication === "off") return null;
  const ends = session.expires_s === null ? "" : `, until ${new Date(session.expires_s * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`;
  return (
    <div class="session">
      <span class="who" title={`Logged in with the token ${session.token ?? ""}${ends}`}>
        <span class="token">{session.token}</span> <b>{session.role}</b>
      </span>
      <button type="button" onClick={() => void logOut().then(setProblem)} title={problem || undefined}>Log out</button>
      {problem !== "" && <span class="unseen" role="alert">{problem}</span>}
    </div>
  );
}
