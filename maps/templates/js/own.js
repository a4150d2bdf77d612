// The chosen place's own circles: from the page, or from the service that sent the page without them.
const storedCircles = lazy(() => read('circles'));
const AREAS = read('areas');
const DOORS = read('entrances').map((doors) => (doors ?? []).map(([at, reason, snap]) => ({ spot: spot(at), reason, snap })).filter((d) => d.spot));
const ownCircles = new Map(); // place index -> {state: 'ready' | 'waiting' | 'failed', circles}

const hasCircles = (index) => AREAS[index] !== null && AREAS[index] !== undefined;

function pathOfGeometry(geometry) {
  const path = new Path2D();
  let box = null;
  for (const polygon of geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates) {
    for (const ring of polygon) {
      ring.forEach(([lon, lat], i) => {
        if (i) path.lineTo(worldX(lon), worldY(lat));
        else path.moveTo(worldX(lon), worldY(lat));
        box = box ? [Math.min(box[0], lat), Math.min(box[1], lon), Math.max(box[2], lat), Math.max(box[3], lon)] : [lat, lon, lat, lon];
      });
      path.closePath();
    }
  }
  return { path, bounds: box && [[box[0], box[1]], [box[2], box[3]]] };
}

function embedded(index) {
  const rings = storedCircles()[index] ?? {};
  return Object.keys(rings).map((c) => ({ cutoff: Number(c), path: pathOf(rings[c], true), bounds: boundsOf(rings[c]) }));
}

/** Ask the service for a place's circles; the page is drawn again when they have come. */
async function fetchCircles(index) {
  try {
    const answer = await fetch(`collections/isochrones/items?limit=10&facility_id=${encodeURIComponent(PLACES[index].facility_id)}`);
    if (!answer.ok) throw new Error(String(answer.status));
    const { features } = await answer.json();
    const circles = features.map((f) => ({ cutoff: f.properties.cutoff_s, ...pathOfGeometry(f.geometry) }));
    ownCircles.set(index, { state: 'ready', circles: circles.sort((a, b) => b.cutoff - a.cutoff) });
  } catch {
    ownCircles.set(index, { state: 'failed', circles: [] });
  }
  if (state.selected?.type === 'place' && state.selected.index === index) change({ arrived: index });
}

function ownOf(index) {
  if (!hasCircles(index)) return { state: 'none', circles: [] };
  if (!ownCircles.has(index)) {
    const here = storedCircles() !== null;
    ownCircles.set(index, here ? { state: 'ready', circles: embedded(index).sort((a, b) => b.cutoff - a.cutoff) } : { state: 'waiting', circles: [] });
    if (!here) fetchCircles(index);
  }
  return ownCircles.get(index);
}

/** Largest first. */
const circlePaths = (index) => ownOf(index).circles;

function paintOwnCircles(frame) {
  if (state.selected?.type !== 'place') return;
  const place = PLACES[state.selected.index];
  paintNested(frame, circlePaths(place.index).map((c) => c.path), signOf(place).colour, true);
}

/** The doors that walks start from, each tied to its place. */
function paintDoors(frame) {
  if (state.selected?.type !== 'place') return;
  const place = PLACES[state.selected.index];
  const { ctx } = frame;
  for (const door of place.spot ? DOORS[place.index] : []) {
    const [x, y] = [frame.x(door.spot.x), frame.y(door.spot.y)];
    ctx.setLineDash([2, 3]);
    ctx.lineWidth = 1.6;
    ctx.strokeStyle = STYLE.theme.selected;
    ctx.beginPath();
    ctx.moveTo(frame.x(place.spot.x), frame.y(place.spot.y));
    ctx.lineTo(x, y);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.beginPath();
    ctx.moveTo(x, y - 7);
    ctx.lineTo(x + 6.5, y + 4.5);
    ctx.lineTo(x - 6.5, y + 4.5);
    ctx.closePath();
    ctx.fillStyle = STYLE.theme.selected;
    ctx.fill();
    ctx.lineWidth = 1.6;
    ctx.strokeStyle = '#ffffff';
    ctx.stroke();
  }
}
