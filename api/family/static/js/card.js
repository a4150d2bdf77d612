// The third view: one place, how sure we are of it, and the way there and back.
import { el, guarded, icon, ICONS } from './dom.js';
import { reportForm } from './mistake.js';
import { message, notes } from './notes.js';
import { openingTag, openingText, placeSign, placeTags } from './results.js';
import { seal } from './signs.js';
import { distance, isApproximate, minutesOf, state, stepsText, trip } from './state.js';
import { wayWords } from './way.js';
import { named, t } from './words.js';

function times(place, turn) {
  const mine = trip(place);
  const side = (returning, label, seconds) => el('button', {
    type: 'button', 'data-returning': String(returning), 'aria-pressed': String(state.returning === returning), disabled: seconds === null, onclick: () => turn(returning),
  }, el('small', {}, label), seconds === null ? el('span', {}, t('back_unknown')) : [el('strong', {}, String(minutesOf(seconds))), el('span', {}, t('minute_unit'))]);
  return el('div', { class: 'times', role: 'group', 'aria-label': t('direction') },
    side(false, t('going'), mine.there), side(true, t('returning'), mine.back));
}

const facts = (rows) => el('dl', { class: 'facts' }, rows.filter(Boolean).map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))));

/** Whether a pram gets there, said beside the usual way. */
function stepFree(place) {
  if (state.stepfree || !('stepfree' in place)) return null;
  if (!place.stepfree) return t('stepfree_none');
  return place.usual?.steps === 0 && place.stepfree.there <= place.usual.there * 1.6 ? t('stepfree_same', { n: minutesOf(place.stepfree.there) }) : t('stepfree_in', { n: minutesOf(place.stepfree.there) });
}

/** The way as figures and sentences. */
function wayFacts(walk, place, actions) {
  const climb = walk.ascent_m === null ? t('climb_unknown') : t('climb', { up: Math.round(walk.ascent_m), down: Math.round(walk.descent_m) });
  const pram = stepFree(place);
  return [
    facts([[t('distance'), distance(walk.metres)], [t('steps_label'), stepsText(walk)], [t('climb_label'), climb], pram && [t('pram'), el('span', { id: 'pram' }, pram)]]),
    walk.steps > 0 && el('p', { class: 'legend' }, el('i', {}), t('way_legend')),
    el('details', { class: 'how' }, el('summary', {}, t('how')), el('ol', {}, wayWords(walk).map(({ kind, text }) => el('li', { class: kind }, text)))),
    el('button', { type: 'button', id: 'gpx', class: 'plain', onclick: () => actions.gpx(place, walk) }, icon(ICONS.save), t('gpx')),
  ];
}

const website = (text) => (/^https?:\/\//i.test(text) ? el('a', { href: text, target: '_blank', rel: 'noopener noreferrer external', referrerpolicy: 'no-referrer' }, text.replace(/^https?:\/\/(www\.)?/i, '').replace(/\/$/, ''), el('small', {}, ` ${t('outside_link')}`)) : null);

function about(place) {
  const category = state.data.categories.find((c) => c.id === place.category);
  const link = place.website && website(place.website);
  const since = [place.open_from && t('open_from', { date: place.open_from }), place.open_to && t('open_to', { date: place.open_to })].filter(Boolean).join(' · ');
  return facts([
    [t('address'), place.address ?? t('address_unknown')],
    [t('hours'), [openingText(place), place.opening_hours && openingTag(place)]],
    [t('access'), place.access ? t(`access_${place.access}`) : t('access_unknown')],
    since && [t('since'), since],
    place.capacity && [t('capacity'), t('capacity_of', { n: place.capacity })],
    link && [t('website'), link],
    [t('category'), [category ? named(category.zh, category.en) : t('category_unknown'), category?.published === false && el('span', { class: 'tag quiet' }, t('provisional'))]],
    [t('status'), t(`${place.status}_long`)],
    [t('position'), t(`confidence_${place.position_confidence}`)],
    [t('source'), place.source],
  ]);
}

function noTrip(place, actions) {
  const choose = el('button', { type: 'button', id: 'choose', class: 'plain', onclick: () => actions.chooseStart() }, t('choose_start'));
  if (!place.at) return message('empty', t('no_position_base'));
  if (!state.start) return message('empty', t('needs_start'), choose);
  return message('empty', t(state.stepfree ? 'way_none_stepfree' : 'way_none'));
}

/** The view; `arrived(walk)` fills in the way, or says that there is none. */
export function cardView(place, actions) {
  const { sign, options } = placeSign(place);
  const way = el('div', { class: 'way' });
  const sides = el('div', {});
  const can = Boolean(state.start && place.at && trip(place));
  const drawSides = () => can && sides.replaceChildren(times(place, (returning) => { actions.turn(returning); drawSides(); sides.querySelector('[aria-pressed=true]').focus(); }));
  drawSides();
  const node = el('article', { class: 'card' },
    el('button', { type: 'button', id: 'to-list', class: 'plain back', onclick: () => actions.back() }, icon(ICONS.back), t(state.start ? 'back_to_list' : 'back_home')),
    el('header', {}, seal(sign, options), el('div', {}, el('h2', { tabindex: '-1' }, place.name), el('p', { class: 'tags' }, placeTags(place)))),
    sides, way,
    isApproximate(place) && message('warning', t('approximate_warning')),
    guarded(() => about(place), () => message('trouble', t('broken'))),
    el('div', { class: 'acts' },
      el('button', { type: 'button', id: 'share', class: 'plain', onclick: () => actions.share(place) }, icon(ICONS.share), t('share')),
      state.data.reports && guarded(() => reportForm(place, actions), () => null)),
    notes());

  function arrived(walk) {
    way.replaceChildren(...(walk ? wayFacts(walk, place, actions).filter(Boolean) : [noTrip(place, actions)]));
  }

  arrived(null);
  return { node, arrived, can };
}
