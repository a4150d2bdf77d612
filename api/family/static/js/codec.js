// Encoded numbers and paths. Paths become world units: Mercator pixels at zoom 20.
const UNIT_ZOOM = 20;
const WORLD = 256 * 2 ** UNIT_ZOOM;
export const DEGREE = 1e5;

export const degrees = (at) => ({ lon: at[0] / DEGREE, lat: at[1] / DEGREE });
/** Pixels of a zoom for one world unit. */
export const scaleAt = (zoom) => 2 ** (zoom - UNIT_ZOOM);

export const metresPerPixel = (lat, zoom) => (40075017 * Math.cos((lat * Math.PI) / 180)) / (256 * 2 ** zoom);

const mercatorX = (lon) => (lon / 360 + 0.5) * WORLD;
const mercatorY = (lat) => {
  const s = Math.sin((lat * Math.PI) / 180);
  return (0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI)) * WORLD;
};

/** World coordinates of whole hundred-thousandths of a degree. */
export const world = (lon, lat) => [mercatorX(lon / DEGREE), mercatorY(lat / DEGREE)];

/** Whole numbers from text. */
export function numbers(text) {
  const found = [];
  for (let at = 0; at < text.length;) {
    let [shift, value, five] = [0, 0, 0];
    do {
      five = text.charCodeAt(at++) - 63;
      value |= (five & 31) << shift;
      shift += 5;
    } while (five >= 32);
    found.push(value & 1 ? ~(value >> 1) : value >> 1);
  }
  return found;
}

/** Running sums: what was written as differences. */
export function sums(differences) {
  let total = 0;
  return differences.map((step) => (total += step));
}

/** Vertices of a path, differences of latitude and longitude in turn, from `from` on: [lon, lat, lon, lat, ...]. */
function unrolled(steps) {
  const found = new Array(steps.length);
  let [lon, lat] = [0, 0];
  for (let i = 0; i < steps.length; i += 2) {
    lat += steps[i];
    lon += steps[i + 1];
    found[i] = lon;
    found[i + 1] = lat;
  }
  return found;
}

/** Lines that were written one after the other: each as [lon, lat, lon, lat, ...] in hundred-thousandths. */
export function lines(counts, text) {
  const all = unrolled(numbers(text));
  let at = 0;
  return numbers(counts).map((count) => all.slice(at, (at += 2 * count)));
}

/** A line as world coordinates and what they span. */
export function spanned(line) {
  const xy = new Array(line.length);
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < line.length; i += 2) {
    const [x, y] = world(line[i], line[i + 1]);
    xy[i] = x;
    xy[i + 1] = y;
    box[0] = Math.min(box[0], x);
    box[1] = Math.min(box[1], y);
    box[2] = Math.max(box[2], x);
    box[3] = Math.max(box[3], y);
  }
  return { xy, box };
}

/** Decode one path to {xy, box}. */
export const decode = (text) => spanned(unrolled(numbers(text)));

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
