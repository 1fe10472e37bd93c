import type { ComponentChildren } from "preact";

interface Props {
  readonly id: string;
  readonly title: string;
  readonly about?: ComponentChildren; // what one sees, in a sentence
  readonly children: ComponentChildren;
}

// A part of the report that the bar leads to.
export function Part({ id, title, about, children }: Props) {
  return (
    <section class="panel part" id={id} tabIndex={-1} aria-labelledby={`${id}-title`}>
      <header>
        <h2 id={`${id}-title`}>{title}</h2>
        {about && <p class="quiet">{about}</p>}
      </header>
      {children}
    </section>
  );
}
