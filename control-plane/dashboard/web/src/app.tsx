import { useEffect } from "preact/hooks";
import type { LiveState } from "./live/state";
import { useLive } from "./live/use_live";
import { address, FIRST_WINDOW, useLocation, type Location } from "./location";
import { Distributions } from "./pages/distributions";
import { Overview } from "./pages/overview";
import { PopPage } from "./pages/pop";
import { RoutePage } from "./pages/route";
import { LinkBadge } from "./parts/link_badge";
import { Empty, Notice } from "./parts/notice";
import { CHOICES, useTheme, type Choice, type Theme, type Themes } from "./theme";

const PAGES: readonly (readonly [string, Location])[] = [
  ["Overview", { page: "overview", window: FIRST_WINDOW }],
  ["Distributions", { page: "distributions" }],
  ["Route", { page: "route", ip: "", host: "", path: "" }],
];
const THEME_WORDS: Record<Choice, string> = { system: "As the system", dark: "Dark", light: "Light" };
const THEME_SIGNS: Record<Choice, string> = { system: "◐", dark: "●", light: "○" };

export function App() {
  const live = useLive();
  const themes = useTheme();
  const here = useLocation();
  useEffect(() => {
    document.title = `${titleOf(here)} – Atoll`;
    scrollTo(0, 0);
  }, [here.page, here.page === "pop" ? here.pop : ""]);
  return (
    <>
      <a class="skip" href="#content" onClick={(e) => { e.preventDefault(); document.getElementById("content")?.focus(); }}>
        To the content
      </a>
      <Bar here={here} live={live} themes={themes} />
      <main id="content" tabIndex={-1} class={live.link === "lost" ? "stale" : ""}>
        <ConfigurationProblem text={live.layout?.configuration_problem ?? ""} />
        {live.link === "lost" && (
          <div class="toast"><Notice kind="warning" title="These figures are old">{live.reason} Trying again.</Notice></div>
        )}
        <Page here={here} live={live} theme={themes.theme} />
      </main>
    </>
  );
}

function titleOf(here: Location): string {
  switch (here.page) {
    case "overview": return "Overview";
    case "pop": return here.pop;
    case "distributions": return "Distributions";
    case "route": return "Route";
    case "nowhere": return "Nothing here";
  }
}

function Bar({ here, live, themes }: { readonly here: Location; readonly live: LiveState; readonly themes: Themes }) {
  const next = CHOICES[(CHOICES.indexOf(themes.choice) + 1) % CHOICES.length]!;
  const on = (page: string): boolean => page === here.page || (page === "overview" && here.page === "pop");
  return (
    <header class="topbar">
      <a class="brand" href="#/" aria-label="Atoll, overview">
        <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
          <circle class="reef" cx="16" cy="16" r="11" /><circle class="lagoon" cx="16" cy="16" r="3" />
        </svg>
        <span>Atoll</span>
      </a>
      <nav aria-label="Pages">
        {PAGES.map(([name, location]) => (
          <a key={name} href={address(location)} aria-current={on(location.page) ? "page" : undefined}>{name}</a>
        ))}
      </nav>
      <LinkBadge live={live} />
      <button type="button" class="theme" onClick={() => themes.choose(next)}
              aria-label={`Colours: ${THEME_WORDS[themes.choice]}. Change to: ${THEME_WORDS[next]}`}
              title={`Colours: ${THEME_WORDS[themes.choice]}`}>
        {THEME_SIGNS[themes.choice]}
      </button>
    </header>
  );
}

function ConfigurationProblem({ text }: { readonly text: string }) {
  if (text === "") return null;
  return (
    <Notice kind="problem" title="The configuration file is refused; the one before stays in force">
      <pre>{text}</pre>
    </Notice>
  );
}

function Page({ here, live, theme }: { readonly here: Location; readonly live: LiveState; readonly theme: Theme }) {
  switch (here.page) {
    case "overview": return <Overview live={live} theme={theme} window={here.window} />;
    case "pop": return <PopPage key={here.pop} live={live} theme={theme} pop={here.pop} window={here.window} />;
    case "distributions": return <Distributions live={live} theme={theme} />;
    case "route": return <RoutePage live={live} theme={theme} asked={here} />;
    case "nowhere": return <Empty>There is no page “{here.asked}”. <a href="#/">Overview</a></Empty>;
  }
}
