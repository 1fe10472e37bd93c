import type { ComponentChildren } from "preact";

interface Props {
  readonly kind: "problem" | "warning" | "hint";
  readonly title: string;
  readonly children?: ComponentChildren;
}

// Something that people should know; problems are read out at once.
export function Notice({ kind, title, children }: Props) {
  return (
    <div class={`notice ${kind}`} role={kind === "problem" ? "alert" : "note"}>
      <strong>{title}</strong>
      {children && <div>{children}</div>}
    </div>
  );
}

// In the place of what is not there (yet), as large as it will be.
export function Empty({ children }: { readonly children: ComponentChildren }) {
  return <div class="empty">{children}</div>;
}
