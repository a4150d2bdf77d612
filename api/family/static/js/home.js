// The first view: where from? A search over schools and communities, the phone's position, or a tap on the map.
import { el, icon, ICONS } from './dom.js';
import { message, notes } from './notes.js';
import { matches } from './search.js';
import { seal, startSign } from './signs.js';
import { state } from './state.js';
import { t } from './words.js';

const GROUPS = [['school', 'schools'], ['community', 'communities']];

function option(start, choose) {
  const tags = [!start.at && t('no_position'), start.at && start.approximate && t('approximate_start')].filter(Boolean);
  return el('li', {
    id: `start-${start.id}`, role: 'option', class: start.at ? 'option' : 'option none', 'aria-disabled': start.at ? null : 'true', 'aria-selected': 'false',
    onclick: () => start.at && choose(start),
  }, seal(startSign(start.kind), { approximate: start.approximate && start.at, hollow: !start.at }),
  el('span', { class: 'option-text' }, el('b', {}, start.name), start.address && el('small', {}, start.address)),
  tags.map((tag) => el('span', { class: 'tag quiet' }, tag)));
}

/** The list under the search field, and the keyboard's place in it. */
function chooser(actions) {
  const list = el('div', { id: 'starts', role: 'listbox', 'aria-label': t('starts') });
  const none = el('p', { class: 'nothing', hidden: true }, t('found_none'));
  const input = el('input', {
    id: 'search', type: 'search', role: 'combobox', 'aria-expanded': 'true', 'aria-controls': 'starts', 'aria-autocomplete': 'list', 'aria-label': t('search'),
    placeholder: t('search_hint'), autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false', enterkeyhint: 'search', maxlength: 60,
    onfocus: () => actions.raise(), oninput: () => refill(), onkeydown: (event) => steer(event),
  });
  let options = [];
  let active = -1;

  function refill() {
    const typed = input.value;
    const found = matches(state.data.starts, typed);
    const groups = typed.trim() ? [[found, null]] : GROUPS.map(([kind, title]) => [found.filter((s) => s.kind === kind), title]);
    list.replaceChildren(...groups.filter(([starts]) => starts.length).map(([starts, title]) =>
      el('ul', { role: 'group', 'aria-label': title && t(title) }, title && el('li', { role: 'presentation', class: 'group' }, `${t(title)} ${starts.length}`), starts.map((start) => option(start, actions.startAt)))));
    none.hidden = found.length > 0;
    options = found.filter((start) => start.at);
    point(typed.trim() && options.length ? 0 : -1);
    if (typed.trim()) actions.announce(t('found_starts', { n: found.length }));
  }

  function point(at) {
    const mark = (index, value) => list.querySelector(`#start-${CSS.escape(options[index]?.id ?? '')}`)?.setAttribute('aria-selected', value);
    if (active >= 0) mark(active, 'false');
    active = at;
    if (at < 0) {
      input.removeAttribute('aria-activedescendant');
      return;
    }
    mark(at, 'true');
    input.setAttribute('aria-activedescendant', `start-${options[at].id}`);
  }

  function steer(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && options.length) {
      event.preventDefault();
      point((active + step + options.length) % options.length);
      document.getElementById(`start-${options[active].id}`).scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Enter' && active >= 0) {
      event.preventDefault();
      actions.startAt(options[active]);
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
