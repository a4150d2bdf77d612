// The second view: what is near. The list is the map's twin; filters change both.
import { el, guarded } from './dom.js';
import { message, notes } from './notes.js';
import { baseSign, seal, startSign } from './signs.js';
import { CHOICES, MOST, counts, distance, isApproximate, isCandidate, minutesOf, nextBeyond, opening, shown, startName, state, stepsText, trip } from './state.js';
import { named, t } from './words.js';

/** What kind of place it is, in signs. */
export const placeSign = (place) => ({
  sign: baseSign(state.data.categories, place.category), options: { hollow: isCandidate(place), approximate: isApproximate(place) },
});

export const placeTags = (place) => [
  isCandidate(place) && el('span', { class: 'tag candidate' }, t('candidate')),
  isApproximate(place) && el('span', { class: 'tag approximate' }, t('approximate')),
];

const backText = (way) => (way.back === null ? t('back_unknown') : t('back_short', { n: minutesOf(way.back) }));

/** Hours as they are written, or that nobody knows them. */
export const openingText = (place) => place.opening_hours ?? t('hours_unknown');

/** Open, closed or unknown, now; and that a public holiday may say otherwise. */
export function openingTag(place) {
  const { known, open, holidays } = opening(place);
  const word = !known ? t('open_unknown') : t(open ? 'open_yes' : 'open_no');
  return el('span', { class: `tag ${!known ? 'quiet' : open ? 'open' : 'shut'}` }, word, holidays && ` · ${t('holidays_differ')}`);
}

/** Whether steps can be avoided, where there are some. */
function stepFreeText(place) {
  if (state.stepfree || !('stepfree' in place) || !trip(place).steps) return null;
  return place.stepfree ? t('stepfree_in', { n: minutesOf(place.stepfree.there) }) : t('stepfree_none');
}

function row(place, open) {
  const { sign, options } = placeSign(place);
  const way = trip(place);
  const about = [backText(way), stepsText(way), distance(way.metres), stepFreeText(place)].filter(Boolean);
  return el('li', {}, el('button', { type: 'button', class: 'row', 'data-place': place.id, onclick: () => open(place.id) },
    seal(sign, options),
    el('span', { class: 'row-text' },
      el('span', { class: 'row-name' }, el('b', {}, place.name), placeTags(place), (state.opennow || place.opening_hours) && openingTag(place)),
      el('small', {}, about.join(' · '))),
    el('span', { class: 'row-time' }, el('strong', {}, String(minutesOf(way.there))), el('small', {}, t('minute_unit')))));
}

const brokenRow = (place, open) => () => el('li', { class: 'broken' }, el('button', { type: 'button', class: 'row', 'data-place': String(place.id), onclick: () => open(place.id) }, t('broken')));

function segments(actions) {
  return el('div', { class: 'segments', role: 'group', 'aria-label': t('within') }, CHOICES.map((n) =>
    el('button', { type: 'button', 'data-minutes': n, onclick: () => actions.filter(() => { state.minutes = n; }) }, t('minutes', { n }))));
}

function chips(actions) {
  const toggle = (id) => actions.filter(() => {
    if (id === null) state.categories.clear();
    else if (!state.categories.delete(id)) state.categories.add(id);
  });
  const chip = (id, mark, text, provisional) => el('button', { type: 'button', class: 'chip', 'data-category': id ?? '', onclick: () => toggle(id) },
    mark, el('span', {}, text), provisional && el('em', {}, t('provisional')), el('i', {}));
  return el('div', { class: 'chips', role: 'group', 'aria-label': t('categories') },
    chip(null, null, t('all'), false),
    state.data.categories.map((c) => chip(c.id, seal(baseSign(state.data.categories, c.id)), named(c.zh, c.en), !c.published)));
}

const toggle = (id, text, small, change) =>
  el('label', { class: 'switch' }, el('input', { type: 'checkbox', role: 'switch', id, checked: state[id], onchange: change }), el('span', {}, text, el('small', {}, small)));

