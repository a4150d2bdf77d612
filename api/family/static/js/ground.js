// The ground, painted tile by tile from the bundle's own lines. Stairs wear dashes; the district's edge is dimmed beyond.
/* global L */
import { decode, numbers, pathIn, scaleAt, spanned } from './codec.js';
import { placedNames, paintNames } from './names.js';

const TILE = 512;
const FINE = 2; // canvas pixels for one of the page's: enough for a phone, half the work of three
const COLOURS = {
  land: '#f8f4ea', water: '#bfd7d9', shore: '#7fa6ab', house: '#e9e2d3', houseEdge: '#d9d0bd', street: '#ffffff',
  casing: '#cdc3b0', tunnel: '#d3cab7', path: '#b39f80', stairs: '#9b4f24', halo: '#fbf8f1', outside: '#ebe6db', boundary: '#5d5144',
};
// Width in pixels at zoom 15, growth per zoom level, zoom of first appearance.
const PENS = {
  major: [5, 1.42, 0], minor: [3.6, 1.42, 0], local: [2.2, 1.5, 13.5], service: [1.3, 1.6, 15], path: [0.9, 1.3, 15], stairs: [2.1, 1.4, 14],
};

const width = (pen, zoom) => {
  const [at15, growth, first] = PENS[pen];
  return zoom < first ? 0 : Math.max(0.5, at15 * growth ** (zoom - 15));
};

/** Decode everything once; streets are the edges of the network. */
export function readGround(given, edges) {
  const all = (texts) => texts.map(decode);
  const drawn = Object.fromEntries(given.pens.map((pen) => [pen, []]));
  numbers(given.pen).forEach((pen, edge) => pen && drawn[given.pens[pen - 1]].push(edges[edge]));
  const ways = {};
  for (const [pen, own] of Object.entries(drawn)) { // each when it is first drawn: paths are not seen from afar
    let read = null;
    Object.defineProperty(ways, pen, { get: () => (read ??= own.map(spanned)) });
  }
  let houses = null; // the most of the ground, and not seen from afar
  return {
    get houses() {
      houses ??= all(given.houses);
      return houses;
    },
    land: all(given.land),
    water: all(given.water),
    ways,
    names: given.names,
  };
}

function stroke(ctx, path, colour, size, dash = [], cap = 'round') {
  ctx.strokeStyle = colour;
  ctx.lineWidth = size;
  ctx.lineCap = cap;
  ctx.lineJoin = 'round';
  ctx.setLineDash(dash);
  ctx.stroke(path);
  ctx.setLineDash([]);
}

function paintWater(ctx, ground, box, k) {
  const water = pathIn(ground.water, box, k, true);
  ctx.fillStyle = COLOURS.water;
  ctx.fill(water);
  ctx.save();
  ctx.clip(water);
  for (const [size, alpha] of [[22, '16'], [11, '20'], [5, '2a']]) stroke(ctx, water, COLOURS.shore + alpha, size);
  ctx.restore();
  stroke(ctx, water, COLOURS.shore, 0.9);
}

function paintHouses(ctx, ground, box, k, zoom) {
  if (zoom < 15) return;
  const houses = pathIn(ground.houses, box, k, true);
  ctx.fillStyle = COLOURS.house;
  ctx.fill(houses);
  if (zoom >= 16) stroke(ctx, houses, COLOURS.houseEdge, 0.8);
}

function paintStreets(ctx, ground, box, k, zoom) {
  const pens = ['service', 'local', 'minor', 'major'].filter((pen) => width(pen, zoom) && pen in ground.ways);
  const paths = Object.fromEntries(pens.map((pen) => [pen, pathIn(ground.ways[pen], box, k, false)]));
  const tunnels = pathIn(ground.ways.tunnel ?? [], box, k, false);
  stroke(ctx, tunnels, COLOURS.tunnel, Math.max(1, width('minor', zoom) * 0.7), [5, 3], 'butt');
  for (const pen of pens) stroke(ctx, paths[pen], COLOURS.casing, width(pen, zoom) + 1.3);
  for (const pen of pens) stroke(ctx, paths[pen], COLOURS.street, width(pen, zoom));
}

function paintFootways(ctx, ground, box, k, zoom) {
  const path = width('path', zoom);
  if (path) stroke(ctx, pathIn(ground.ways.path ?? [], box, k, false), COLOURS.path, path, [4, 2.5], 'butt');
  const stairs = width('stairs', zoom);
  if (!stairs) return;
  const lines = pathIn(ground.ways.stairs ?? [], box, k, false);
  if (zoom >= 16) stroke(ctx, lines, COLOURS.halo, stairs + 2, [], 'butt');
  stroke(ctx, lines, COLOURS.stairs, stairs, zoom >= 16 ? [1.2, 1.9] : [1.7, 1.1], 'butt');
}

function paintEdge(ctx, ground, box, k, side) {
  const land = pathIn(ground.land, box, k, true);
  const beyond = new Path2D();
  beyond.rect(-8, -8, side + 16, side + 16);
  beyond.addPath(land);
  ctx.fillStyle = `${COLOURS.outside}a6`;
  ctx.fill(beyond, 'evenodd');
  stroke(ctx, land, `${COLOURS.boundary}b0`, 1.3, [10, 3, 2, 3], 'butt');
}

function paintTile(ctx, ground, at, zoom, side) {
  ctx.scale((TILE * FINE) / side, (TILE * FINE) / side);
  const k = scaleAt(zoom);
  const [left, top, wide, margin] = [(at.x * side) / k, (at.y * side) / k, side / k, 24 / k];
  const box = Object.assign([left - margin, top - margin, left + wide + margin, top + wide + margin], { left, top });
  ctx.fillStyle = COLOURS.land;
  ctx.fillRect(0, 0, side, side);
  paintWater(ctx, ground, box, k);
  paintHouses(ctx, ground, box, k, zoom);
  paintStreets(ctx, ground, box, k, zoom);
  paintFootways(ctx, ground, box, k, zoom);
  paintEdge(ctx, ground, box, k, side);
  paintNames(ctx, placedNames(ground.names, zoom), at.x * side, at.y * side, side);
}

/** A Leaflet layer that paints the ground; redraw() after the language changes. */
export function groundLayer(ground) {
  const Ground = L.GridLayer.extend({
    createTile(at, done) {
      // tiles stand at whole zooms; between them they are stretched, so pens and letters are drawn the other way about
      this.stretch = this._map.getZoom() - at.z;
      const zoom = at.z + this.stretch;
      const tile = L.DomUtil.create('canvas', 'leaflet-tile');
      tile.width = tile.height = TILE * FINE;
      setTimeout(() => { // a tile a turn, so that fingers are heard between; one that is gone by then is not painted
        if (!tile.parentNode) return;
        paintTile(tile.getContext('2d'), ground, at, zoom, TILE * 2 ** (zoom - at.z));
        done(null, tile);
      });
      return tile;
    },
    getEvents() {
      const events = L.GridLayer.prototype.getEvents.call(this);
      return { ...events, zoomend: () => this.stretch !== this._map.getZoom() - this._tileZoom && this.redraw() };
    },
  });
  return new Ground({ tileSize: TILE, minZoom: 11, maxZoom: 19, keepBuffer: 1, updateWhenZooming: false });
}
