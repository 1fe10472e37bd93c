import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { SessionBadge } from "./access/badge";
import { LoginPage } from "./access/login";
import { SessionContext } from "./access/role";
import { useDoor, type Door } from "./access/use_session";
import type { Session } from "./api/answers";
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
  const themes = useTheme();
  const door = useDoor();
  const { access } = door;
  switch (access.kind) {
    case "in": return <Inside door={door} session={access.session} themes={themes} />;
    case "out":
      return (
        <Frame bar={<Bar themes={themes} />}>
          <LoginPage ended={access.ended} logIn={door.logIn} />
        </Frame>
      );
    case "asking":
      return (
        <Frame bar={<Bar themes={themes} />}>
          {access.problem !== "" && <Notice kind="warning" title="Nothing can be shown yet">{access.problem} Trying again.</Notice>}
        </Frame>
      );
  }
}

interface InsideProps {
  readonly door: Door;
  readonly session: Session;
  readonly themes: Themes;
}

// The application for whoever may see it.
function Inside({ door, session, themes }: InsideProps) {
  const live = useLive();
  const here = useLocation();
  useEffect(() => {
    document.title = `${titleOf(here)} – Atoll`;
    scrollTo(0, 0);
  }, [here.page, here.page === "pop" ? here.pop : ""]);
  // A stream does not say why it ended.
  useEffect(() => { if (live.link === "lost") door.ask(); }, [live.link]);
  const bar = (
    <Bar themes={themes}>
      <Pages here={here} />
      <LinkBadge live={live} />
      <SessionBadge session={session} logOut={door.logOut} />
    </Bar>
  );
  return (
    <SessionContext.Provider value={session}>
      <Frame bar={bar} stale={live.link === "lost"}>
        <ConfigurationProblem text={live.layout?.configuration_problem ?? ""} />
        {live.link === "lost" && (
          <div class="toast"><Notice kind="warning" title="These figures are old">{live.reason} Trying again.</Notice></div>
        )}
        <Page here={here} live={live} theme={themes.theme} />
      </Frame>
    </SessionContext.Provider>
  );
}

interface FrameProps {
  readonly bar: ComponentChildren;
  readonly stale?: boolean;
  readonly children: ComponentChildren;
}

function Frame({ bar, stale = false, children }: FrameProps) {
  return (
    <>
      <a class="skip" href="#content" onClick={(e) => { e.preventDefault(); document.getElementById("content")?.focus(); }}>
        To the content
      </a>
      {bar}
      <main id="content" tabIndex={-1} class={stale ? "stale" : ""}>{children}</main>
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

function Bar({ themes, children }: { readonly themes: Themes; readonly children?: ComponentChildren }) {
  const next = CHOICES[(CHOICES.indexOf(themes.choice) + 1) % CHOICES.length]!;
  return (
    <header class="topbar">
      <a class="brand" href="#/" aria-label="Atoll, overview">
        <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
          <circle class="reef" cx="16" cy="16" r="11" /><circle class="lagoon" cx="16" cy="16" r="3" />
        </svg>
        <span>Atoll</span>
      </a>
      {children}
      <button type="button" class="theme" onClick={() => themes.choose(next)}
              aria-label={`Colours: ${THEME_WORDS[themes.choice]}. Change to: ${THEME_WORDS[next]}`}
              title={`Colours: ${THEME_WORDS[themes.choice]}`}>
        {THEME_SIGNS[themes.choice]}
      </button>
    </header>
  );
}

function Pages({ here }: { readonly here: Location }) {
  const on = (page: string): boolean => page === here.page || (page === "overview" && here.page === "pop");
  return (
    <nav aria-label="Pages">
      {PAGES.map(([name, location]) => (
        <a key={name} href={address(location)} aria-current={on(location.page) ? "page" : undefined}>{name}</a>
      ))}
    </nav>
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
