// Decode the page's blocks. World units are Mercator pixels at zoom 20, counted from the middle of the district.
const UNIT_ZOOM = 20;
const WORLD = 256 * 2 ** UNIT_ZOOM;
const DEGREE = 1e5;

const read = (name) => JSON.parse(document.getElementById(`data-${name}`).textContent);

const meta = read('meta');
const [WEST, SOUTH, EAST, NORTH] = meta.bounds;
const MIDDLE = [(SOUTH + NORTH) / 2, (WEST + EAST) / 2];

const mercatorX = (lon) => (lon / 360 + 0.5) * WORLD;
const mercatorY = (lat) => {
  const s = Math.sin((lat * Math.PI) / 180);
  return (0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI)) * WORLD;
};
const ORIGIN = { x: mercatorX(MIDDLE[1]), y: mercatorY(MIDDLE[0]) };
const worldX = (lon) => mercatorX(lon) - ORIGIN.x;
const worldY = (lat) => mercatorY(lat) - ORIGIN.y;

/** Call visit(lon, lat, first) for each vertex of an encoded path. */
function walk(text, visit) {
  let at = 0;
  let lat = 0;
  let lon = 0;
  const step = () => {
    let shift = 0;
    let value = 0;
    let five;
    do {
      five = text.charCodeAt(at++) - 63;
      value |= (five & 31) << shift;
      shift += 5;
    } while (five >= 32);
    return value & 1 ? ~(value >> 1) : value >> 1;
  };
  for (let first = true; at < text.length; first = false) {
    lat += step();
    lon += step();
    visit(lon / DEGREE, lat / DEGREE, first);
  }
}

/** One Path2D of many encoded rings (closed) or lines. */
function pathOf(texts, closed) {
  const path = new Path2D();
  for (const text of texts) {
    walk(text, (lon, lat, first) => {
      if (first) path.moveTo(worldX(lon), worldY(lat));
      else path.lineTo(worldX(lon), worldY(lat));
    });
    if (closed) path.closePath();
  }
  return path;
}

/** Bounds of encoded paths as Leaflet wants them, or null. */
function boundsOf(texts) {
  let box = null;
  for (const text of texts) {
    walk(text, (lon, lat) => {
      box = box
        ? [Math.min(box[0], lat), Math.min(box[1], lon), Math.max(box[2], lat), Math.max(box[3], lon)]
        : [lat, lon, lat, lon];
    });
  }
  return box && [[box[0], box[1]], [box[2], box[3]]];
}

/** Rows of a table {cols, rows} as objects. */
const records = (table) =>
  table.rows.map((row) => Object.fromEntries(table.cols.map((name, i) => [name, row[i]])));

/** An encoded point as a spot: lon, lat and world units; null stays null. */
const spot = (at) =>
  at && { lon: at[0] / DEGREE, lat: at[1] / DEGREE, x: worldX(at[0] / DEGREE), y: worldY(at[1] / DEGREE) };

/** Compute once, on first use. */
function lazy(make) {
  let made;
  let done = false;
  return () => {
    if (!done) [made, done] = [make(), true];
    return made;
  };
}
