// The land, projected once. Loaded behind the rest of the application: it is most of its bytes.

import { geoPath } from "d3-geo";
import { feature, mesh } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import atlas from "world-atlas/countries-110m.json";
import { projection } from "./projection";

export interface World {
  readonly land: string; // SVG paths
  readonly borders: string;
}

export function world(): World {
  const topology = atlas as unknown as Topology<{ countries: GeometryCollection; land: GeometryCollection }>;
  const path = geoPath(projection).digits(1);
  const land = feature(topology, topology.objects.land);
  const borders = mesh(topology, topology.objects.countries, (a, b) => a !== b);
  return { land: path(land) ?? "", borders: path(borders) ?? "" };
}
