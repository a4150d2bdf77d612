// Names on the ground. Places are given once a zoom, to the whole district, so that a name crossing tiles stays whole.
import { metresPerPixel, scaleAt, world } from './codec.js';
import { inEnglish } from './words.js';

const SANS = '"Noto Sans SC","Noto Sans CJK SC","Source Han Sans SC","PingFang SC","Microsoft YaHei",sans-serif';
const SERIF = '"Noto Serif SC","Noto Serif CJK SC","Source Han Serif SC","Songti SC","STSong","SimSun",serif';
const HALO = '#fbf8f1';
const GAP = 7;
const WATER_PX = 15; // a water narrower than this on the screen has no room for letters

let memory = { key: null, placed: new Map() };
const ruler = document.createElement('canvas').getContext('2d');

function* wanted(names, zoom) {
  if (zoom >= 12 && zoom <= 15) {
    const size = zoom < 14 ? 12 : 14;
    for (const [zh, en, lon, lat] of names.subdistricts) {
      const text = inEnglish() && en ? en : zh.replace(/街道$/, '');
      yield { text, lon, lat, slope: 0, font: `600 ${size}px ${SERIF}`, size, colour: '#6d5f4c', spaced: !inEnglish() };
    }
  }
  for (const [text, lon, lat, slope, breadth] of names.water) {
    if (breadth / metresPerPixel(lat / 1e5, zoom) < WATER_PX) continue;
    yield { text, lon, lat, slope, font: `500 13px ${SERIF}`, size: 13, colour: '#4f7f88', spaced: !inEnglish() };
  }
  for (const [text, lon, lat] of zoom >= 14.5 ? names.stations : []) {
    yield { text, lon, lat, slope: 0, font: `600 11px ${SANS}`, size: 11, colour: '#5c6078', dot: true };
  }
  const lowest = zoom < 14 ? -1 : [0, 1, 2, 3][Math.min(3, Math.floor(zoom) - 14)];
  for (const [text, lon, lat, slope, rank] of names.streets) {
    if (rank <= lowest || (zoom >= 17 && rank === 3)) {
      yield { text, lon, lat, slope, font: `500 ${zoom >= 16 ? 12 : 11}px ${SANS}`, size: 12, colour: '#6f665a' };
    }
  }
}

function place(names, zoom) {
  const k = scaleAt(zoom);
  const taken = [];
  const kept = [];
  for (const name of wanted(names, zoom)) {
    ruler.font = name.font;
    const length = ruler.measureText(name.text).width + (name.spaced ? name.text.length * 2 : 0) + (name.dot ? 12 : 0);
    const angle = (-name.slope * Math.PI) / 180;
    const [cos, sin] = [Math.abs(Math.cos(angle)), Math.abs(Math.sin(angle))];
    const [wx, wy] = world(name.lon, name.lat);
    const [x, y] = [wx * k, wy * k];
    const [halfX, halfY] = [(length * cos + name.size * sin) / 2 + GAP, (length * sin + name.size * cos) / 2 + GAP];
    const box = [x - halfX, y - halfY, x + halfX, y + halfY];
    if (taken.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3])) continue;
    taken.push(box);
    kept.push({ ...name, x, y, angle, box });
  }
  return kept;
}

/** Names that have room at a zoom, in pixels of that zoom. */
export function placedNames(names, zoom) {
  const key = inEnglish();
  if (memory.key !== key) memory = { key, placed: new Map() };
  if (!memory.placed.has(zoom)) memory.placed.set(zoom, place(names, zoom));
  return memory.placed.get(zoom);
}

export function paintNames(ctx, names, left, top, side) {
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  ctx.lineJoin = 'round';
  for (const name of names) {
    const { box } = name;
    if (box[2] < left || box[3] < top || box[0] > left + side || box[1] > top + side) continue;
    ctx.save();
    ctx.translate(name.x - left, name.y - top);
    ctx.rotate(name.angle);
    ctx.font = name.font;
    if (name.spaced && 'letterSpacing' in ctx) ctx.letterSpacing = '2px';
    ctx.lineWidth = 3;
    ctx.strokeStyle = HALO;
    ctx.strokeText(name.text, name.dot ? 6 : 0, 0);
    ctx.fillStyle = name.colour;
    ctx.fillText(name.text, name.dot ? 6 : 0, 0);
    if (name.dot) {
      ctx.beginPath();
      ctx.arc(-ctx.measureText(name.text).width / 2 - 3, 0, 3.2, 0, Math.PI * 2);
      ctx.lineWidth = 1.8;
      ctx.strokeStyle = name.colour;
      ctx.fillStyle = '#fff';
      ctx.fill();
      ctx.stroke();
    }
    ctx.restore();
  }
}
