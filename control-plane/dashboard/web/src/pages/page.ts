import type { LiveState } from "../live/state";
import type { Theme } from "../theme";

// What every page is given.
export interface PageProps {
  readonly live: LiveState;
  readonly theme: Theme;
}
