// The world as the application draws it: Equal Earth, 1000 units wide, without the far south.

import { geoEqualEarth } from "d3-geo";
import type { Point } from "./labels";

export const WIDTH = 1000;
export const projection = geoEqualEarth().fitWidth(WIDTH, { type: "Sphere" });

const NORTH = 83;
const SOUTH = -57;
export const TOP = projection([0, NORTH])![1];
export const HEIGHT = projection([0, SOUTH])![1] - TOP;
export const VIEW_BOX = `0 ${TOP.toFixed(1)} ${WIDTH} ${HEIGHT.toFixed(1)}`;

export function project(longitude: number, latitude: number): Point {
  const at = projection([longitude, Math.min(NORTH - 2, Math.max(SOUTH + 2, latitude))]);
  return at === null ? { x: WIDTH / 2, y: TOP + HEIGHT / 2 } : { x: at[0], y: at[1] };
}
