// "Something is wrong here": a note to the office. Nobody signs it.
import { report } from './device.js';
import { el, icon, ICONS } from './dom.js';
import { t } from './words.js';

const KINDS = ['gone', 'position', 'entrance', 'hours', 'access', 'way', 'name', 'other'];
const MOST = 500;

/** A button that opens the form below itself. */
export function reportForm(place, actions) {
  const kind = el('select', { id: 'mistake-kind', name: 'kind', required: true }, KINDS.map((name) => el('option', { value: name }, t(`mistake_${name}`))));
  const text = el('textarea', { id: 'mistake-text', name: 'text', rows: 3, maxlength: MOST, autocomplete: 'off', 'aria-describedby': 'mistake-note' });
  const said = el('p', { class: 'said', role: 'status' });
  const send = el('button', { type: 'submit', class: 'primary' }, t('mistake_send'));
  const form = el('form', { id: 'mistake', hidden: true, onsubmit: (event) => submit(event) },
    el('label', { for: 'mistake-kind' }, t('mistake_kind')), kind,
    el('label', { for: 'mistake-text' }, t('mistake_text')), text,
    el('p', { id: 'mistake-note', class: 'hint' }, t('mistake_note')), send, said);
  const open = el('button', { type: 'button', id: 'mistaken', class: 'plain', 'aria-expanded': 'false', 'aria-controls': 'mistake', onclick: () => toggle() }, icon(ICONS.flag), t('mistaken'));

  function toggle() {
    form.hidden = !form.hidden;
    open.setAttribute('aria-expanded', String(!form.hidden));
    if (!form.hidden) kind.focus();
  }

  async function submit(event) {
    event.preventDefault();
    send.disabled = true;
    said.textContent = t('mistake_sending');
    try {
      await report({ facility_id: place.id, kind: kind.value, text: text.value });
      text.value = '';
      said.textContent = t('mistake_sent');
    } catch (error) {
      said.textContent = t(error.kind ?? 'failed', { area: actions.area() });
    } finally {
      send.disabled = false;
    }
  }

  return [open, form];
}