function controls(actions) {
  return el('div', { class: 'controls' }, segments(actions),
    el('div', { class: 'switches' },
      state.data.network.walkers.length > 1 && toggle('stepfree', t('stepfree'), t('stepfree_for'), (event) => actions.filter(() => { state.stepfree = event.target.checked; })),
      toggle('opennow', t('opennow'), t('opennow_for'), (event) => actions.filter(() => { state.opennow = event.target.checked; state.now = new Date(); })),
      toggle('candidates', t('candidates'), t('candidates_for'), (event) => actions.filter(() => { state.candidates = event.target.checked; }))),
    chips(actions));
}

function startBar(actions) {
  return el('div', { class: 'start-bar' }, seal(startSign(state.start.kind), { approximate: state.start.approximate }),
    el('span', { class: 'option-text' }, el('small', {}, t(state.start.approximate ? 'start_approximate' : 'start')), el('b', {}, startName(state.start))),
    el('button', { type: 'button', id: 'change', class: 'plain', onclick: () => actions.back() }, t('change')));
}

/** What to say when the list is empty: the nearest one, if there is any. */
function nothing(actions) {
  const next = nextBeyond();
  if (!next) return message('empty', t('nearest_none', { minutes: MOST }));
  const look = el('button', { type: 'button', class: 'plain', onclick: () => actions.open(next.id) }, t('nearest_look'));
  return message('empty', t('nearest_is', { name: next.name, n: minutesOf(trip(next).there) }), look);
}

/** How many are open for certain, and of how many nobody knows. */
function openCount(found) {
  const known = found.filter((place) => opening(place).known).length;
  return el('p', { class: 'hint', id: 'open-count' }, t('open_count', { n: known, unknown: found.length - known }));
}

function body(actions) {
  if (state.trouble) return [message('trouble', t(state.trouble, { area: actions.area() }))];
  const found = shown();
  const title = el('h2', { id: 'count', tabindex: '-1' }, found.length ? t('count', { n: found.length, minutes: state.minutes }) : t('count_none', { minutes: state.minutes }));
  if (!found.length) return [title, nothing(actions)];
  return [title, state.opennow && openCount(found), el('ol', { class: 'rows' }, found.map((place) => guarded(() => row(place, actions.open), brokenRow(place, actions.open))))].filter(Boolean);
}

/** The view and a way to bring it up to date without losing the keyboard's place. */
export function resultsView(actions) {
  const list = el('div', { class: 'list' });
  const filters = controls(actions);
  const foot = el('div', {});
  const node = el('div', { class: 'results' }, startBar(actions), filters, list, foot);

  function refresh() {
    const near = counts();
    const total = [...near.values()].reduce((sum, n) => sum + n, 0);
    for (const button of filters.querySelectorAll('[data-minutes]')) button.setAttribute('aria-pressed', String(Number(button.dataset.minutes) === state.minutes));
    for (const chip of filters.querySelectorAll('.chip')) {
      const id = chip.dataset.category;
      const n = id ? near.get(id) ?? 0 : total;
      chip.setAttribute('aria-pressed', String(id ? state.categories.has(id) : state.categories.size === 0));
      chip.lastChild.textContent = state.places ? String(n) : '';
      chip.classList.toggle('empty', Boolean(state.places) && n === 0);
    }
    list.replaceChildren(...body(actions));
    foot.replaceChildren(el('div', { class: 'acts' }, actions.canShare() && el('button', { type: 'button', id: 'share', class: 'plain', onclick: () => actions.share(null) }, t('share_list'))), notes(state.opennow && t('open_note'), state.start.kind === 'street' && t('street_note'), ['own', 'map'].includes(state.start.kind) && t('private_note'), state.start.outside && t('outside_note', { area: actions.area() }), t('sign_note'), t('provisional_note')));
  }

  refresh();
  return { node, refresh };
}
