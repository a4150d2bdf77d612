// The third view: one place, how sure we are of it, and the way there and back.
import { el, icon, ICONS } from './dom.js';
import { message, notes } from './notes.js';
import { placeSign, placeTags } from './results.js';
import { seal } from './signs.js';
import { distance, isApproximate, minutesOf, state, stepsText } from './state.js';
import { wayWords } from './way.js';
import { named, t } from './words.js';

function times(place, turn) {
  const side = (returning, label, seconds) => el('button', {
    type: 'button', 'data-returning': String(returning), 'aria-pressed': String(state.returning === returning), disabled: seconds === null, onclick: () => turn(returning),
  }, el('small', {}, label), seconds === null ? el('span', {}, t('back_unknown')) : [el('strong', {}, String(minutesOf(seconds))), el('span', {}, t('minute_unit'))]);
  return el('div', { class: 'times', role: 'group', 'aria-label': t('direction') },
    side(false, t('going'), place.seconds_there), side(true, t('returning'), place.seconds_back));
}

const facts = (rows) => el('dl', { class: 'facts' }, rows.filter(Boolean).map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))));

/** The way as figures and sentences. */
function wayFacts(walk) {
  const climb = walk.ascent_m === null ? t('climb_unknown') : t('climb', { up: Math.round(walk.ascent_m), down: Math.round(walk.descent_m) });
  return [
    facts([[t('distance'), distance(walk.metres)], [t('steps_label'), stepsText(walk)], [t('climb_label'), climb]]),
    walk.steps > 0 && !state.stepfree && el('p', { class: 'legend' }, el('i', {}), t('way_legend')),
    el('details', { class: 'how' }, el('summary', {}, t('how')), el('ol', {}, wayWords(walk).map(({ kind, text }) => el('li', { class: kind }, text)))),
  ];
}

const position = (place) => t(`confidence_${place.position_confidence}`);

function about(place) {
  const category = place.category ? named(place.category_zh, place.category_en) : t('category_unknown');
  const provisional = state.data.categories.find((c) => c.id === place.category)?.published === false;
  return facts([
    [t('address'), place.address ?? t('address_unknown')],
    [t('category'), [category, provisional && el('span', { class: 'tag quiet' }, t('provisional'))]],
    [t('status'), t(`${place.status}_long`)],
    [t('position'), position(place)],
    [t('source'), place.source],
  ]);
}

/** The view; `arrived(walk)` fills in the way, or says that there is none. */
export function cardView(place, actions) {
  const { sign, options } = placeSign(place);
  const way = el('div', { class: 'way' });
  const sides = el('div', {});
  const drawSides = () => sides.replaceChildren(times(place, (returning) => { actions.turn(returning); drawSides(); sides.querySelector('[aria-pressed=true]').focus(); }));
  drawSides();
  const node = el('article', { class: 'card' },
    el('button', { type: 'button', id: 'to-list', class: 'plain back', onclick: () => actions.back() }, icon(ICONS.back), t('back_to_list')),
    el('header', {}, seal(sign, options), el('div', {}, el('h2', { tabindex: '-1' }, place.name), el('p', { class: 'tags' }, placeTags(place)))),
    sides, way,
    isApproximate(place) && message('warning', t('approximate_warning')),
    about(place), notes());

  function arrived(walk, trouble) {
    way.setAttribute('aria-busy', String(!walk && !trouble));
    if (trouble) way.replaceChildren(message('trouble', t(trouble, { area: actions.area() }), el('button', { type: 'button', class: 'plain', onclick: () => actions.turn(state.returning) }, t('retry'))));
    else if (!walk) way.replaceChildren(el('p', { class: 'wait' }, t('way_loading')));
    else if (!walk.reachable) way.replaceChildren(message('empty', t(state.stepfree ? 'way_none_stepfree' : 'way_none')));
    else way.replaceChildren(...wayFacts(walk).filter(Boolean));
  }

  arrived(null, null);
  return { node, arrived };
}
