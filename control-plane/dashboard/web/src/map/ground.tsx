import { memo } from "preact/compat";
import { useEffect, useState } from "preact/hooks";
import type { World } from "./world";
import { HEIGHT, TOP, WIDTH } from "./projection";

let loaded: Promise<World> | null = null;
function load(): Promise<World> {
  loaded ??= import("./world").then((module) => module.world());
  loaded.catch(() => { loaded = null; }); // asked for again by the next map
  return loaded;
}

// Sea and land; the same for every map, and never drawn again.
export const Ground = memo(function Ground() {
  const [world, setWorld] = useState<World | null>(null);
  useEffect(() => {
    let mounted = true;
    load().then((w) => { if (mounted) setWorld(w); }, () => {});
    return () => { mounted = false; };
  }, []);
  return (
    <g>
      <rect class="sea" x={0} y={TOP} width={WIDTH} height={HEIGHT} />
      {world && <path class="land" d={world.land} />}
      {world && <path class="borders" d={world.borders} />}
    </g>
  );
});
