// Encoded paths as world units: Mercator pixels at zoom 20, counted from a corner near by so that floats stay exact.
const UNIT_ZOOM = 20;
const WORLD = 256 * 2 ** UNIT_ZOOM;
const DEGREE = 1e5;

export const degrees = (at) => ({ lon: at[0] / DEGREE, lat: at[1] / DEGREE });
/** Pixels of a zoom for one world unit. */
export const scaleAt = (zoom) => 2 ** (zoom - UNIT_ZOOM);

export const metresPerPixel = (lat, zoom) => (40075017 * Math.cos((lat * Math.PI) / 180)) / (256 * 2 ** zoom);

const mercatorX = (lon) => (lon / 360 + 0.5) * WORLD;
const mercatorY = (lat) => {
  const s = Math.sin((lat * Math.PI) / 180);
  return (0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI)) * WORLD;
};

/** Decode one path to {xy, box}: world coordinates and what they span. */
export function decode(text) {
  const xy = [];
  const box = [Infinity, Infinity, -Infinity, -Infinity];
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
  while (at < text.length) {
    lat += step();
    lon += step();
    const [x, y] = world(lon, lat);
    xy.push(x, y);
    box[0] = Math.min(box[0], x);
    box[1] = Math.min(box[1], y);
    box[2] = Math.max(box[2], x);
    box[3] = Math.max(box[3], y);
  }
  return { xy, box };
}

/** World coordinates of whole hundred-thousandths of a degree. */
export const world = (lon, lat) => [mercatorX(lon / DEGREE), mercatorY(lat / DEGREE)];

const meets = (a, b) => a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3];

/** One Path2D, in pixels from a tile's corner, of the paths that meet the tile's box. */
export function pathIn(paths, box, k, closed) {
  const path = new Path2D();
  for (const { xy, box: own } of paths) {
    if (!meets(own, box)) continue;
    path.moveTo((xy[0] - box.left) * k, (xy[1] - box.top) * k);
    for (let i = 2; i < xy.length; i += 2) path.lineTo((xy[i] - box.left) * k, (xy[i + 1] - box.top) * k);
    if (closed) path.closePath();
  }
  return path;
}

/** Whether a point lies inside rings, by the even-odd rule. */
export function inside(rings, lon, lat) {
  const [x, y] = world(lon * DEGREE, lat * DEGREE);
  let within = false;
  for (const { xy } of rings) {
    for (let i = 0, j = xy.length - 2; i < xy.length; j = i, i += 2) {
      const crosses = xy[i + 1] > y !== xy[j + 1] > y && x < ((xy[j] - xy[i]) * (y - xy[i + 1])) / (xy[j + 1] - xy[i + 1]) + xy[i];
      if (crosses) within = !within;
    }
  }
  return within;
}
