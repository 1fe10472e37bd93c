import type { LiveState } from "../live/state";
import { useClock } from "../live/use_live";
import { seconds } from "../figures/format";

// Whether what is shown is what is.
export function LinkBadge({ live }: { readonly live: LiveState }) {
  const now = useClock(live.link === "lost");
  const age = live.heardAt === null ? null : Math.max(0, Math.round((now - live.heardAt) / 1000));
  const text = live.link === "live" ? "Live" : live.link === "connecting" ? "Connecting…" : "Reconnecting…";
  return (
    <span class={`link ${live.link}`}>
      <span role="status"><i aria-hidden="true" /> {text}</span>
      {live.link === "lost" && <span class="age">{age === null ? "nothing heard yet" : `last heard ${seconds(age)} ago`}</span>}
    </span>
  );
}
