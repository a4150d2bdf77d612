// Search by name, pinyin or initials, in any mixture: 人民, renmin, rmlxx, renmlxx.
import { guarded } from './dom.js';

/** Whether what was typed runs on from a syllable, each character given in full or by its beginning. */
function runs(typed, syllables, at) {
  if (!typed) return true;
  if (at >= syllables.length) return false;
  return syllables[at].some((reading) => {
    for (let length = reading.length; length > 0; length -= 1) {
      if (typed.startsWith(reading.slice(0, length)) && runs(typed.slice(length), syllables, at + 1)) return true;
      if (typed.length < length && reading.startsWith(typed)) return true;
    }
    return false;
  });
}

/** 0 is best: how well a start answers what was typed; Infinity where it does not. */
function rank(start, text, letters) {
  const at = start.name.toLowerCase().indexOf(text);
  if (at >= 0) return at === 0 ? 0 : 1;
  if (start.address?.toLowerCase().includes(text)) return 5;
  if (!letters) return Infinity;
  if (start.initials.startsWith(letters)) return 2;
  if (runs(letters, start.syllables, 0)) return 3;
  const later = start.syllables.some((_, i) => i > 0 && runs(letters, start.syllables, i));
  return later ? 4 : Infinity;
}

/** Schools, communities, streets and bases that answer what was typed, best first; all of them where nothing was. */
export function matches(starts, typed) {
  const text = typed.trim().toLowerCase();
  if (!text) return starts;
  const letters = text.replace(/['\s-]+/g, '');
  const latin = /^[a-zü0-9]+$/.test(letters) ? letters.replaceAll('ü', 'v') : '';
  return starts
    .map((start, order) => ({ start, order, rank: guarded(() => rank(start, text, latin), () => Infinity) }))
    .filter((found) => found.rank < Infinity)
    .sort((a, b) => a.rank - b.rank || Number(!a.start.at) - Number(!b.start.at) || a.order - b.order)
    .map((found) => found.start);
}

export const syllablesOf = (pinyin) => (pinyin ? pinyin.split(' ').map((readings) => readings.split('/')) : []);
