// Words in two languages; Chinese first. The choice of the address wins over the one remembered.
const KEY = 'servicecircle.language';
export const LANGUAGES = { zh: 'zh-CN', en: 'en' };
const books = {};
let language = 'zh';

/** A sentence of the page's language with its blanks filled in. */
export function t(key, values = {}) {
  return books[language][key].replace(/\{(\w+)\}/g, (blank, name) => (name in values ? String(values[name]) : blank));
}

export const inEnglish = () => language === 'en';

/** The name of a thing that has one in each language. */
export const named = (zh, en) => (inEnglish() && en ? en : zh);

function remembered() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

export function firstLanguage() {
  const asked = new URLSearchParams(location.search).get('lang');
  return [asked, remembered()].find((choice) => choice in LANGUAGES) ?? 'zh';
}

/** Load the words of a language, once. */
async function load(choice) {
  if (books[choice]) return;
  const response = await fetch(`family/assets/${choice}.json`);
  if (!response.ok) throw new Error(`words: ${response.status}`);
  books[choice] = await response.json();
}

/** Speak a language from now on; `keep` remembers it and puts it in the address. */
export async function speak(choice, keep) {
  await load(choice);
  language = choice;
  if (!keep) return;
  try {
    localStorage.setItem(KEY, choice);
  } catch { /* a browser that remembers nothing still speaks */ }
  const address = new URL(location.href);
  address.searchParams.set('lang', choice);
  history.replaceState(history.state, '', address);
}

/** Say the fixed parts of the page anew; `blanks` fill their blanks. */
export function relabel(blanks) {
  document.documentElement.lang = LANGUAGES[language];
  document.title = t('title');
  for (const node of document.querySelectorAll('[data-w]')) node.textContent = t(node.dataset.w, blanks);
  for (const node of document.querySelectorAll('[data-w-label]')) node.setAttribute('aria-label', t(node.dataset.wLabel));
  for (const node of document.querySelectorAll('[data-choose]')) node.setAttribute('aria-pressed', String(node.dataset.choose === language));
}
