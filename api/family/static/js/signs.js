// Seals: a lozenge for a base in its category's colour and letter, a square for a school, a disc for a community.
import { svg } from './dom.js';

const TIERS = {
  school: { colour: '#4a379b', glyph: '学', shape: 'square' },
  community: { colour: '#c14a09', glyph: '社', shape: 'disc' },
  street: { colour: '#4d5963', glyph: '路', shape: 'square' },
  own: { colour: '#1f2930', glyph: '起', shape: 'disc' },
};
const UNCATEGORISED = { colour: '#4d5963', glyph: '基' };

export const startSign = (kind) => TIERS[kind] ?? TIERS.own;

/** The sign of a base's category. */
export function baseSign(categories, id) {
  const own = categories.find((category) => category.id === id) ?? UNCATEGORISED;
  return { colour: own.colour, glyph: own.glyph, shape: 'lozenge' };
}

function outline(shape, paint) {
  if (shape === 'square') return svg('rect', { x: 6, y: 6, width: 20, height: 20, rx: 4.5, ...paint });
  if (shape === 'disc') return svg('circle', { cx: 16, cy: 16, r: 11, ...paint });
  return svg('path', { d: 'M16 3.5 28.5 16 16 28.5 3.5 16Z', 'stroke-linejoin': 'round', ...paint });
}

/** A seal as SVG: hollow for a candidate, ringed with dots for an approximate position. */
export function seal(sign, { hollow = false, approximate = false } = {}) {
  const paint = { fill: hollow ? '#fff' : sign.colour, stroke: hollow ? sign.colour : '#fff', 'stroke-width': hollow ? 2 : 1.4 };
  return svg('svg', { class: 'seal', viewBox: '0 0 32 32', 'aria-hidden': 'true' },
    approximate && svg('circle', { cx: 16, cy: 16, r: 15, fill: 'none', stroke: sign.colour, 'stroke-width': 1.3, 'stroke-dasharray': '2.6 2.2' }),
    hollow && outline(sign.shape, { fill: '#fff', stroke: '#fff', 'stroke-width': 4 }),
    outline(sign.shape, paint),
    svg('text', { x: 16, y: 16.5, fill: hollow ? sign.colour : '#fff' }, sign.glyph));
}
