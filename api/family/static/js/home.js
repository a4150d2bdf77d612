// The first view: where from? A search over schools and communities, the phone's position, or a tap on the map.
import { el, guarded, icon, ICONS } from './dom.js';
import { message, notes } from './notes.js';
import { placeSign } from './results.js';
import { matches } from './search.js';
import { seal, startSign } from './signs.js';
import { state } from './state.js';
import { t } from './words.js';

const GROUPS = [['school', 'schools'], ['community', 'communities']];

const MOST_FOUND = 60;

const tagsOf = (start) => {
  if (start.kind === 'street') return [t('street_middle')];
  return [start.kind === 'base' && t('is_base'), !start.at && t('no_position'), start.at && start.approximate && t('approximate_start')];
};

function signOf(start) {
  if (start.kind !== 'base') return seal(startSign(start.kind), { approximate: start.approximate && start.at, hollow: !start.at });
  const { sign, options } = placeSign(start);
  return seal(sign, options);
}

/** Whether anything can be done with it: a base without a position has a card all the same. */
const usable = (start) => Boolean(start.at) || start.kind === 'base';

function option(start, choose) {
  return el('li', {
    id: `start-${start.key}`, role: 'option', class: usable(start) ? 'option' : 'option none', 'aria-disabled': usable(start) ? null : 'true', 'aria-selected': 'false',
    onclick: () => usable(start) && choose(start),
  }, signOf(start),
  el('span', { class: 'option-text' }, el('b', {}, start.name), start.address && el('small', {}, start.address)),
  tagsOf(start).filter(Boolean).map((tag) => el('span', { class: 'tag quiet' }, tag)));
}

const brokenOption = () => el('li', { class: 'option none', role: 'option', 'aria-disabled': 'true' }, t('broken'));

/** The list under the search field, and the keyboard's place in it. */
function chooser(actions) {
  const list = el('div', { id: 'starts', role: 'listbox', 'aria-label': t('starts') });
  const none = el('p', { class: 'nothing', hidden: true }, t('found_none'));
  const input = el('input', {
    id: 'search', type: 'search', role: 'combobox', 'aria-expanded': 'true', 'aria-controls': 'starts', 'aria-autocomplete': 'list', 'aria-label': t('search'),
    placeholder: t('search_hint'), autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false', enterkeyhint: 'search', maxlength: 60,
    onfocus: () => actions.raise(), oninput: () => refill(), onkeydown: (event) => steer(event),
  });
  const choose = (start) => (start.kind === 'base' ? actions.open(start.id) : actions.startAt(start));
  let options = [];
  let active = -1;

  function refill() {
    const typed = input.value;
    const known = typed.trim() ? [...state.data.starts, ...state.data.bases, ...state.data.streets] : state.data.starts;
    const found = matches(known, typed).slice(0, typed.trim() ? MOST_FOUND : Infinity);
    const groups = typed.trim() ? [[found, null]] : GROUPS.map(([kind, title]) => [found.filter((s) => s.kind === kind), title]);
    list.replaceChildren(...groups.filter(([starts]) => starts.length).map(([starts, title]) =>
      el('ul', { role: 'group', 'aria-label': title && t(title) }, title && el('li', { role: 'presentation', class: 'group' }, `${t(title)} ${starts.length}`), starts.map((start) => guarded(() => option(start, choose), brokenOption)))));
    none.hidden = found.length > 0;
    options = found.filter(usable);
    point(typed.trim() && options.length ? 0 : -1);
    if (typed.trim()) actions.announce(t('found_starts', { n: found.length }));
  }

  function point(at) {
    const mark = (index, value) => list.querySelector(`#start-${CSS.escape(options[index]?.key ?? '')}`)?.setAttribute('aria-selected', value);
    if (active >= 0) mark(active, 'false');
    active = at;
    if (at < 0) {
      input.removeAttribute('aria-activedescendant');
      return;
    }
    mark(at, 'true');
    input.setAttribute('aria-activedescendant', `start-${options[at].key}`);
  }

  function steer(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && options.length) {
      event.preventDefault();
      point((active + step + options.length) % options.length);
      document.getElementById(`start-${options[active].key}`).scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Enter' && active >= 0) {
      event.preventDefault();
      choose(options[active]);
    } else if (event.key === 'Escape' && input.value) {
      event.stopPropagation();
      input.value = '';
      refill();
    }
  }

  refill();
  return [input, none, list];
}

export function homeView(actions) {
  const [input, none, list] = chooser(actions);
  const locate = el('button', { type: 'button', id: 'locate', class: 'primary', onclick: () => actions.locate() }, icon(ICONS.locate), el('span', {}, t('locate')));
  return el('div', { class: 'home' },
    el('h2', { tabindex: '-1' }, t('where_from')),
    el('div', { class: 'search' }, icon(ICONS.search), input),
    locate,
    state.trouble && message('trouble', t(state.trouble, { area: actions.area() })),
    el('p', { class: 'hint' }, t('tap_hint')),
    none, list, notes());
}
