// Elements by hand: data only ever becomes text, never markup.
export const byId = (id) => document.getElementById(id);

const SVG = 'http://www.w3.org/2000/svg';

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  const kept = children.flat(3).filter((child) => child !== null && child !== undefined && child !== false);
  node.append(...kept.map((child) => (child instanceof Node ? child : String(child))));
  return node;
}

/** el('p', {class: 'x', onclick}, 'text', child): strings and numbers become text nodes. */
export const el = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);

export const svg = (tag, attributes = {}, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

/** A line icon of one path. */
export const icon = (path) => svg('svg', { class: 'icon', viewBox: '0 0 24 24', 'aria-hidden': 'true' }, svg('path', { d: path }));

export const ICONS = {
  locate: 'M12 2.5v4M12 17.5v4M2.5 12h4M17.5 12h4M12 6.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11z',
  back: 'M15 5l-7 7 7 7',
  cross: 'M6 6l12 12M18 6 6 18',
  save: 'M12 4v11M7 10.5l5 5 5-5M5 20h14',
  share: 'M12 15V4M8 7.5 12 3.5l4 4M6 11v9h12v-9',
  flag: 'M6 21V4h12l-2.5 4L18 12H6',
  search: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5 20.5 20.5',
};

export const isPhone = () => matchMedia('(max-width: 860px)').matches;
export const isCalm = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

/** Say something to those who listen instead of look. */
export function announce(text) {
  byId('live').textContent = text;
}

/** What `make` makes; where one record is broken, what `instead` makes, and the rest of the page stands. */
export function guarded(make, instead) {
  try {
    return make();
  } catch (error) {
    setTimeout(() => reportError(error)); // for who looks into the console; nobody else's business
    return instead(error);
  }
}
