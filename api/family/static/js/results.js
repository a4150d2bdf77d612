// The second view: what is near. The list is the map's twin; filters change both.
import { el } from './dom.js';
import { message, notes } from './notes.js';
import { baseSign, seal, startSign } from './signs.js';
import { CHOICES, FAR, counts, distance, isApproximate, isCandidate, minutesOf, nextBeyond, shown, startName, state, stepsText } from './state.js';
import { named, t } from './words.js';

/** What kind of place it is, in signs. */
export const placeSign = (place) => ({
  sign: baseSign(state.data.categories, place.category), options: { hollow: isCandidate(place), approximate: isApproximate(place) },
});

export const placeTags = (place) => [
  isCandidate(place) && el('span', { class: 'tag candidate' }, t('candidate')),
  isApproximate(place) && el('span', { class: 'tag approximate' }, t('approximate')),
];

const backText = (place) => (place.seconds_back === null ? t('back_unknown') : t('back_short', { n: minutesOf(place.seconds_back) }));

function row(place, open) {
  const { sign, options } = placeSign(place);
  return el('li', {}, el('button', { type: 'button', class: 'row', 'data-place': place.facility_id, onclick: () => open(place.facility_id) },
    seal(sign, options),
    el('span', { class: 'row-text' },
      el('span', { class: 'row-name' }, el('b', {}, place.name), placeTags(place)),
      el('small', {}, [backText(place), stepsText(place), distance(place.metres)].join(' · '))),
    el('span', { class: 'row-time' }, el('strong', {}, String(minutesOf(place.seconds_there))), el('small', {}, t('minute_unit')))));
}

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
      toggle('stepfree', t('stepfree'), t('stepfree_for'), (event) => { state.stepfree = event.target.checked; actions.ask(); }),
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
  if (!next && state.beyond === null) return el('p', { class: 'wait' }, t('computing'));
  if (!next) return message('empty', t('nearest_none', { minutes: FAR }));
  const look = el('button', { type: 'button', class: 'plain', onclick: () => actions.open(next.facility_id) }, t('nearest_look'));
  return message('empty', t('nearest_is', { name: next.name, n: minutesOf(next.seconds_there) }), look);
}

function body(actions) {
  if (state.trouble) return [message('trouble', t(state.trouble, { area: actions.area() }), el('button', { type: 'button', id: 'retry', class: 'plain', onclick: () => actions.ask() }, t('retry')))];
  if (!state.places) return [el('p', { class: 'wait' }, t('computing'))];
  const found = shown();
  const title = el('h2', { id: 'count', tabindex: '-1' }, found.length ? t('count', { n: found.length, minutes: state.minutes }) : t('count_none', { minutes: state.minutes }));
  if (!found.length) return [title, nothing(actions)];
  return [title, el('ol', { class: 'rows' }, found.map((place) => row(place, actions.open)))];
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
    foot.replaceChildren(notes(state.start.outside && t('outside_note', { area: actions.area() }), t('sign_note'), t('provisional_note')));
    list.setAttribute('aria-busy', String(!state.places && !state.trouble));
  }

  refresh();
  return { node, refresh };
}
