// Which markers of a map get a label, and on which side. Pure, and independent of the figures, so
// that nothing moves while they change.

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Label {
  readonly x: number;
  readonly y: number;
  readonly anchor: "start" | "end" | "middle";
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface LabelSize {
  readonly width: number;
  readonly height: number;
  readonly gap: number; // between the marker's middle and the label
}

function meets(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

// One label or null per point; the earlier point has the first choice. `frame`: nothing is put
// outside of it.
export function placeLabels(points: readonly Point[], size: LabelSize, frame: Box): (Label | null)[] {
  const marker = size.gap * 0.6;
  const taken: Box[] = points.map((p) => ({
    left: p.x - marker, right: p.x + marker, top: p.y - marker, bottom: p.y + marker,
  }));
  return points.map((p, own) => {
    for (const [label, box] of places(p, size)) {
      const inside = box.left >= frame.left && box.right <= frame.right &&
        box.top >= frame.top && box.bottom <= frame.bottom;
      if (!inside || taken.some((other, i) => i !== own && meets(box, other))) continue;
      taken.push(box);
      return label;
    }
    return null;
  });
}

function places({ x, y }: Point, { width, height, gap }: LabelSize): (readonly [Label, Box])[] {
  const middle = { top: y - height / 2, bottom: y + height / 2 };
  const centre = { left: x - width / 2, right: x + width / 2 };
  const base = 0.35 * height; // from the middle of a line of text to its base line
  return [
    [{ x: x + gap, y: y + base, anchor: "start" }, { ...middle, left: x + gap, right: x + gap + width }],
    [{ x: x - gap, y: y + base, anchor: "end" }, { ...middle, left: x - gap - width, right: x - gap }],
    [{ x, y: y - gap - height / 2 + base, anchor: "middle" }, { ...centre, top: y - gap - height, bottom: y - gap }],
    [{ x, y: y + gap + height / 2 + base, anchor: "middle" }, { ...centre, top: y + gap, bottom: y + gap + height }],
  ];
}
