// What is said in every view: how sure the times are, what was declared and what is known, whose data it is.
import { el } from './dom.js';
import { state } from './state.js';
import { inEnglish, named, t } from './words.js';

export const areaName = () => named(state.data.area.name_zh, state.data.area.name_en);

export function timeNote() {
  if (state.stepfree) return t('time_note_stepfree');
  const walker = state.data.profile;
  return t('time_note', { profile: inEnglish() ? walker.name : walker.name_zh });
}

export function notes(...first) {
  const { ledger, data_date: date } = state.data;
  return el('aside', { class: 'notes' },
    first.filter(Boolean).map((text) => el('p', {}, text)),
    el('p', {}, timeNote()),
    el('p', { class: 'ledger' }, ledger.declared !== null && t('ledger_declared', ledger), t('ledger', ledger), inEnglish() ? ' ' : '', t('ledger_mapped', ledger)),
    el('p', {}, `${t('data_date', { date })} · ${state.data.attribution.join(' · ')}`));
}

/** A message with something to do about it. */
export const message = (kind, text, ...actions) =>
  el('div', { class: `message ${kind}`, role: kind === 'trouble' ? 'alert' : null }, el('p', {}, text), actions);
