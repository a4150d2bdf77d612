// Elements by hand: data only ever becomes text, never markup.
const byId = (id) => document.getElementById(id);

/** el('p', {class: 'x', onclick}, 'text', child): strings and numbers become text nodes. */
function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (name === 'style') for (const [k, v] of Object.entries(value)) node.style.setProperty(k, v);
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.flat(3).filter((c) => c !== null && c !== undefined && c !== false).map((c) => (c instanceof Node ? c : String(c))));
  return node;
}

function icon(name) {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(space, 'use');
  use.setAttribute('href', `#i-${name}`);
  svg.append(use);
  return svg;
}

const facts = (rows) =>
  el('dl', { class: 'facts' }, rows.filter((r) => r && r[1] !== null && r[1] !== undefined && r[1] !== '').map(([name, ...values]) => el('div', {}, el('dt', {}, name), el('dd', {}, values))));

/** A group of buttons of which one is pressed: options are [value, text, mark]. */
function choice(name, options, value, choose) {
  return el('div', { class: options.length > 5 ? 'choice many' : 'choice', role: 'group', 'aria-label': name },
    options.map(([own, text, mark]) => el('button', {
      type: 'button', 'aria-pressed': String(own === value), 'data-value': String(own), onclick: () => choose(own),
    }, mark, el('span', {}, text))));
}

/** A line with a check box, a sign and a count. */
function tick(text, checked, toggle, { mark = null, count = null, small = false } = {}) {
  return el('label', { class: small ? 'tick small' : 'tick' },
    el('input', { type: 'checkbox', checked, onchange: (event) => toggle(event.target.checked) }),
    mark, el('span', { class: 'tick-text' }, text), count === null ? null : el('span', { class: 'count' }, number(count)));
}

const section = (title, ...children) => el('section', { class: 'block' }, el('h2', {}, title), children);
const note = (text) => el('p', { class: 'note' }, text);

function toggled(set, value, on) {
  const next = new Set(set);
  if (on) next.add(value);
  else next.delete(value);
  return next;
}

/** Fill a container anew, keeping the keyboard's place among its controls. */
function refill(container, ...children) {
  const controls = () => [...container.querySelectorAll('button,input,select,summary,a')];
  const at = controls().indexOf(document.activeElement);
  container.replaceChildren(...children.flat().filter(Boolean));
  if (at >= 0) controls()[at]?.focus({ preventScroll: true });
}

const isPhone = () => matchMedia('(max-width: 860px)').matches;
const isCalm = () => matchMedia('(prefers-reduced-motion: reduce)').matches;
