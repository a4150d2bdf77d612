// Search by characters, by pinyin, by initials, or by any mixture: jiefangbei, jfb, jiefb.
const syllablesOf = (text) => text.split(' ').filter(Boolean).map((s) => s.split('/'));
const spelt = lazy(() => {
  const { places, streets, subdistricts } = read('spellings');
  const named = (texts) => new Map(Object.entries(texts).map(([name, text]) => [name, syllablesOf(text)]));
  return { places: places.map(syllablesOf), streets: named(streets), subdistricts: named(subdistricts) };
});

/** Whether what was typed is the syllables from the given one on, each whole or cut short. */
function spells(typed, syllables, at) {
  if (!typed) return true;
  if (at >= syllables.length) return false;
  for (const reading of syllables[at]) {
    for (let n = Math.min(typed.length, reading.length); n > 0; n--) {
      if (reading.startsWith(typed.slice(0, n)) && spells(typed.slice(n), syllables, at + 1)) return true;
    }
  }
  return false;
}

/** 0 begins with it, 1 holds it, null neither. */
function matches(wanted, texts, syllables) {
  if (texts.some((text) => text.startsWith(wanted))) return 0;
  if (texts.some((text) => text.includes(wanted))) return 1;
  const typed = wanted.replace(/[\s'’]/g, '');
  if (!/^[a-z0-9]{1,40}$/.test(typed)) return null;
  for (let at = 0; at < syllables.length; at++) if (spells(typed, syllables, at)) return at ? 1 : 0;
  return null;
}

const lower = (text) => (text ?? '').toLowerCase();

function placesFound(wanted) {
  if (!wanted) return PLACES.map((place) => [0, place]);
  return PLACES.map((place) => [matches(wanted, [place.name, place.subdistrict, place.address, categoryName(place.categoryIndex)].map(lower), spelt().places[place.index] ?? []), place])
    .filter(([rank]) => rank !== null);
}

/** Streets and subdistricts of the map by name: where to look, not places. */
function groundFound(wanted) {
  if (!wanted) return [];
  const found = [];
  for (const own of SUBDISTRICTS) {
    const rank = own.spot && matches(wanted, [own.name, own.name_en].map(lower), spelt().subdistricts.get(own.name) ?? []);
    if (rank !== null && own.spot) found.push({ rank, kind: 'subdistrict', name: own.name, shown: inLanguage(own, 'name', 'name_en'), spot: own.spot, zoom: 15.5 });
  }
  const seen = new Set();
  for (const [name, lon, lat] of base.streetNames) {
    if (seen.has(name)) continue;
    seen.add(name);
    const rank = matches(wanted, [lower(name)], spelt().streets.get(name) ?? []);
    if (rank !== null) found.push({ rank, kind: 'street', name, shown: name, spot: spot([lon, lat]), zoom: 17 });
  }
  return found.sort((a, b) => a.rank - b.rank).slice(0, 8);
}

function groundRow(found) {
  return el('li', {}, el('button', { type: 'button', class: 'row', onclick: () => lookAt(found) },
    icon('find'), el('span', { class: 'row-text' }, el('b', {}, found.shown), el('small', {}, t(`found_${found.kind}`)))));
}

/** Go and see a street or subdistrict; a ring marks it until something is chosen. */
function lookAt(found) {
  if (isPhone()) openSheet(false);
  change({ selected: null, found });
  map.setView([found.spot.lat, found.spot.lon], found.zoom, { animate: !isCalm() });
  say(found.shown);
}

function paintFound(frame) {
  const { found } = state;
  if (!found || !frame.sees(found.spot)) return;
  const [x, y] = [frame.x(found.spot.x), frame.y(found.spot.y)];
  for (const [width, colour] of [[6, '#ffffffd0'], [2.4, STYLE.theme.selected]]) {
    frame.ctx.beginPath();
    frame.ctx.arc(x, y, 26, 0, Math.PI * 2);
    frame.ctx.lineWidth = width;
    frame.ctx.strokeStyle = colour;
    frame.ctx.stroke();
  }
}
